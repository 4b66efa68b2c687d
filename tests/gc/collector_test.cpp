// The collector, in virtual time: programs that build and drop trees, each collection checked by a second mark (checkmark), what is freed poisoned.
// (On threads: random_program_test.cpp and cycle_test.cpp.)
#include "gc/collector.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <string>
#include <tuple>

#include "gc/harness.h"
#include "platform/worker_pool.h"

namespace samovar::gc {
namespace {

using sched::Task;

struct Node {
  Ref<Node> left;
  Ref<Node> right;
  static constexpr auto slots() { return std::tuple(&Node::left, &Node::right); }
};

Node* build(int depth) {
  Node* node = make<Node>();
  if (depth > 0) {
    node->left = build(depth - 1);
    node->right = build(depth - 1);
  }
  return node;
}

int64_t count(const Node* node) { return node == nullptr ? 0 : 1 + count(node->left) + count(node->right); }

constexpr int kKeptDepth = 12;   // 8191 nodes
constexpr int kDroppedDepth = 9;  // 1023 nodes
constexpr int64_t kKeptNodes = 8191;

struct Forest {
  uint32_t goroutines = 1;
  int rounds = 200;
  int64_t kept = 0;
  bool whole = true;
  uint64_t objects_after = 0;
  uint64_t live_after = 0;
  uint64_t goal_after = 0;
};

Task<void> grow(Forest* forest) {
  Local<Node> kept = build(kKeptDepth);
  for (int i = 0; i < forest->rounds; ++i) {
    Local<Node> tree = build(kDroppedDepth);
    co_await sched::checkpoint(10'000);
    forest->whole &= count(tree) == 1023;
  }
  forest->kept += count(kept);
}

Task<void> forest_main(Forest* forest) {
  for (uint32_t i = 1; i < forest->goroutines; ++i) co_await sched::go("grow", grow(forest));
  co_await grow(forest);
  uint64_t left = forest->goroutines;
  while (left > 1) {
    co_await sched::gosched();
    left = (co_await sched::self())->scheduler->num_goroutine();
  }
  co_await collector().collect();
  forest->objects_after = collector().heap_figures().objects();
  forest->live_after = collector().pacer().heap_marked();
  forest->goal_after = collector().goal();
}

struct Ended {
  sched::Outcome outcome;
  uint64_t digest = 0;
  uint32_t cycles = 0;
  std::string gctrace;
};

Ended run_forest(uint32_t procs, MarkerKind marker, Forest* forest) {
  sched::Options options;
  options.procs = procs;
  options.virtual_time = true;
  options.event_bytes = 1 << 20;
  sched::Scheduler scheduler(options);
  Collector collector(scheduler, {.marker = marker, .checkmark = true, .poison = true});
  Ended ended;
  ended.outcome = scheduler.run([](void* argument) { return forest_main(static_cast<Forest*>(argument)); }, forest);
  ended.digest = scheduler.log().digest();
  ended.cycles = collector.figures().cycles;
  ended.gctrace = collector.gctrace(2);
  return ended;
}

class Collections : public testing::TestWithParam<std::tuple<uint32_t, MarkerKind>> {
 protected:
  void SetUp() override { SKIP_UNDER_THREAD_SANITIZER(); }
};

INSTANTIATE_TEST_SUITE_P(Procs, Collections, testing::Combine(testing::Values(1u, 2u, 4u, 8u), testing::Values(MarkerKind::kGreenTea, MarkerKind::kClassic)),
                         [](const auto& info) {
                           const bool classic = std::get<1>(info.param) == MarkerKind::kClassic;
                           return std::string(classic ? "Classic" : "GreenTea") + std::to_string(std::get<0>(info.param));
                         });

TEST_P(Collections, KeepWhatLivesAndFreeTheRest) {
  Forest forest;
  forest.goroutines = std::get<0>(GetParam()) * 2;
  const Ended ended = run_forest(std::get<0>(GetParam()), std::get<1>(GetParam()), &forest);
  EXPECT_EQ(ended.outcome.state, sched::RunState::kDone) << ended.outcome.message;
  EXPECT_TRUE(forest.whole);
  EXPECT_EQ(forest.kept, kKeptNodes * forest.goroutines);
  EXPECT_GE(ended.cycles, 2u);
  EXPECT_EQ(forest.objects_after, 0u);  // the goroutines and their trees have gone
  EXPECT_NE(ended.gctrace.find("gc 1 @0."), std::string::npos) << ended.gctrace;
}

Task<void> collect_main(int* collections) {
  for (int i = 0; i < *collections; ++i) co_await collector().collect();
}

// Go: work.stwprocs. The first and the last of the CPU times are the two stops, each as long as on the clock times the processors that stood still.
TEST(GcTrace, AStopCostsNoMoreProcessorsThanThereAre) {
  for (const sched::Time time : {sched::Time::kVirtual, sched::Time::kReal}) {
    if (time == sched::Time::kReal && !sched::threads_available()) continue;
    int collections = 5;
    const Collected out = run_collected({.procs = 64, .time = time}, {}, collect_main, &collections);
    EXPECT_DONE(out.ran);
    ASSERT_EQ(out.cycles.size(), 5u);
    const uint32_t standing = time == sched::Time::kVirtual ? 64 : std::min(64u, platform::processor_count());
    std::istringstream lines(out.gctrace);
    std::string line;
    for (const CycleRecord& cycle : out.cycles) {
      ASSERT_TRUE(std::getline(lines, line));
      unsigned number = 0, percent = 0;
      double at = 0, clock[3] = {}, cpu[5] = {};
      ASSERT_EQ(std::sscanf(line.c_str(), "gc %u @%lfs %u%%: %lf+%lf+%lf ms clock, %lf+%lf/%lf/%lf+%lf ms cpu", &number, &at, &percent, clock, clock + 1, clock + 2,
                            cpu, cpu + 1, cpu + 2, cpu + 3, cpu + 4), 11) << line;
      const auto ms = [&](uint64_t from, uint64_t to) { return static_cast<double>((to - from) * standing) / 1e6; };
      EXPECT_NEAR(cpu[0], ms(cycle.start_ns, cycle.mark_ns), 0.1 * cpu[0] + 0.001) << line;
      EXPECT_NEAR(cpu[4], ms(cycle.marked_ns, cycle.end_ns), 0.1 * cpu[4] + 0.001) << line;
    }
  }
}

TEST_P(Collections, TheSameSeedGivesTheSameDigest) {
  Forest first;
  Forest second;
  first.goroutines = second.goroutines = 3;
  const Ended a = run_forest(std::get<0>(GetParam()), std::get<1>(GetParam()), &first);
  const Ended b = run_forest(std::get<0>(GetParam()), std::get<1>(GetParam()), &second);
  EXPECT_EQ(a.digest, b.digest);
  EXPECT_EQ(a.gctrace, b.gctrace);
}

// F32 of Go 1.26: goal = live + (live + stacks + globals) * GOGC / 100, at least 4 MiB; nothing lives here, so it is the least.
TEST_P(Collections, AnEmptyHeapHasTheLeastGoal) {
  Forest forest;
  run_forest(std::get<0>(GetParam()), std::get<1>(GetParam()), &forest);
  EXPECT_EQ(forest.live_after, 0u);
  EXPECT_EQ(forest.goal_after, uint64_t{4} << 20);
}

// ---- The pacer's arithmetic ----

// F33: goals of a new process, printed by Go 1.26.11 with GOGC 50, 100 and 200.
TEST(Pacing, TheFirstGoalIsFourMebibytesTimesGogc) {
  EXPECT_EQ(Pacer({.gogc = 50}).goal({}), 2'097'152u);
  EXPECT_EQ(Pacer({.gogc = 100}).goal({}), 4'194'304u);
  EXPECT_EQ(Pacer({.gogc = 200}).goal({}), 8'388'608u);
  EXPECT_EQ(Pacer({.gogc = kGcOff}).goal({}), kUnlimited);
}

// mgcpacer.go: the trigger lies at 61/64 of the way at the latest.
TEST(Pacing, TheFirstTriggerLeavesOneTwentiethOfTheWay) {
  EXPECT_EQ(Pacer({.gogc = 100}).trigger({}), (uint64_t{4} << 20) / 64 * 61);
}

// Go 1.26, mgcpacer.go: endCycle. Of every cycle in which the heap grew it learns how much is allocated for a byte that is scanned, also of one that was
// forced far below the trigger; the largest of the last five counts.
TEST(Pacing, EveryCycleIsLearntFrom) {
  Pacer pacer({.gogc = 100});
  const auto cycle = [&pacer](uint64_t begin, uint64_t end, int64_t work) {
    pacer.start_cycle(4, begin, begin, true, {});
    pacer.heap_work.store(work);
    pacer.end_cycle(1'000'000, 4, end, {});
    pacer.reset_live(begin);
    pacer.commit(true, begin);
  };
  constexpr uint64_t kKiB = 1024;
  // (heap growth * 25 % of the Ps) / (work * the other 75 %)
  cycle(100 * kKiB, 160 * kKiB, 100 * kKiB);
  EXPECT_DOUBLE_EQ(pacer.cons_mark(), 0.2);
  cycle(100 * kKiB, 130 * kKiB, 100 * kKiB);
  EXPECT_DOUBLE_EQ(pacer.cons_mark(), 0.2);
  cycle(100 * kKiB, 100 * kKiB, 100 * kKiB);  // nothing was allocated: nothing to learn
  for (int i = 0; i < 3; ++i) cycle(100 * kKiB, 130 * kKiB, 100 * kKiB);
  EXPECT_DOUBLE_EQ(pacer.cons_mark(), 0.2);
  cycle(100 * kKiB, 130 * kKiB, 100 * kKiB);
  EXPECT_DOUBLE_EQ(pacer.cons_mark(), 0.1);
}

// startCycle of mgcpacer.go, as pacertrace of Go 1.26.11 prints it: a quarter of the Ps, in whole workers or in fractions.
TEST(Pacing, AQuarterOfThePsMarks) {
  struct Split {
    uint32_t procs;
    uint32_t dedicated;
    double fractional;
  };
  for (const Split& split : {Split{1, 0, 0.25}, Split{2, 0, 0.25}, Split{3, 0, 0.25}, Split{4, 1, 0}, Split{5, 1, 0}, Split{8, 2, 0}}) {
    Pacer pacer({});
    pacer.start_cycle(split.procs, 4'000'000, 4'000'000, true, {});
    EXPECT_EQ(pacer.dedicated_workers(), split.dedicated) << split.procs;
    EXPECT_DOUBLE_EQ(pacer.fractional_goal(), split.fractional) << split.procs;
    EXPECT_EQ(pacer.idle_workers(), split.procs - split.dedicated) << split.procs;
  }
}

}  // namespace
}  // namespace samovar::gc
