// What a type declares is what the collector will find: descriptions, slot bitmaps, type headers.
#include "heap/type.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "heap/harness.h"

namespace samovar::heap {
namespace {

struct Plain {
  int64_t a;
  int32_t b;
};

struct Node {
  Slot<Node> left;
  int64_t key;
  Slot<Node> right;
  int64_t tail;
  static constexpr auto slots() { return std::tuple(&Node::left, &Node::right); }
};

struct Tree {
  int64_t count;
  Slot<Tree> children[4];
  int64_t key;
  Slot<Node> payload;
  static constexpr auto slots() { return std::tuple(&Tree::payload, &Tree::children); }  // in any order
};

struct Wide {
  Slot<Node> all[64];
  static constexpr auto slots() { return std::tuple(&Wide::all); }
};

struct Forgetful {
  Slot<Node> hidden;
  int64_t key;
  static constexpr auto slots() { return std::tuple(); }
};

void expect_type(const Type& type, uint32_t bytes, uint32_t pointer_bytes, uint64_t slots) {
  EXPECT_EQ(type.bytes, bytes);
  EXPECT_EQ(type.pointer_bytes, pointer_bytes);
  EXPECT_EQ(type.slots, slots);
  EXPECT_EQ(type.has_slots(), slots != 0);
}

TEST(Type, WithoutADeclarationHasNoSlots) {
  expect_type(type_of<Plain>, 16, 0, 0);
  expect_type(type_of<char>, 1, 0, 0);
  expect_type(type_of<uint64_t>, 8, 0, 0);
}

TEST(Type, SingleMembersAreSlotsWhereTheyLie) { expect_type(type_of<Node>, 32, 24, 0b101); }

TEST(Type, ArraysOfRefsAreAsManySlots) { expect_type(type_of<Tree>, 56, 56, 0b1011110); }

TEST(Type, ARefByItselfIsOneSlot) { expect_type(type_of<Slot<Node>>, 8, 8, 1); }

TEST(Type, SixtyFourSlotsAreTheMost) { expect_type(type_of<Wide>, 512, 512, ~uint64_t{0}); }

TEST(Type, OnlyWhatIsDeclaredCounts) { expect_type(type_of<Forgetful>, 16, 0, 0); }

// ---- Read back from the heap ----

// The slots of an object, as word numbers, according to the heap.
std::vector<uint32_t> slots_of(Heap& heap, void* object) {
  std::vector<uint32_t> words;
  for_each_slot(heap, address_of(object), [&](uint64_t* slot) {
    words.push_back(static_cast<uint32_t>((address_of(slot) - address_of(object)) / kSlotBytes));
  });
  return words;
}

// The same according to its type.
std::vector<uint32_t> slots_of(const Type& type, size_t count) {
  std::vector<uint32_t> words;
  for (size_t element = 0; element < count; ++element) {
    for (uint32_t word = 0; word < type.bytes / kSlotBytes; ++word) {
      if ((type.slots >> word & 1) != 0) words.push_back(static_cast<uint32_t>(element * type.bytes / kSlotBytes) + word);
    }
  }
  return words;
}

Type random_type(base::Rng& rng, uint32_t most_words) {
  const uint32_t words = 1 + rng.below(most_words);
  Type type{words * 8, 0, 0};
  do {
    type.slots = rng.next() & rng.next();
    if (words < 64) type.slots &= (uint64_t{1} << words) - 1;
  } while (type.slots == 0);
  type.pointer_bytes = static_cast<uint32_t>(64 - __builtin_clzll(type.slots)) * 8;
  return type;
}

struct Made {
  Type type;
  size_t count;
  void* object;
};

TEST(SlotBits, ReadBackAsDeclaredAndNeighboursStayAsTheyWere) {
  SCOPED_TRACE(testing::Message() << "SAMOVAR_TEST_SEED=" << test_seed());
  base::Rng rng(test_seed());
  World world;
  std::vector<Made> made;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 4000; ++i) {
      const Type type = random_type(rng, i % 3 == 0 ? 64 : 6);
      const size_t count = 1 + rng.below(512 / type.bytes);
      made.push_back({type, count, world.objects(type, count)});
    }
    for (const Made& one : made) ASSERT_EQ(slots_of(world.heap, one.object), slots_of(one.type, one.count));
    // A third lives on, and its bits must outlive what comes into the gaps.
    std::vector<void*> alive;
    std::erase_if(made, [&](const Made&) { return rng.below(3) != 0; });
    for (const Made& one : made) alive.push_back(one.object);
    world.collect(alive);
  }
}

TEST(SlotBits, AnEmptyArrayHasNoneAndDisturbsNobody) {
  World world;
  const Type type{24, 8, 1};
  const Type full{24, 24, 0b111};
  std::vector<void*> words;
  for (int i = 0; i < 200; ++i) {
    ASSERT_NE(world.objects(full, 0), nullptr);
    ASSERT_NE(world.objects(type, 0), nullptr);
    words.push_back(world.objects(Type{8, 8, 1}));
  }
  for (void* word : words) ASSERT_EQ(slots_of(world.heap, word), (std::vector<uint32_t>{0}));
  world.flush();
  EXPECT_EQ(world.heap.scan_bytes(), 200u * 8);
}

TEST(TypeHeader, StandsBeforeObjectsWithSlotsAbove512Bytes) {
  World world;
  const Type type = type_of<Node>;
  for (const size_t count : {17u, 32u, 100u, 1000u, 1023u}) {
    void* object = world.objects(type, count);
    const Span* span = world.span_of(object);
    const uintptr_t start = span->address_of(span->index_of(address_of(object)));
    EXPECT_EQ(address_of(object), start + 8) << count;
    EXPECT_EQ(*reinterpret_cast<const Type**>(start), &type) << count;
    EXPECT_GE(start + span->elem_bytes, address_of(object) + type.bytes * count) << count;
    // Words behind the last element may look like another element; they are zero, so nobody is misled.
    auto slots = slots_of(world.heap, object);
    ASSERT_GE(slots.size(), slots_of(type, count).size());
    slots.resize(slots_of(type, count).size());
    EXPECT_EQ(slots, slots_of(type, count)) << count;
  }
}

TEST(TypeHeader, LargeObjectsHaveTheirTypeInTheSpan) {
  World world;
  const Type type = type_of<Node>;
  void* object = world.objects(type, 5000);
  EXPECT_EQ(address_of(object) % kPageBytes, 0u);
  EXPECT_EQ(world.span_of(object)->large_type, &type);
  EXPECT_EQ(world.span_of(world.bytes(160'000))->large_type, nullptr);
}

TEST(TypeHeader, WithoutSlotsThereIsNone) {
  World world;
  void* object = world.objects(type_of<Plain>, 64);
  EXPECT_EQ(address_of(object) % kPageBytes, 0u);
  EXPECT_TRUE(world.span_of(object)->noscan());
  EXPECT_EQ(world.span_of(object)->elem_bytes, 1024u);
}

TEST(ScanBytes, AreThoseUpToTheLastSlotAndAreToldWhenASpanIsTaken) {
  World world;
  world.objects(type_of<Node>, 3);      // two whole ones and 24 bytes
  world.objects(type_of<Node>, 20);     // with a header: all of its class (mbitmap.go:heapSetTypeSmallHeader)
  world.objects(type_of<Plain>, 20);    // nothing
  world.objects(type_of<Node>, 5000);   // large: all its pages (heapSetTypeLarge)
  world.flush();
  EXPECT_EQ(world.heap.scan_bytes(), (2 * 32 + 24) + 704u + 20 * kPageBytes);
}

}  // namespace
}  // namespace samovar::heap
