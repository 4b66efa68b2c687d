// Scan work, which the pacer goes by, in Go's unit: of each object what lies before the end of its last slot (mgcmark_greenteagc.go:scanObjectSmall, mgcmark.go:scanObject).
//
// The numbers are those of Go 1.26.10, from /gc/scan/heap:bytes after runtime.GC() with many such objects, less that of a program without. On a processor with
// AVX-512, unless GODEBUG=cpu.avx512vl=off, Go's is another: in pages of which an eighth is grey it counts whole objects.
#include <gtest/gtest.h>

#include <tuple>

#include "gc/harness.h"

namespace samovar::gc {
namespace {

using sched::Task;

// Each with its one slot somewhere else.
struct SlotFirst {
  Ref<SlotFirst> next;
  uint64_t after[7];
  static constexpr auto slots() { return std::tuple(&SlotFirst::next); }
};
struct SlotLast {
  uint64_t before[7];
  Ref<SlotLast> next;
  static constexpr auto slots() { return std::tuple(&SlotLast::next); }
};
struct SlotAmidst {
  uint64_t before[2];
  Ref<SlotAmidst> next;
  uint64_t after[3];
  static constexpr auto slots() { return std::tuple(&SlotAmidst::next); }
};

struct Job {
  uint32_t objects = 0;
  uint64_t scan_work = 0;  // of the last collection
};

Task<void> collect(Job* job) {
  co_await collector().collect();
  job->scan_work = collector().pacer().last_heap_scan();
}

// A list, so that hardly any two objects of a page are grey at the same time.
template <class T>
Task<void> list(Job* job) {
  Local<T> head;
  for (uint32_t i = 0; i < job->objects; ++i) {
    T* node = make<T>();
    node->next = head.get();
    head = node;
  }
  co_await collect(job);
}

// An array of arrays of kElements each, so that many objects of a page are grey together.
template <class T, size_t kElements>
Task<void> arrays(Job* job) {
  Local<Ref<T>> all = make_array<Ref<T>>(job->objects);
  for (uint32_t i = 0; i < job->objects; ++i) all[i] = make_array<T>(kElements);
  co_await collect(job);
}

class ScanWork : public testing::TestWithParam<MarkerKind> {
 protected:
  uint64_t of(Task<void> (*program)(Job*), uint32_t objects) {
    Job job{.objects = objects};
    EXPECT_DONE(run_collected({.procs = 1}, {.pacing = {.gogc = kGcOff}, .marker = GetParam()}, program, &job).ran);
    return job.scan_work;
  }
};
INSTANTIATE_TEST_SUITE_P(Markers, ScanWork, testing::Values(MarkerKind::kGreenTea, MarkerKind::kClassic),
                         [](const auto& info) { return std::string(info.param == MarkerKind::kClassic ? "Classic" : "GreenTea"); });

TEST_P(ScanWork, OfAnObjectEndsWithItsLastSlot) {
  EXPECT_EQ(of(list<SlotFirst>, 1000), 1000u * 8);
  EXPECT_EQ(of(list<SlotLast>, 1000), 1000u * 64);
  EXPECT_EQ(of(list<SlotAmidst>, 1000), 1000u * 24);
}

// The array of 1000 slots itself ends, with its header, in a class of 8192 bytes, all of which is looked at.
TEST_P(ScanWork, OfAnArrayEndsWithTheLastSlotOfItsLastElement) {
  EXPECT_EQ(of(arrays<SlotFirst, 1>, 1000), 1000u * 8 + 8192);
  EXPECT_EQ(of(arrays<SlotFirst, 3>, 1000), 1000u * (2 * 64 + 8) + 8192);
}

// In Go, too, elements are counted that would fit behind the last one: 16 of 64 bytes and a header lie in a class of 1152.
TEST_P(ScanWork, OfAnObjectWithAHeaderGoesOnToTheEndOfItsClass) {
  EXPECT_EQ(of(arrays<SlotFirst, 16>, 1000), 1000u * (8 + 17 * 64 + 8) + 8192);
}

// A hundred thousand slots in 98 pages, in seven pieces (mgcmark.go:maxObletBytes).
TEST_P(ScanWork, OfALargeObjectIsThatOfItsPieces) { EXPECT_EQ(of(arrays<SlotFirst, 0>, 100'000), 98u * 8192); }

struct Sample {
  bool marking = false;
  uint64_t before = 0;
  uint64_t while_marking = 0;
  uint64_t afterwards = 0;
};

// mgcpacer.go:update: heapScan is fixed at the beginning of a cycle.
Task<void> allocate_while_marking(Sample* sample) {
  Collector& gc = collector();
  Local<Ref<SlotLast>> kept = make_array<Ref<SlotLast>>(20'000);
  for (uint32_t i = 0; i < 20'000; ++i) kept[i] = make<SlotLast>();
  while (gc.phase() != Phase::kMark) {
    make<SlotLast>();
    co_await sched::checkpoint(1'000);
  }
  sample->before = gc.heap().scan_bytes();
  const uint64_t live = gc.heap().live_bytes();
  for (int i = 0; i < 1000; ++i) make<SlotLast>();
  make_array<Ref<SlotLast>>(20'000);
  sample->marking = gc.phase() == Phase::kMark && gc.heap().live_bytes() > live;
  sample->while_marking = gc.heap().scan_bytes();
  co_await collector().collect();
  const uint64_t found = gc.heap().scan_bytes();
  for (int i = 0; i < 1000; ++i) make<SlotLast>();
  sample->afterwards = gc.heap().scan_bytes() - found;
}

TEST(ScanBytes, StayTheSameWhileMarkingGoesOn) {
  Sample sample;
  EXPECT_DONE(run_collected({.procs = 1}, {}, allocate_while_marking, &sample).ran);
  EXPECT_TRUE(sample.marking);
  EXPECT_EQ(sample.while_marking, sample.before);
  EXPECT_GT(sample.afterwards, 0u);
}

}  // namespace
}  // namespace samovar::gc
