// The size classes and the layout of spans, held against Go 1.26.
//
// The tables are those of internal/runtime/gc/sizeclasses.go, and what Go programs printed of their own objects' addresses
// (docs: behaviours F35 and F36 of the specification).
#include "heap/size_classes.h"

#include <gtest/gtest.h>

#include <set>

#include "heap/harness.h"

namespace samovar::heap {
namespace {

size_t rounded(size_t bytes) { return kClassBytes[size_class_of(bytes)]; }

TEST(SizeClass, RoundsAsGoDoes) {
  struct Row {
    size_t asked, given;
  };
  constexpr Row kRows[] = {{1, 8},         {8, 8},         {9, 16},        {16, 16},       {17, 24},       {24, 24},
                           {25, 32},       {33, 48},       {49, 64},       {65, 80},       {129, 144},     {512, 512},
                           {513, 576},     {1016, 1024},   {1017, 1024},   {1024, 1024},   {1025, 1152},   {2049, 2304},
                           {4097, 4864},   {8193, 9472},   {10241, 10880}, {28673, 32768}, {32768, 32768}};
  for (const Row& row : kRows) EXPECT_EQ(rounded(row.asked), row.given) << row.asked;
}

TEST(SizeClass, EveryRequestTakesTheSmallestThatHoldsIt) {
  uint8_t smallest = 1;
  for (size_t bytes = 1; bytes <= 32768; ++bytes) {
    if (kClassBytes[smallest] < bytes) ++smallest;
    ASSERT_EQ(size_class_of(bytes), smallest) << bytes;
  }
}

TEST(SizeClass, ThereAre68WithLargeInTheOrderOfTheirSizes) {
  ASSERT_EQ(kClassBytes.size(), 68u);
  EXPECT_EQ(kClassBytes[0], 0);
  EXPECT_EQ(kClassBytes[67], 32768);
  for (size_t i = 1; i < kSizeClasses; ++i) EXPECT_GT(kClassBytes[i], kClassBytes[i - 1]);
}

TEST(SizeClass, PagesASpanAreGos) {
  for (size_t i = 1; i < kSizeClasses && kClassBytes[i] <= 1280; ++i) EXPECT_EQ(kClassPages[i], 1) << kClassBytes[i];
  struct Row {
    uint16_t bytes;
    uint8_t pages;
  };
  constexpr Row kRows[] = {{1408, 2},  {1536, 1},  {1792, 2},  {2048, 1},  {2304, 2},  {2688, 1},  {3072, 3},
                           {3200, 2},  {3456, 3},  {4096, 1},  {4864, 3},  {5376, 2},  {6144, 3},  {6528, 4},
                           {6784, 5},  {6912, 6},  {8192, 1},  {9472, 7},  {9728, 6},  {10240, 5}, {10880, 4},
                           {12288, 3}, {13568, 5}, {14336, 7}, {16384, 2}, {18432, 9}, {19072, 7}, {20480, 5},
                           {21760, 8}, {24576, 3}, {27264, 10}, {28672, 7}, {32768, 4}};
  for (const Row& row : kRows) {
    EXPECT_EQ(rounded(row.bytes), row.bytes);
    EXPECT_EQ(kClassPages[size_class_of(row.bytes)], row.pages) << row.bytes;
  }
}

TEST(SizeClass, MultiplicationDividesExactlyAtEveryOffsetOfEverySpan) {
  for (uint8_t size_class = 1; size_class < kSizeClasses; ++size_class) {
    const uint32_t bytes = kClassBytes[size_class];
    for (uint32_t offset = 0; offset < kClassPages[size_class] * kPageBytes; ++offset) {
      ASSERT_EQ(divide_by_class(offset, size_class), offset / bytes) << "offset " << offset << " of class " << bytes;
    }
  }
}

TEST(SizeClass, SpanClassesAreNumberedWithoutGaps) {
  std::set<size_t> indices;
  for (uint8_t size_class = 0; size_class < kSizeClasses; ++size_class) {
    for (const bool noscan : {false, true}) {
      const SpanClass span_class(size_class, noscan);
      EXPECT_EQ(span_class.size_class(), size_class);
      EXPECT_EQ(span_class.noscan(), noscan);
      EXPECT_EQ(SpanClass::of_index(span_class.index()), span_class);
      indices.insert(span_class.index());
    }
  }
  EXPECT_EQ(indices.size(), kSpanClasses);
  EXPECT_EQ(*indices.rbegin(), kSpanClasses - 1);
}

TEST(SpanLayout, InlineMarksAreFor16To512Bytes) {
  for (uint8_t size_class = 0; size_class < kSizeClasses; ++size_class) {
    EXPECT_EQ(has_inline_marks(size_class), size_class >= 2 && size_class <= 26) << kClassBytes[size_class];
  }
  EXPECT_EQ(kClassBytes[26], 512);
}

TEST(SpanLayout, ObjectsEndBeforeTheBitmapsOfTheirPage) {
  for (size_t index = 2; index < kSpanClasses; ++index) {
    const SpanClass span_class = SpanClass::of_index(index);
    const size_t bytes = kClassBytes[span_class.size_class()];
    size_t reserved = has_inline_marks(span_class.size_class()) ? 128 : 0;
    if (!span_class.noscan() && bytes <= 512) reserved += 128;
    const size_t room = kClassPages[span_class.size_class()] * kPageBytes - reserved;
    const uint32_t objects = objects_per_span(span_class);
    EXPECT_LE(objects * bytes, room) << bytes;
    EXPECT_GT((objects + 1) * bytes, room) << bytes;
    EXPECT_LE(objects, kMaxObjectsPerSpan);
    if (has_inline_marks(span_class.size_class())) {
      EXPECT_LE(objects, 504u) << "63 bytes of marks";
    }
  }
}

// What is asked for, as Go's `new([n]*T)` or `make([]byte, n)`, and what the address then shows.
struct Layout {
  size_t bytes;
  bool slots;
  uint32_t slot_bytes;  // distance between two objects
  uint32_t objects;     // that a span holds
  uint32_t offset;      // of the first object in its page
};

class SpanLayoutOfGo : public testing::TestWithParam<Layout> {};

TEST_P(SpanLayoutOfGo, IsTheSameHere) {
  const Layout& expected = GetParam();
  const Type word{8, 8, 1};
  World world;
  const auto allocate = [&] {
    return expected.slots ? world.objects(word, expected.bytes / 8) : world.bytes(expected.bytes);
  };
  const uintptr_t first = address_of(allocate());
  const Span* span = world.heap.span_of(first);
  EXPECT_EQ(first % kPageBytes, expected.offset);
  EXPECT_EQ(span->elem_bytes, expected.slot_bytes);
  EXPECT_EQ(span->elements, expected.objects);
  uint32_t in_span = 1;
  for (uintptr_t last = first; in_span <= expected.objects; ++in_span) {
    const uintptr_t next = address_of(allocate());
    if (world.heap.span_of(next) != span) break;
    EXPECT_EQ(next - last, expected.slot_bytes);
    last = next;
  }
  EXPECT_EQ(in_span, expected.objects);
}

INSTANTIATE_TEST_SUITE_P(
    F36, SpanLayoutOfGo,
    testing::Values(Layout{8, true, 8, 1008, 0}, Layout{16, true, 16, 496, 0}, Layout{16, false, 16, 504, 0},
                    Layout{24, true, 24, 330, 0}, Layout{32, true, 32, 248, 0}, Layout{48, true, 48, 165, 0},
                    Layout{64, true, 64, 124, 0}, Layout{512, true, 512, 15, 0}, Layout{520, true, 576, 14, 8},
                    Layout{1024, true, 1152, 7, 8}, Layout{1024, false, 1024, 8, 0}, Layout{520, false, 576, 14, 0},
                    Layout{32760, true, 32768, 1, 8}, Layout{32760, false, 32768, 1, 0}),
    [](const testing::TestParamInfo<Layout>& info) {
      return std::to_string(info.param.bytes) + (info.param.slots ? "BytesWithSlots" : "BytesWithout");
    });

TEST(SpanLayout, LargeObjectsTakeWholePages) {
  World world;
  struct Row {
    size_t asked, given;
  };
  for (const Row& row : {Row{32761, 32768}, Row{32768, 32768}, Row{32769, 40960}, Row{65537, 73728}}) {
    const void* object = world.bytes(row.asked);
    EXPECT_EQ(world.span_of(object)->elem_bytes, row.given) << row.asked;
    EXPECT_EQ(world.span_of(object)->size_class(), 0) << row.asked;
  }
}

}  // namespace
}  // namespace samovar::heap
