// Allocation: where objects lie, that they are zero, that nobody else has their memory, and what happens when there is none left.
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <set>
#include <vector>

#include "heap/harness.h"

namespace samovar::heap {
namespace {

bool is_zero(const void* object, size_t bytes) {
  const auto* memory = static_cast<const unsigned char*>(object);
  for (size_t i = 0; i < bytes; ++i) {
    if (memory[i] != 0) return false;
  }
  return true;
}

// Memory that is in use, by address; says if something new overlaps.
class Intervals {
 public:
  bool add(const void* object, size_t bytes) {
    const uintptr_t first = address_of(object);
    const auto after = ends_.lower_bound(first);  // the first that begins here or later
    if (after != ends_.end() && after->first < first + bytes) return false;
    if (after != ends_.begin() && std::prev(after)->second > first) return false;
    ends_[first] = first + bytes;
    return true;
  }
  void remove(const void* object) { ends_.erase(address_of(object)); }

 private:
  std::map<uintptr_t, uintptr_t> ends_;
};

// The largest power of two, up to 16, that a size is a multiple of: what Go promises of an address.
size_t alignment_of(size_t bytes) {
  size_t alignment = 1;
  while (alignment < 16 && bytes % (2 * alignment) == 0) alignment *= 2;
  return alignment;
}

// ---- The way that is compiled in ----

template <size_t kBytes, bool kHasSlots>
void expect_known_to_be_as_any_other() {
  World known;
  World general;
  const Type type{kBytes, kHasSlots ? 16u : 0u, kHasSlots ? 0b11u : 0u};
  const auto fill = [](void* object) { std::memset(object, 0xee, kBytes); };
  for (int cycle = 0; cycle < 2; ++cycle) {  // in the second the memory has been used
    for (int i = 0; i < 1200; ++i) {
      void* object = Heap::allocate_known<kBytes, kHasSlots>(known.cache(), type);
      if (object == nullptr) object = known.objects(type);
      void* other = general.objects(type);
      ASSERT_EQ(address_of(object) - known.heap.base(), address_of(other) - general.heap.base()) << kBytes << " bytes, object " << i;
      ASSERT_TRUE(is_zero(object, kBytes)) << i;
      ASSERT_EQ(known.span_of(object)->span_class(), general.span_of(other)->span_class());
      int slots = 0;
      for_each_slot(known.heap, address_of(object), [&](uint64_t* slot) { slots += slot < static_cast<uint64_t*>(object) + 2 ? 1 : 100; });
      ASSERT_EQ(slots, kHasSlots ? 2 : 0) << i;
      fill(object);
      fill(other);
    }
    EXPECT_EQ(known.cache().scan_bytes, general.cache().scan_bytes);
    EXPECT_EQ(known.figures().allocated_bytes, general.figures().allocated_bytes);
    EXPECT_EQ(known.audit(), "");
    known.collect({});
    general.collect({});
  }
}

TEST(Allocation, OfAKnownTypeIsAsThatOfAnyOther) {
  expect_known_to_be_as_any_other<16, true>();
  expect_known_to_be_as_any_other<24, true>();
  expect_known_to_be_as_any_other<48, true>();
  expect_known_to_be_as_any_other<512, true>();
  expect_known_to_be_as_any_other<16, false>();
  expect_known_to_be_as_any_other<104, false>();
}

// ---- Spans ----

TEST(Allocation, EveryClassFillsItsSpanExactly) {
  const Type word{8, 8, 1};
  for (size_t index = 2; index < kSpanClasses; ++index) {
    const SpanClass span_class = SpanClass::of_index(index);
    size_t bytes = kClassBytes[span_class.size_class()];
    if (span_class.noscan() && (bytes < kTinyBytes || bytes > kMaxSmallBytes)) bytes = bytes < kTinyBytes ? 0 : kMaxSmallBytes;
    if (bytes == 0) continue;  // small ones without slots are packed
    if (!span_class.noscan() && bytes > kMaxBitmappedBytes) bytes -= kTypeHeaderBytes;
    World world;
    std::set<uint32_t> slots;
    const Span* span = nullptr;
    for (uint32_t i = 0; i < objects_per_span(span_class); ++i) {
      void* object = span_class.noscan() ? world.bytes(bytes) : world.objects(word, bytes / 8);
      ASSERT_NE(object, nullptr);
      if (i == 0) span = world.span_of(object);
      ASSERT_EQ(world.span_of(object), span) << "class " << bytes << ", object " << i;
      ASSERT_EQ(span->span_class(), span_class);
      slots.insert(span->index_of(address_of(object)));
      ASSERT_EQ(address_of(object) % alignment_of(bytes), 0u);
      ASSERT_LE(address_of(object) + bytes, span->end());
    }
    EXPECT_EQ(slots.size(), objects_per_span(span_class)) << "class " << bytes;
    EXPECT_EQ(*slots.rbegin(), objects_per_span(span_class) - 1);
    EXPECT_EQ(world.audit(), "");
  }
}

// Go: new(struct{}), make([]byte, 0) and make([]*T, 0) print the same address.
TEST(Allocation, OfNoBytesGivesOneAddressOutsideTheArena) {
  const Type word{8, 8, 1};
  World world;
  void* first = world.bytes(0);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(world.bytes(0), first);
  EXPECT_EQ(world.objects(word, 0), first);
  EXPECT_FALSE(world.heap.contains(address_of(first)));
  EXPECT_EQ(address_of(first) % 16, 0u);
  EXPECT_FALSE(world.refilled);
  EXPECT_EQ(world.heap.add_special(address_of(first), SpecialKind::kFinalizer), nullptr);
  WeakHandle* handle = world.heap.weak_handle(address_of(first));
  ASSERT_NE(handle, nullptr);
  world.collect({});
  EXPECT_EQ(world.heap.strong(handle), address_of(first));
}

TEST(Allocation, SaysWhenASpanWasTaken) {
  World world;
  for (int i = 0; i < 8 + 8 + 1; ++i) {
    world.refilled = false;
    world.bytes(1024);
    EXPECT_EQ(world.refilled, i % 8 == 0) << i;
  }
  world.refilled = false;
  world.bytes(100'000);
  EXPECT_TRUE(world.refilled);
  world.bytes(1024);
  EXPECT_TRUE(world.refilled) << "never set to false";
}

TEST(Allocation, EveryByteOfAnObjectLeadsToIt) {
  World world;
  for (const size_t bytes : {16u, 24u, 48u, 1000u, 2000u, 20'000u, 32'760u, 100'000u}) {
    void* object = world.bytes(bytes);
    const Span* span = world.span_of(object);
    const uint32_t index = span->index_of(address_of(object));
    for (size_t i = 0; i < bytes; ++i) {
      const uintptr_t inside = address_of(object) + i;
      ASSERT_TRUE(world.heap.contains(inside));
      ASSERT_EQ(world.heap.span_of(inside), span);
      ASSERT_EQ(span->index_of(inside), index);
    }
  }
  int elsewhere = 0;
  EXPECT_FALSE(world.heap.contains(address_of(&elsewhere)));
  EXPECT_FALSE(world.heap.contains(world.heap.base() - 1));
  EXPECT_FALSE(world.heap.contains(0));
}

struct Living {
  void* object;
  size_t bytes;
};

size_t random_size(base::Rng& rng) {
  switch (rng.below(10)) {
    case 0: return rng.below(100'000);
    case 1: return rng.below(33'000);
    case 2:
    case 3: return rng.below(2'000);
    default: return rng.below(200);
  }
}

TEST(Allocation, RandomObjectsAreZeroAlignedAndNeverOverlap) {
  SCOPED_TRACE(testing::Message() << "SAMOVAR_TEST_SEED=" << test_seed());
  for (const bool poison : {false, true}) {
    base::Rng rng(test_seed());
    World world({.arena_bytes = size_t{128} << 20, .poison = poison});
    const Type pair{16, 16, 0b11};
    Intervals used;
    std::vector<Living> living;
    for (int round = 0; round < 4; ++round) {
      for (int i = 0; i < 2500; ++i) {
        const bool slots = rng.below(3) == 0;
        const size_t bytes = slots ? (random_size(rng) / 16 + 1) * 16 : random_size(rng) + 1;
        void* object = slots ? world.objects(pair, bytes / 16) : world.bytes(bytes);
        ASSERT_NE(object, nullptr);
        ASSERT_TRUE(is_zero(object, bytes)) << bytes;
        ASSERT_EQ(address_of(object) % std::min<size_t>(alignment_of(bytes), 8), 0u) << bytes;
        ASSERT_TRUE(used.add(object, bytes)) << bytes;
        std::memset(object, 0xee, bytes);
        living.push_back({object, bytes});
      }
      ASSERT_EQ(world.audit(), "");
      std::vector<void*> alive;
      std::vector<Living> kept;
      for (const Living& one : living) {
        // Tiny objects of one block live and die together here, so that the intervals stay simple.
        const bool keep = one.bytes >= kTinyBytes && rng.below(2) == 0;
        if (!keep) used.remove(one.object);
        if (keep) kept.push_back(one);
        if (keep) alive.push_back(one.object);
      }
      living = kept;
      world.collect(alive);
      ASSERT_EQ(world.audit(), "");
    }
  }
}

// ---- Tiny (behaviour F37) ----

TEST(Tiny, SixtyFourOneByteObjectsTakeFourBlocks) {
  World world;
  std::set<uintptr_t> addresses;
  std::set<uintptr_t> blocks;
  for (int i = 0; i < 64; ++i) {
    const uintptr_t address = address_of(world.bytes(1));
    addresses.insert(address);
    blocks.insert(address / 16);
  }
  EXPECT_EQ(addresses.size(), 64u);
  EXPECT_EQ(blocks.size(), 4u);
  EXPECT_EQ(world.figures().allocated_by_class[kTinyClass], 4u);
}

// Go's Mallocs is allocs plus tiny allocs, so the request that opened a block must not be in both.
TEST(Tiny, CountedAreThoseThatFoundRoomInABlock) {
  World world;
  for (int i = 0; i < 64; ++i) world.bytes(1);
  const HeapFigures figures = world.figures();
  EXPECT_EQ(figures.tiny_allocs, 60u);
  EXPECT_EQ(figures.allocated_objects + figures.tiny_allocs, 64u);
}

TEST(Tiny, EachIsAlignedAsItsSizeAllows) {
  SCOPED_TRACE(testing::Message() << "SAMOVAR_TEST_SEED=" << test_seed());
  base::Rng rng(test_seed());
  World world;
  for (int i = 0; i < 5000; ++i) {
    const size_t bytes = 1 + rng.below(15);
    const uintptr_t address = address_of(world.bytes(bytes));
    ASSERT_EQ(address % std::min<size_t>(alignment_of(bytes), 8), 0u) << bytes;
    ASSERT_EQ(address / 16, (address + bytes - 1) / 16) << "reaches out of its block";
  }
}

TEST(Tiny, BlockWithMoreRoomLeftIsKept) {
  World world;
  const uintptr_t first = address_of(world.bytes(2));
  const uintptr_t big = address_of(world.bytes(15));  // does not fit; its block would have one byte left
  EXPECT_NE(big / 16, first / 16);
  EXPECT_EQ(address_of(world.bytes(2)), first + 2);
}

TEST(Tiny, SixteenBytesAndSlotsAreNotTiny) {
  World world;
  world.bytes(16);
  world.objects(Type{8, 8, 1});
  EXPECT_EQ(world.figures().tiny_allocs, 0u);
  EXPECT_EQ(world.figures().allocated_objects, 2u);
}

TEST(Tiny, NoBlockIsFilledUpAcrossACollection) {
  World world;
  const uintptr_t before = address_of(world.bytes(1));
  world.collect({reinterpret_cast<void*>(before)});
  EXPECT_NE(address_of(world.bytes(1)) / 16, before / 16);
}

// ---- Large ----

TEST(Large, EachHasASpanOfItsOwn) {
  World world;
  void* one = world.bytes(40'000);
  void* other = world.bytes(40'000);
  EXPECT_NE(world.span_of(one), world.span_of(other));
  EXPECT_EQ(world.span_of(one)->elements, 1u);
  EXPECT_EQ(address_of(one) % kPageBytes, 0u);
  const HeapFigures figures = world.figures();
  EXPECT_EQ(figures.allocated_objects, 2u);
  EXPECT_EQ(figures.allocated_bytes, 2u * 40'960);
  EXPECT_EQ(world.audit(), "");
}

TEST(Large, MemoryUsedBeforeIsZeroed) {
  World world({.arena_bytes = size_t{4} << 20, .poison = true});
  const Type word{8, 8, 1};
  for (int i = 0; i < 4; ++i) {
    void* object = i % 2 == 0 ? world.bytes(3'000'001) : world.objects(word, 375'000);
    ASSERT_NE(object, nullptr);
    ASSERT_TRUE(is_zero(object, 3'000'000));
    std::memset(object, 0xee, 3'000'000);
    world.collect({});
  }
}

TEST(Large, MayBeAsLargeAsTheArenaAndNotLarger) {
  World world({.arena_bytes = size_t{6} << 20});
  EXPECT_EQ(world.bytes((size_t{6} << 20) + 1), nullptr);
  EXPECT_EQ(world.bytes(~size_t{0}), nullptr);
  EXPECT_EQ(world.bytes(~size_t{0} - kPageBytes), nullptr);
  EXPECT_NE(world.bytes(size_t{6} << 20), nullptr);
  EXPECT_EQ(world.bytes(16), nullptr);
  EXPECT_EQ(world.audit(), "");
}

}  // namespace
}  // namespace samovar::heap
