#include "gc/pacer_trace.h"

#include <gtest/gtest.h>

#include "gc/harness.h"

namespace samovar::gc {
namespace {

using sched::kMicrosecond;
using sched::RunState;
using sched::Task;
using sched::test_seed;

// strconv.FormatFloat(v, 'g', -1, 64) of Go 1.26.
TEST(PacerTrace, NumbersAreLaidOutAsGoPrintsThem) {
  EXPECT_EQ(format_as_go(0), "0");
  EXPECT_EQ(format_as_go(0.25), "0.25");
  EXPECT_EQ(format_as_go(17), "17");
  EXPECT_EQ(format_as_go(0.0001), "0.0001");
  EXPECT_EQ(format_as_go(0.00005), "5e-05");
  EXPECT_EQ(format_as_go(-0.0000125), "-1.25e-05");
  EXPECT_EQ(format_as_go(1e-9), "1e-09");
  EXPECT_EQ(format_as_go(1e20), "100000000000000000000");
  EXPECT_EQ(format_as_go(1e21), "1e+21");
  EXPECT_EQ(format_as_go(2.5e-120), "2.5e-120");
}

// Printed by Go 1.26.11 with GODEBUG=gcpacertrace=1 and GOMAXPROCS=2: the first, the fourth and, forced by runtime.GC, the sixth collection of a program that makes a list and
// then slices that it drops.
TEST(PacerTrace, LinesAreThoseOfGo) {
  const PacerTrace first{.assist_ratio = 0.8100696910511364, .heap_scan = 355'000, .heap_start = 4'014'080, .goal = 4'194'304, .dedicated = 0, .fractional = 0.25,
                         .ended = true, .utilization = 0.2531, .heap_work = 501'368, .stack_work = 1720, .globals_work = 145'994, .expected_work = 145'994,
                         .triggered = 4'014'080, .heap_end = 5'316'608, .goal_at_end = 4'194'304, .cons_mark = 0};
  EXPECT_EQ(pacer_lines(first),
            "pacer: assist ratio=0.8100696910511364 (scan 0 MB in 3->4 MB) workers=0+0.25\n"
            "pacer: 25% CPU (25 exp.) for 501368+1720+145994 B work (145994 B exp.) in 4014080 B -> 5316608 B (∆goal 1122304, cons/mark 0)\n");
  const PacerTrace fourth{.assist_ratio = 0.3991451968809338, .heap_scan = 1'647'024, .heap_start = 29'694'128, .goal = 34'190'602, .dedicated = 0, .fractional = 0.25,
                          .ended = true, .utilization = 0.2647, .heap_work = 1'647'024, .stack_work = 1432, .globals_work = 145'994, .expected_work = 1'794'746,
                          .triggered = 29'694'128, .heap_end = 33'437'872, .goal_at_end = 34'190'602, .cons_mark = 0.8365779638827652};
  EXPECT_EQ(pacer_lines(fourth),
            "pacer: assist ratio=0.3991451968809338 (scan 1 MB in 28->32 MB) workers=0+0.25\n"
            "pacer: 26% CPU (25 exp.) for 1647024+1432+145994 B work (1794746 B exp.) in 29694128 B -> 33437872 B (∆goal -752730, cons/mark 0.8365779638827652)\n");
  const PacerTrace sixth{.assist_ratio = 0.16996195521948437, .heap_scan = 1'647'024, .heap_start = 22'100'000, .goal = 33'000'000, .fractional = 0.25};
  EXPECT_EQ(pacer_lines(sixth), "pacer: assist ratio=0.16996195521948437 (scan 1 MB in 21->31 MB) workers=0+0.25\n");
}

// ---- What a run records ----

struct Nothing {};

struct Link {
  Ref<Link> next;
  static constexpr auto slots() { return std::tuple(&Link::next); }
};

Task<void> churn(Nothing*) {
  Local<Ref<Link>> kept = make_array<Ref<Link>>(100'000);  // something to mark, so that the heap grows meanwhile
  for (int i = 0; i < 6000; ++i) {
    make_bytes(4096);
    co_await sched::checkpoint(2 * kMicrosecond);
  }
  co_await collector().collect();
}

TEST(PacerTrace, ARunRecordsWhatItsPacerWentBy) {
  Nothing nothing;
  const Collected out = run_collected({.procs = 4}, {}, churn, &nothing);
  EXPECT_DONE(out.ran);
  ASSERT_GE(out.cycles.size(), 3u);
  for (const CycleRecord& cycle : out.cycles) {
    const PacerTrace& trace = cycle.pacer;
    EXPECT_EQ(trace.heap_start, cycle.heap_start);
    EXPECT_EQ(trace.goal, cycle.goal);
    EXPECT_EQ(trace.dedicated, 1u);
    EXPECT_GT(trace.assist_ratio, 0);
    if (!trace.ended) continue;
    EXPECT_EQ(trace.triggered, cycle.heap_start);
    EXPECT_EQ(trace.heap_end, cycle.heap_end);
    EXPECT_GE(trace.utilization, kBackgroundUtilization);
    EXPECT_EQ(static_cast<uint64_t>(trace.heap_work + trace.stack_work + trace.globals_work), cycle.scan_work);
  }
  EXPECT_TRUE(out.cycles.front().pacer.ended);
}

}  // namespace
}  // namespace samovar::gc
