// Sweeping: what was marked stays as it was, the rest is used again, and the books agree.
#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <vector>

#include "heap/harness.h"

namespace samovar::heap {
namespace {

class Sweep : public testing::TestWithParam<bool> {
 protected:
  HeapOptions options(bool poison = false) const {
    return {.arena_bytes = size_t{32} << 20, .poison = poison, .inline_marks = GetParam()};
  }
};
INSTANTIATE_TEST_SUITE_P(Marks, Sweep, testing::Values(true, false), [](const testing::TestParamInfo<bool>& info) {
  return info.param ? std::string("InThePage") : std::string("InTheSpan");
});

std::vector<void*> allocate(World& world, size_t bytes, size_t count) {
  std::vector<void*> objects;
  for (size_t i = 0; i < count; ++i) objects.push_back(world.bytes(bytes));
  return objects;
}

TEST_P(Sweep, PagesTellMarkersWhetherTheyHoldMarks) {
  World world(options());
  EXPECT_EQ(world.heap.inline_class(address_of(world.bytes(64))) != 0, GetParam());
  EXPECT_EQ(world.heap.inline_class(address_of(world.bytes(1024))), 0);
  EXPECT_EQ(world.heap.inline_class(address_of(world.bytes(100'000))), 0);
  EXPECT_EQ(world.heap.inline_class(address_of(world.objects(Type{8, 8, 1}))), 0);
}

TEST_P(Sweep, MarkedObjectsKeepTheirContentsAndTheRestIsUsedAgain) {
  SCOPED_TRACE(testing::Message() << "SAMOVAR_TEST_SEED=" << test_seed());
  base::Rng rng(test_seed());
  for (const bool poison : {false, true}) {
    for (const size_t bytes : {16u, 64u, 512u, 1024u, 6528u, 32760u}) {
      World world(options(poison));
      const std::vector<void*> objects = allocate(world, bytes, 300);
      const uint64_t pages = world.heap.pages_in_use();
      std::vector<void*> alive;
      std::set<uintptr_t> dead;
      for (size_t i = 0; i < objects.size(); ++i) {
        std::memset(objects[i], static_cast<int>(i % 200 + 1), bytes);
        if (rng.below(2) == 0) {
          alive.push_back(objects[i]);
        } else {
          dead.insert(address_of(objects[i]));
        }
      }
      world.collect(alive);
      for (size_t i = 0; i < objects.size(); ++i) {
        const unsigned char expected = dead.count(address_of(objects[i])) == 0 ? static_cast<unsigned char>(i % 200 + 1) : kPoison;
        if (dead.count(address_of(objects[i])) != 0 && !poison) continue;
        if (dead.count(address_of(objects[i])) != 0) permit_access(address_of(objects[i]), bytes);
        const auto* memory = static_cast<const unsigned char*>(objects[i]);
        for (size_t at = 0; at < bytes; ++at) ASSERT_EQ(memory[at], expected) << bytes << " bytes, object " << i;
      }
      ASSERT_EQ(world.audit(), "");
      // The gaps are filled before anything fresh is taken.
      size_t reused = 0;
      for (void* object : allocate(world, bytes, dead.size())) reused += dead.count(address_of(object));
      EXPECT_LE(world.heap.pages_in_use(), pages) << bytes;
      EXPECT_GT(reused, 0u) << bytes;
      ASSERT_EQ(world.audit(), "");
    }
  }
}

#if defined(__SANITIZE_ADDRESS__)
TEST_P(Sweep, AddressSanitizerNamesTheUseOfADeadObject) {
  World world(options(true));
  const std::vector<void*> objects = allocate(world, 64, 10);
  world.collect({objects[0]});
  *static_cast<char*>(objects[0]) = 1;
  EXPECT_DEATH(*static_cast<volatile char*>(objects[1]) = 1, "use-after-poison");
  // Whoever gets the slot may use it.
  for (void* object : allocate(world, 64, 10)) std::memset(object, 1, 64);
}
#endif

TEST_P(Sweep, WhollyDeadSpansGoBackToThePageAllocator) {
  World world(options());
  allocate(world, 64, 1000);
  allocate(world, 1024, 100);
  allocate(world, 9472, 20);
  allocate(world, 100'000, 3);
  void* kept = world.bytes(64);
  EXPECT_GT(world.heap.pages_in_use(), 50u);
  world.collect({kept});
  EXPECT_EQ(world.heap.pages_in_use(), 1u);
  EXPECT_EQ(world.figures().spans_in_use, 1u);
  EXPECT_EQ(world.figures().objects(), 1u);
  EXPECT_EQ(world.span_of(kept)->allocated.get(), 1u);
  world.collect({});
  EXPECT_EQ(world.heap.pages_in_use(), 0u);
  EXPECT_EQ(world.figures().object_bytes(), 0u);
  EXPECT_EQ(world.heap.span_at_page(0), nullptr);
  EXPECT_EQ(world.audit(), "");
}

TEST_P(Sweep, MarksOfOneCycleAreGoneInTheNext) {
  World world(options());
  const std::vector<void*> objects = allocate(world, 64, 200);
  for (int cycle = 0; cycle < 3; ++cycle) {
    world.collect({objects.begin(), objects.begin() + 100});
    ASSERT_EQ(world.figures().objects(), 100u);
  }
  for (const void* object : objects) {
    const Span* span = world.span_of(object);
    if (span == nullptr) continue;
    for (uint32_t word = 0; word < span->bit_words(); ++word) EXPECT_EQ(span->mark_bits()[word], 0u);
    for (uint32_t word = 0; word < InlineMarks::kWords; ++word) {
      EXPECT_EQ(InlineMarks::of_page(span->base).marks(word), 0u);
      EXPECT_EQ(InlineMarks::of_page(span->base).scans(word), 0u);
    }
  }
  world.collect({});
  EXPECT_EQ(world.figures().objects(), 0u);
}

TEST_P(Sweep, PageThatChangesItsClassForgetsItsSlotsAndMarks) {
  World world(options());
  const Type full{64, 64, 0xff};
  for (int i = 0; i < 124; ++i) std::memset(world.objects(full), 0xff, 64);
  world.collect({});
  const Type sparse{48, 8, 1};
  void* object = world.objects(sparse);
  ASSERT_EQ(world.heap.page_of(address_of(object)), 0u);
  int slots = 0;
  for_each_slot(world.heap, address_of(object), [&](uint64_t* slot) {
    ++slots;
    EXPECT_EQ(*slot, 0u);
  });
  EXPECT_EQ(slots, 1);
  EXPECT_EQ(world.heap.inline_class(address_of(object)) != 0, GetParam());
  world.collect({object});
  EXPECT_EQ(world.figures().objects(), 1u);
}

TEST_P(Sweep, FiguresAddUpByClass) {
  World world(options());
  const std::vector<void*> small = allocate(world, 48, 500);
  const std::vector<void*> large = allocate(world, 50'000, 4);
  std::vector<void*> alive(small.begin(), small.begin() + 123);
  alive.push_back(large[2]);
  world.collect(alive);
  const HeapFigures figures = world.figures();
  const uint8_t size_class = size_class_of(48);
  EXPECT_EQ(figures.allocated_by_class[size_class], 500u);
  EXPECT_EQ(figures.freed_by_class[size_class], 377u);
  EXPECT_EQ(figures.allocated_by_class[0], 4u);
  EXPECT_EQ(figures.freed_by_class[0], 3u);
  EXPECT_EQ(figures.allocated_bytes, 500u * 48 + 4 * 57'344);
  EXPECT_EQ(figures.freed_bytes, 377u * 48 + 3 * 57'344);
  EXPECT_EQ(figures.objects(), 124u);
  EXPECT_EQ(world.audit(), "");
}

TEST_P(Sweep, SweepOneSweepsASpanAndItsPagesAreCounted) {
  World world(options());
  allocate(world, 9472, 6);  // one span of seven pages
  void* kept = world.bytes(64);
  mark(world.heap, address_of(kept));
  EXPECT_FALSE(world.heap.sweep_one()) << "nothing is unswept before the first cycle";
  world.start_sweep();
  EXPECT_FALSE(world.heap.sweep_done());
  EXPECT_TRUE(world.heap.sweep_one());
  EXPECT_TRUE(world.heap.sweep_one());
  EXPECT_FALSE(world.heap.sweep_one());
  EXPECT_EQ(world.heap.pages_freed(), 7u);
  EXPECT_TRUE(world.heap.sweep_done());
  world.collect({});
  EXPECT_EQ(world.heap.pages_freed(), 1u) << "each sweep counts its own";
}

TEST_P(Sweep, AllocationSweepsItsOwnClassBeforeItTakesFreshPages) {
  World world(options());
  const std::vector<void*> objects = allocate(world, 1024, 80);
  world.mark_all({objects[0], objects[79]});
  world.start_sweep();
  const uint64_t pages = world.heap.pages_in_use();
  allocate(world, 1024, 78);
  EXPECT_EQ(world.heap.pages_in_use(), pages);
  EXPECT_TRUE(world.heap.sweep_done());
  EXPECT_EQ(world.audit(), "");
}

TEST_P(Sweep, ObjectsOfThisCycleSurviveASweepThatIsStillGoingOn) {
  World world(options(true));
  allocate(world, 64, 5000);
  world.start_sweep();
  std::vector<void*> fresh;
  do {
    fresh.push_back(world.bytes(64));
    std::memset(fresh.back(), 7, 64);
  } while (world.heap.sweep_one());
  for (const void* object : fresh) {
    for (int i = 0; i < 64; ++i) ASSERT_EQ(static_cast<const unsigned char*>(object)[i], 7);
  }
  EXPECT_EQ(world.figures().objects(), fresh.size());
  EXPECT_EQ(world.audit(), "");
}

// Sweeping by hand and by allocation, cycle after cycle, must never leave a span behind on the wrong list.
TEST_P(Sweep, EveryCycleSweepsEverySpanExactlyOnce) {
  World world(options());
  std::vector<void*> alive;
  for (int cycle = 0; cycle < 10; ++cycle) {
    for (size_t i = 0; i < 400; ++i) {
      void* object = world.bytes(16 + i % 700);
      if (i % 3 == 0) alive.push_back(object);
    }
    world.mark_all(alive);
    world.start_sweep();
    world.sweep_all();
    ASSERT_TRUE(world.heap.sweep_done());
    struct Seen {
      uint32_t generation;
      uint32_t behind = 0;
    } seen{world.heap.sweepgen()};
    world.heap.for_each_span([](void* context, const Span& span) {
      auto* self = static_cast<Seen*>(context);
      if (span.state.get() == SpanState::kInUse && span.sweepgen.get() != self->generation) ++self->behind;
    }, &seen);
    ASSERT_EQ(seen.behind, 0u) << "cycle " << cycle;
    ASSERT_EQ(world.figures().objects(), alive.size());
  }
}

}  // namespace
}  // namespace samovar::heap
