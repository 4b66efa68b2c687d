// Several threads, each with a cache of its own as if it held a P: they allocate and sweep at once; between cycles the world stands still.
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "heap/harness.h"
#include "support/sanitizers.h"

namespace samovar::heap {
namespace {

constexpr int kCycles = kThreadSanitizer ? 4 : 8;
constexpr int kAllocations = kThreadSanitizer ? 800 : 2'000;

struct Living {
  void* object;
  size_t bytes;
  unsigned char pattern;
};

// One thread's part: its objects, and what it does between two stops of the world.
class Mutator {
 public:
  Mutator(World& world, uint32_t index, uint64_t seed) : world_(world), index_(index), rng_(seed * 100 + index) {}

  void run() {
    bool refilled = false;
    Heap& heap = world_.heap;
    for (int i = 0; i < kAllocations; ++i) {
      const uint32_t kind = rng_.below(100);
      const size_t bytes = kind == 0 ? 40'000 : kind < 10 ? 600 + rng_.below(6000) : 16 + rng_.below(250);
      const bool slots = rng_.below(2) == 0;
      const Type* type = slots ? &kWord : nullptr;
      void* object = heap.allocate(world_.cache(index_), slots ? bytes / 8 * 8 : bytes, type, &refilled);
      if (object == nullptr) {
        ++refused;
        continue;
      }
      const Living one{object, slots ? bytes / 8 * 8 : bytes, static_cast<unsigned char>(1 + rng_.below(200))};
      dirty += std::memcmp(object, kZero, std::min(one.bytes, sizeof(kZero))) == 0 ? 0 : 1;
      std::memset(object, one.pattern, one.bytes);
      living.push_back(one);
      if (i % 16 == 0) heap.sweep_one();
    }
  }
  // Drops most, at random, and checks the rest.
  void settle() {
    std::erase_if(living, [&](const Living&) { return rng_.below(4) != 0; });
    for (const Living& one : living) {
      const auto* memory = static_cast<const unsigned char*>(one.object);
      for (size_t i = 0; i < one.bytes; ++i) broken += memory[i] == one.pattern ? 0 : 1;
    }
  }

  std::vector<Living> living;
  uint64_t dirty = 0;
  uint64_t broken = 0;
  uint64_t refused = 0;

 private:
  static constexpr Type kWord{8, 8, 1};
  static constexpr unsigned char kZero[256] = {};
  World& world_;
  const uint32_t index_;
  base::Rng rng_;
};

class Threads : public testing::TestWithParam<std::tuple<uint32_t, bool>> {
 protected:
  uint32_t threads() const { return std::get<0>(GetParam()); }
  HeapOptions options(size_t arena_bytes) const {
    return {.arena_bytes = arena_bytes, .poison = true, .inline_marks = std::get<1>(GetParam())};
  }

