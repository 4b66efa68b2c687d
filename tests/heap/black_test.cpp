// Allocation while marking: what is new is marked, what was never handed out is not, and neighbours keep their marks.
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "heap/harness.h"

namespace samovar::heap {
namespace {

const Type kWord{8, 8, 1};

// By marker, and by size: with marks in the page, beside the span, and of one object.
class Black : public testing::TestWithParam<std::tuple<bool, size_t>> {
 protected:
  Black() : world({.arena_bytes = size_t{128} << 20, .inline_marks = std::get<0>(GetParam())}) {}
  size_t bytes() const { return std::get<1>(GetParam()); }
  void* make() { return world.objects(kWord, bytes() / 8); }
  bool is_marked(void* object) {
    const Span* span = world.span_of(object);
    const uint32_t index = span->index_of(address_of(object));
    if (!world.heap.options().inline_marks || !span->inline_marks()) return test_bit(span->mark_bits(), index);
    const InlineMarks& marks = InlineMarks::of_page(span->base);
    EXPECT_EQ(marks.marked(index), marks.scanned(index)) << "black or white, never grey";
    return marks.marked(index);
  }
  World world;
};

INSTANTIATE_TEST_SUITE_P(All, Black, testing::Combine(testing::Bool(), testing::Values(8, 16, 48, 512, 1024, 40'000)),
                         [](const auto& info) { return std::string(std::get<0>(info.param) ? "inline_" : "beside_") + std::to_string(std::get<1>(info.param)); });

TEST_P(Black, OnlyWhatIsAllocatedMeanwhileSurvives) {
  std::vector<void*> before;
  for (int i = 0; i < 100; ++i) before.push_back(make());
  world.heap.begin_black(world.cache());
  std::vector<void*> meanwhile;
  for (int i = 0; i < 1500; ++i) meanwhile.push_back(make());
  for (void* object : before) ASSERT_FALSE(is_marked(object));
  for (void* object : meanwhile) ASSERT_TRUE(is_marked(object));

  world.flush();
  EXPECT_EQ(world.heap.end_black(world.cache()), 1500u * world.span_of(meanwhile[0])->elem_bytes);
  world.start_sweep();
  world.sweep_all();
  EXPECT_EQ(world.figures().objects(), 1500u);
  EXPECT_EQ(world.audit(), "");
  // Its slots are free again: new objects do not meet the old ones.
  std::set<void*> alive(meanwhile.begin(), meanwhile.end());
  for (int i = 0; i < 500; ++i) EXPECT_TRUE(alive.insert(make()).second);
}

TEST_P(Black, SlotsThatNobodyTookAreNotMarked) {
  void* first = make();
  world.heap.begin_black(world.cache());
  void* second = make();
  world.flush();
  world.heap.end_black(world.cache());
  const Span* span = world.span_of(second);
  for (uint32_t i = 0; i < span->elements; ++i) {
    const bool expected = i == span->index_of(address_of(second));
    ASSERT_EQ(is_marked(reinterpret_cast<void*>(span->address_of(i))), expected) << i;
  }
  EXPECT_FALSE(is_marked(first));
}

TEST_P(Black, ASpanWithHolesIsMarkedInItsHolesOnly) {
  std::vector<void*> all;
  for (int i = 0; i < 300; ++i) all.push_back(make());
  std::vector<void*> kept;
  for (size_t i = 0; i < all.size(); i += 3) kept.push_back(all[i]);
  world.collect(kept);
  world.heap.begin_black(world.cache());
  std::vector<void*> meanwhile;
  for (int i = 0; i < 300; ++i) meanwhile.push_back(make());
  for (void* object : meanwhile) ASSERT_TRUE(is_marked(object));
  for (void* object : kept) ASSERT_FALSE(is_marked(object));
}

TEST_P(Black, IsOverAfterTheEnd) {
  world.heap.begin_black(world.cache());
  make();
  world.flush();
  world.heap.end_black(world.cache());
  world.start_sweep();
  world.sweep_all();
  void* later = make();
  EXPECT_FALSE(is_marked(later));
}

}  // namespace
}  // namespace samovar::heap
