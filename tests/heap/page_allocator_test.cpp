// The page allocator against the plainest one there is: a row of booleans, searched from the front.
#include "heap/page_heap.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "heap/harness.h"

namespace samovar::heap {
namespace {

constexpr uint32_t kChunk = PageAllocator::kChunkPages;
constexpr uint32_t kNone = PageAllocator::kNone;

class Reference {
 public:
  void grow_to(uint32_t pages) { used_.resize(pages, false); }
  uint32_t allocate(uint32_t pages) {
    uint32_t run = 0;
    for (uint32_t page = 0; page < used_.size(); ++page) {
      run = used_[page] ? 0 : run + 1;
      if (run < pages) continue;
      set(page + 1 - pages, pages, true);
      return page + 1 - pages;
    }
    return kNone;
  }
  void set(uint32_t first, uint32_t pages, bool used) {
    for (uint32_t page = first; page < first + pages; ++page) used_[page] = used;
  }
  uint32_t tail() const {
    uint32_t free = 0;
    while (free < used_.size() && !used_[used_.size() - 1 - free]) ++free;
    return free;
  }
  uint32_t free_pages() const {
    uint32_t free = 0;
    for (const bool used : used_) free += used ? 0 : 1;
    return free;
  }
  bool in_use(uint32_t page) const { return used_[page]; }

 private:
  std::vector<bool> used_;
};

// Both, asked the same; stops at the first difference.
class Pair {
 public:
  explicit Pair(uint32_t limit) : pages(limit) {}

  void grow(uint32_t wanted) {
    const uint32_t before = pages.grown();
    if (pages.grow(wanted)) {
      ASSERT_GT(pages.grown(), before);
      ASSERT_TRUE(pages.grown() % kChunk == 0 || pages.grown() == pages.limit());
      reference.grow_to(pages.grown());
      ASSERT_GE(reference.tail(), wanted) << "grown, but not for what was asked";
    } else {
      ASSERT_EQ(pages.grown(), before);
      ASSERT_LT(reference.tail() + (pages.limit() - before), std::max(wanted, reference.tail() + 1));
    }
  }
  uint32_t allocate(uint32_t count) {
    const uint32_t first = pages.allocate(count);
    EXPECT_EQ(first, reference.allocate(count)) << count << " pages";
    return first;
  }
  void free(uint32_t first, uint32_t count) {
    pages.free(first, count);
    reference.set(first, count, false);
  }
  void compare() {
    ASSERT_EQ(pages.free_pages(), reference.free_pages());
    for (uint32_t page = 0; page < pages.grown(); ++page) ASSERT_EQ(pages.in_use(page), reference.in_use(page)) << page;
  }

