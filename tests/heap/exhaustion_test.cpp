// When the arena is full: null, and nothing is lost by it.
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "heap/harness.h"

namespace samovar::heap {
namespace {

constexpr size_t kArenaPages = 300;
const HeapOptions kSmall{.arena_bytes = kArenaPages * kPageBytes};

// Allocates until there is nothing left.
std::vector<void*> fill(World& world, size_t bytes) {
  std::vector<void*> objects;
  while (void* object = world.bytes(bytes)) objects.push_back(object);
  return objects;
}

TEST(Exhaustion, ArenaTooLargeForTheSystemIsSaidSo) {
  Heap heap({.arena_bytes = size_t{1} << (sizeof(size_t) * 8 - 2)});
  EXPECT_FALSE(heap.ok());
}

TEST(Exhaustion, EveryPageIsUsedBeforeNullComesAndItGoesOnComing) {
  World world(kSmall);
  EXPECT_EQ(fill(world, 1024).size(), kArenaPages * 8);
  EXPECT_EQ(world.heap.pages_left(), 0u);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(world.bytes(1024), nullptr);
  EXPECT_EQ(world.bytes(1), nullptr);
  EXPECT_EQ(world.bytes(100'000), nullptr);
  EXPECT_EQ(world.figures().allocated_objects, kArenaPages * 8);
  EXPECT_EQ(world.figures().tiny_allocs, 0u);
  EXPECT_EQ(world.audit(), "");
}

TEST(Exhaustion, WhatIsFreedAfterwardsIsUsedAgain) {
  World world(kSmall);
  std::vector<void*> objects = fill(world, 1024);
  objects.resize(objects.size() / 2);
  world.collect(objects);
  EXPECT_EQ(fill(world, 1024).size(), kArenaPages * 4);
  EXPECT_EQ(world.audit(), "");
}

TEST(Exhaustion, AllIsSweptBeforeNullComes) {
  for (const size_t bytes : {size_t{64}, size_t{1024}, 100 * kPageBytes}) {
    World world(kSmall);
    fill(world, 2048);
    world.start_sweep();  // nothing lives, and nobody has swept yet
    EXPECT_NE(world.bytes(bytes), nullptr) << bytes;
  }
}

// More full spans come first than one allocation is willing to sweep, and no span is wholly free; the room is in half-full ones behind.
TEST(Exhaustion, RoomBehindManyFullSpansIsFound) {
  World world(kSmall);
  const std::vector<void*> objects = fill(world, 1024);
  std::vector<void*> alive;
  for (size_t i = 0; i < objects.size(); ++i) {
    if (i >= objects.size() / 2 || i % 2 == 0) alive.push_back(objects[i]);
  }
  world.mark_all(alive);
  world.start_sweep();
  EXPECT_EQ(fill(world, 1024).size(), objects.size() - alive.size());
  EXPECT_EQ(world.audit(), "");
}

TEST(Exhaustion, OneClassMayStarveWhileAnotherHasRoom) {
  World world(kSmall);
  void* small = world.bytes(16);
  ASSERT_NE(small, nullptr);
  fill(world, 4096);
  EXPECT_NE(world.bytes(16), nullptr);
  EXPECT_EQ(world.bytes(32), nullptr);
  EXPECT_NE(world.bytes(16), nullptr);
}

TEST(Exhaustion, LifeboatIsZeroOutsideTheArenaAndWritable) {
  World world(kSmall);
  fill(world, 8192);
  for (const size_t bytes : {size_t{0}, size_t{1}, size_t{100}, size_t{1} << 20}) {
    auto* boat = static_cast<unsigned char*>(world.heap.allocate_lifeboat(bytes));
    ASSERT_NE(boat, nullptr);
    EXPECT_FALSE(world.heap.contains(address_of(boat)));
    for (size_t i = 0; i < bytes; ++i) ASSERT_EQ(boat[i], 0);
    std::memset(boat, 1, bytes);
  }
  EXPECT_EQ(world.audit(), "") << "it is nobody's figure";
}

// ---- Giving pages back ----

TEST(ReleasedPages, AreCountedComeBackZeroAndAreCountedOff) {
  World world(kSmall);
  std::vector<void*> objects = fill(world, 8192);
  for (void* object : objects) std::memset(object, 0xee, 8192);
  world.collect({objects[0]});
  const uint64_t free = (kArenaPages - 1) * kPageBytes;
  EXPECT_EQ(world.figures().free_bytes, free);
  const uint64_t given = world.heap.release_free_pages(10 * kPageBytes);
  EXPECT_EQ(given, free - 10 * kPageBytes);
  EXPECT_EQ(world.figures().free_bytes, 10 * kPageBytes);
  EXPECT_EQ(world.figures().released_bytes, given);
  EXPECT_EQ(world.heap.release_free_pages(10 * kPageBytes), 0u) << "there is no more to give";
  for (const void* object : fill(world, 8192)) {
    for (size_t i = 0; i < 8192; i += 512) ASSERT_EQ(static_cast<const unsigned char*>(object)[i], 0);
  }
  EXPECT_EQ(world.figures().released_bytes, 0u);
  EXPECT_EQ(world.figures().free_bytes, 0u);
}

// The highest go first, and what lies between them in use stays as it is.
TEST(ReleasedPages, InUseBetweenThemStaysAsItWas) {
  World world(kSmall);
  std::vector<void*> objects = fill(world, 8192);
  for (size_t i = 0; i < objects.size(); ++i) std::memset(objects[i], static_cast<int>(i % 251), 8192);
  std::vector<void*> kept;
  for (size_t i = 0; i < objects.size(); i += 3) kept.push_back(objects[i]);
  world.collect(kept);
  const uint64_t free = world.figures().free_bytes;
  EXPECT_EQ(world.heap.release_free_pages(0), free);
  EXPECT_EQ(world.figures().free_bytes, 0u);
  for (size_t i = 0; i < objects.size(); i += 3) {
    for (size_t k = 0; k < 8192; k += 512) ASSERT_EQ(static_cast<const unsigned char*>(objects[i])[k], i % 251);
  }
}

TEST(ReleasedPages, InBitesAreTheSameAndEachIsLookedAtOnce) {
  World world(kSmall);
  std::vector<void*> objects = fill(world, 8192);
  std::vector<void*> kept;
  for (size_t i = 0; i < objects.size(); i += 3) kept.push_back(objects[i]);
  world.collect(kept);
  const uint64_t free = world.figures().free_bytes;
  uint32_t below = Heap::kTop;
  uint64_t all = 0;
  for (uint64_t given = 1; given != 0;) {
    const uint32_t before = below;
    given = world.heap.release_free_pages(0, 3 * kPageBytes, &below);
    EXPECT_LE(given, 3 * kPageBytes);
    EXPECT_TRUE(below < before || given == 0);
    all += given;
  }
  EXPECT_EQ(all, free);
  EXPECT_EQ(world.figures().free_bytes, 0u);
}

TEST(ReleasedPages, PagesThatWereNeverUsedAreNeitherFreeNorReleased) {
  World world({.arena_bytes = size_t{64} << 20});
  world.bytes(100);
  const HeapFigures figures = world.figures();
  EXPECT_EQ(figures.in_use_bytes, kPageBytes);
  EXPECT_EQ(figures.free_bytes, 0u);
  EXPECT_EQ(figures.released_bytes, 0u);
  EXPECT_EQ(world.heap.release_free_pages(0), 0u);
}

}  // namespace
}  // namespace samovar::heap