  void run(size_t arena_bytes, uint64_t* refused) {
    SCOPED_TRACE(testing::Message() << "SAMOVAR_TEST_SEED=" << test_seed());
    World world(options(arena_bytes), threads());
    std::vector<std::unique_ptr<Mutator>> mutators;
    for (uint32_t i = 0; i < threads(); ++i) mutators.push_back(std::make_unique<Mutator>(world, i, test_seed()));
    for (int cycle = 0; cycle < kCycles; ++cycle) {
      on_threads(threads(), [&](uint32_t index) { mutators[index]->run(); });
      world.sweep_all();
      ASSERT_TRUE(world.heap.sweep_done());
      ASSERT_EQ(world.audit(), "") << "cycle " << cycle;
      uint64_t alive = 0;
      std::set<void*> distinct;
      for (const auto& mutator : mutators) {
        mutator->settle();
        ASSERT_EQ(mutator->dirty, 0u) << "cycle " << cycle;
        ASSERT_EQ(mutator->broken, 0u) << "cycle " << cycle;
        *refused += mutator->refused;
        for (const Living& one : mutator->living) {
          distinct.insert(one.object);
          mark(world.heap, address_of(one.object));
          ++alive;
        }
      }
      ASSERT_EQ(distinct.size(), alive) << "one object was given to two";
      world.start_sweep();
      world.heap.set_live(0, 0);
      world.heap.pace_sweep(uint64_t{3} << 20);
    }
  }
};

TEST_P(Threads, AllocateAndSweepAtOnceWithoutDisturbingEachOther) {
  SKIP_WITHOUT_THREADS();
  uint64_t refused = 0;
  run(size_t{256} << 20, &refused);
  EXPECT_EQ(refused, 0u);
}

TEST_P(Threads, FightForTheLastPagesWithoutLosingAny) {
  SKIP_WITHOUT_THREADS();
  uint64_t refused = 0;
  run(size_t{threads()} * kAllocations * 500, &refused);  // an object has 850 bytes on average
  EXPECT_GT(refused, 0u) << "the arena was to be too small";
}

INSTANTIATE_TEST_SUITE_P(All, Threads, testing::Combine(testing::Values(1u, 2u, 4u), testing::Bool()),
                         [](const testing::TestParamInfo<Threads::ParamType>& info) {
                           return std::to_string(std::get<0>(info.param)) +
                                  (std::get<1>(info.param) ? "WithMarksInPages" : "WithMarksInSpans");
                         });

// One thread sweeps while another fills the arena again: pages that a sweeper is just about to give back are not "exhausted".
TEST(SweepingThreads, WhoNeedsTheLastPagesWaitsForThoseWhoSweep) {
  SKIP_WITHOUT_THREADS();
  constexpr size_t kObject = size_t{1} << 20;
  constexpr size_t kObjects = 8;
  World world(HeapOptions{.arena_bytes = kObjects * kObject, .poison = true}, 2);
  for (int round = 0; round < 300; ++round) {
    size_t refused = 0;
    on_threads(2, [&](uint32_t index) {
      if (index == 1) {
        while (world.heap.sweep_one()) {
        }
        return;
      }
      bool refilled = false;
      for (size_t i = 0; i < kObjects; ++i) refused += world.heap.allocate(world.cache(0), kObject, nullptr, &refilled) == nullptr ? 1 : 0;
    });
    ASSERT_EQ(refused, 0u) << "round " << round;
    world.sweep_all();
    world.start_sweep();  // nothing is marked: all of it is dead
  }
}

TEST(SweepingThreads, EachSpanIsSweptByExactlyOne) {
  SKIP_WITHOUT_THREADS();
  for (int round = 0; round < 10; ++round) {
    World world;
    std::vector<void*> alive;
    for (int i = 0; i < 15'000; ++i) {
      void* object = world.bytes(512);
      if (i % 30 == 0) alive.push_back(object);  // every other span keeps one
    }
    world.mark_all(alive);
    world.start_sweep();
    const uint64_t spans = world.figures().spans_in_use;
    std::atomic<uint64_t> swept{0};
    on_threads(4, [&](uint32_t) {
      while (world.heap.sweep_one()) ++swept;
    });
    EXPECT_TRUE(world.heap.sweep_done());
    EXPECT_EQ(swept, spans);
    EXPECT_EQ(world.heap.pages_freed(), spans - alive.size());
    EXPECT_EQ(world.figures().objects(), alive.size());
    EXPECT_EQ(world.audit(), "");
  }
}

// The page reads figures whenever it likes. They may lag, but must never show what cannot be.
TEST(Figures, StayWithinReasonWhileOthersAllocateAndSweep) {
  SKIP_WITHOUT_THREADS();
  World world({.arena_bytes = size_t{64} << 20}, 2);
  std::atomic<bool> done{false};
  uint64_t made = 0;
  on_threads(2, [&](uint32_t index) {
    if (index == 0) {
      for (int cycle = 0; cycle < 30; ++cycle) {
        for (int i = 0; i < 2000; ++i) world.bytes(16 + static_cast<size_t>(i % 40) * 16);
        world.collect({});
      }
      done = true;
      return;
    }
    while (!done) {
      const HeapFigures figures = world.figures();
      made = std::max(made, figures.allocated_objects);
      for (const uint64_t count : figures.allocated_by_class) {
        if (count > 200'000) made = ~uint64_t{0};
      }
    }
  });
  EXPECT_LE(made, 70'000u);
  EXPECT_EQ(world.figures().allocated_objects, 60'000u);
}

}  // namespace
}  // namespace samovar::heap