  PageAllocator pages;
  Reference reference;
};

TEST(PageAllocator, HasNothingBeforeItGrows) {
  PageAllocator pages(10 * kChunk);
  EXPECT_EQ(pages.grown(), 0u);
  EXPECT_EQ(pages.allocate(1), kNone);
}

TEST(PageAllocator, GrowsByWholeChunksUpToItsLimit) {
  PageAllocator pages(2 * kChunk + 100);
  ASSERT_TRUE(pages.grow(1));
  EXPECT_EQ(pages.grown(), kChunk);
  ASSERT_TRUE(pages.grow(kChunk + 1));
  EXPECT_EQ(pages.grown(), 2 * kChunk) << "what is free at the end counts";
  ASSERT_TRUE(pages.grow(2 * kChunk + 100));
  EXPECT_EQ(pages.grown(), 2 * kChunk + 100);
  EXPECT_FALSE(pages.grow(1));
  EXPECT_EQ(pages.free_pages(), 2 * kChunk + 100);
  EXPECT_EQ(pages.allocate(2 * kChunk + 100), 0u);
  EXPECT_EQ(pages.allocate(1), kNone);
}

TEST(PageAllocator, AddsNothingIfTheArenaHasNotEnough) {
  PageAllocator pages(kChunk + 10);
  ASSERT_TRUE(pages.grow(1));
  ASSERT_EQ(pages.allocate(kChunk), 0u);
  EXPECT_FALSE(pages.grow(11));
  EXPECT_EQ(pages.grown(), kChunk);
  EXPECT_TRUE(pages.grow(10));
  EXPECT_EQ(pages.allocate(10), kChunk);
}

TEST(PageAllocator, SmallestArenaIsOnePage) {
  PageAllocator pages(1);
  ASSERT_TRUE(pages.grow(1));
  EXPECT_EQ(pages.grown(), 1u);
  EXPECT_EQ(pages.allocate(2), kNone);
  EXPECT_EQ(pages.allocate(1), 0u);
  pages.free(0, 1);
  EXPECT_EQ(pages.allocate(1), 0u);
}

// A run that begins `before` pages ahead of a chunk's border and ends `after` behind it is found, and none that is a page longer.
TEST(PageAllocator, RunsCrossTheBordersOfChunks) {
  for (const uint32_t before : {1u, 63u, 64u, 65u, 511u, 512u}) {
    for (const uint32_t after : {1u, 63u, 64u, 65u, 511u, 512u, 513u, 1024u}) {
      Pair pair(5 * kChunk);
      pair.grow(5 * kChunk);
      ASSERT_EQ(pair.allocate(5 * kChunk), 0u);
      pair.free(2 * kChunk - before, before + after);
      EXPECT_EQ(pair.allocate(before + after + 1), kNone);
      EXPECT_EQ(pair.allocate(before + after), 2 * kChunk - before);
      pair.compare();
    }
  }
}

TEST(PageAllocator, LowerHoleInsideAChunkWinsOverALaterRunAcrossItsBorder) {
  Pair pair(3 * kChunk);
  pair.grow(3 * kChunk);
  ASSERT_EQ(pair.allocate(3 * kChunk), 0u);
  pair.free(100, 20);
  pair.free(kChunk - 10, 20);
  EXPECT_EQ(pair.allocate(20), 100u);
  EXPECT_EQ(pair.allocate(20), kChunk - 10);
  EXPECT_EQ(pair.allocate(1), kNone);
}

TEST(PageAllocator, RunMayBeginInWhatWasThereAndEndInWhatHasGrown) {
  Pair pair(4 * kChunk);
  pair.grow(1);
  ASSERT_EQ(pair.allocate(kChunk - 3), 0u);
  EXPECT_EQ(pair.allocate(5), kNone);
  pair.grow(5);
  EXPECT_EQ(pair.pages.grown(), 2 * kChunk);
  EXPECT_EQ(pair.allocate(5), kChunk - 3);
}

uint32_t random_count(base::Rng& rng) {
  switch (rng.below(12)) {
    case 0: return 1 + rng.below(1500);
    case 1: return 500 + rng.below(25);
    case 2: return 60 + rng.below(10);
    default: return 1 + rng.below(10);
  }
}

void random_operations(uint64_t seed, uint32_t limit) {
  base::Rng rng(seed);
  Pair pair(limit);
  std::vector<std::pair<uint32_t, uint32_t>> held;
  for (int step = 0; step < 6000 && !testing::Test::HasFailure(); ++step) {
    if (rng.below(100) < (step / 500 % 2 == 0 ? 60u : 35u)) {
      const uint32_t count = random_count(rng);
      uint32_t first = pair.allocate(count);
      if (first == kNone) {
        pair.grow(count);
        first = pair.allocate(count);
      }
      if (first != kNone) held.emplace_back(first, count);
    } else if (!held.empty()) {
      // All of a run, or its front.
      auto& run = held[rng.below(static_cast<uint32_t>(held.size()))];
      const uint32_t count = rng.below(4) == 0 ? 1 + rng.below(run.second) : run.second;
      pair.free(run.first, count);
      run = {run.first + count, run.second - count};
      if (run.second == 0) {
        run = held.back();
        held.pop_back();
      }
    }
    if (step % 500 == 0) pair.compare();
  }
  pair.compare();
}

TEST(PageAllocator, RandomOperationsAgreeWithTheReference) {
  for (uint64_t go = 0; go < 6 && !HasFailure(); ++go) {
    const uint64_t seed = test_seed() * 100 + go;
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    random_operations(seed, 3 * kChunk + 1 + static_cast<uint32_t>(go) * 700);
  }
}

}  // namespace
}  // namespace samovar::heap
