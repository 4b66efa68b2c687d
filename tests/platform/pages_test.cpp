// Address space for the arena.
#include "platform/pages.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <vector>

namespace samovar::platform {
namespace {

constexpr size_t kPage = 8192;

bool all_bytes_are(uintptr_t base, size_t bytes, unsigned char value) {
  const auto* memory = reinterpret_cast<const unsigned char*>(base);
  for (size_t i = 0; i < bytes; ++i) {
    if (memory[i] != value) return false;
  }
  return true;
}

TEST(PageRange, IsAlignedAndAsLargeAsAskedFor) {
  for (const size_t pages : {1u, 3u, 512u, 8192u}) {
    PageRange range(pages * kPage);
    ASSERT_TRUE(range.ok());
    EXPECT_EQ(range.base() % kPage, 0u);
    EXPECT_EQ(range.bytes(), pages * kPage);
  }
}

TEST(PageRange, CanBeWrittenFromItsFirstByteToItsLast) {
  PageRange range(5 * kPage);
  ASSERT_TRUE(range.ok());
  std::memset(reinterpret_cast<void*>(range.base()), 0xa5, range.bytes());
  EXPECT_TRUE(all_bytes_are(range.base(), range.bytes(), 0xa5));
}

// Else a run could find its arena's place cut up by what was allocated since the last run had it.
TEST(PageRange, OfAnEngineInWasmIsKeptForTheNext) {
  if (PageRange::fresh_is_zero()) GTEST_SKIP() << "the system finds room for each";
  uintptr_t first = 0;
  {
    PageRange large(64 * kPage);
    first = large.base();
  }
  std::vector<std::unique_ptr<char[]>> small;
  for (int i = 0; i < 100; ++i) small.push_back(std::make_unique<char[]>(5000));
  {
    PageRange smaller(32 * kPage);
    EXPECT_EQ(smaller.base(), first);
    PageRange meanwhile(16 * kPage);
    EXPECT_NE(meanwhile.base(), first);
  }
  EXPECT_EQ(PageRange(64 * kPage).base(), first);
}

TEST(PageRange, FreshMemoryIsZeroWhereThatIsPromised) {
  if (!PageRange::fresh_is_zero()) GTEST_SKIP() << "not promised here";
  PageRange range(16 * kPage);
  ASSERT_TRUE(range.ok());
  EXPECT_TRUE(all_bytes_are(range.base(), range.bytes(), 0));
}

TEST(PageRange, ReleasedPagesReadAsZeroAndTheirNeighboursStay) {
  PageRange range(4 * kPage);
  ASSERT_TRUE(range.ok());
  std::memset(reinterpret_cast<void*>(range.base()), 0xa5, range.bytes());
  if (PageRange::release(range.base() + kPage, 2 * kPage)) {
    EXPECT_TRUE(all_bytes_are(range.base() + kPage, 2 * kPage, 0));
  } else {
    EXPECT_TRUE(all_bytes_are(range.base() + kPage, 2 * kPage, 0xa5));
  }
  EXPECT_TRUE(all_bytes_are(range.base(), kPage, 0xa5));
  EXPECT_TRUE(all_bytes_are(range.base() + 3 * kPage, kPage, 0xa5));
  std::memset(reinterpret_cast<void*>(range.base() + kPage), 0x5a, kPage);  // and are to be had again
  EXPECT_TRUE(all_bytes_are(range.base() + kPage, kPage, 0x5a));
}

TEST(PageRange, SaysSoIfTheSystemHasNotThatMuch) {
  PageRange range(size_t{1} << (sizeof(size_t) * 8 - 2));
  EXPECT_FALSE(range.ok());
}

}  // namespace
}  // namespace samovar::platform
