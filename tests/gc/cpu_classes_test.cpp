// Whose the time of the Ps was: /cpu/classes/… of runtime/metrics, and what pauses add up to.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "gc/harness.h"
#include "observe/metrics.h"

namespace samovar::gc {
namespace {

using sched::kMicrosecond;
using sched::kMillisecond;
using sched::Task;

struct Classes {
  uint32_t procs_then = 0;   // GOMAXPROCS for the second half; 0: as before
  int collections = 0;       // each after half a millisecond
  uint32_t busy = 0;         // goroutines that never stop
  bool over = false;
  uint32_t left = 0;
  // At the end, seconds.
  double elapsed = 0;
  double total = 0;
  double idle = 0;
  double user = 0;
  double pauses = 0;
  double sum = 0;            // of all classes
};

Task<void> never_stop(Classes* classes) {
  while (!classes->over) co_await sched::checkpoint(50 * kMicrosecond);
  --classes->left;
}

Task<void> spend(Classes* classes) {
  classes->left = classes->busy;
  for (uint32_t i = 0; i < classes->busy; ++i) co_await sched::go("busy", never_stop(classes));
  for (int i = 0; i < classes->collections; ++i) {
    for (int step = 0; step < 10; ++step) co_await sched::checkpoint(50 * kMicrosecond);
    co_await collector().collect();
  }
  for (int half = 0; half < 2; ++half) {
    for (int i = 0; i < 200; ++i) co_await sched::checkpoint(50 * kMicrosecond);  // 10 ms
    if (half == 0 && classes->procs_then != 0) co_await sched::set_procs(classes->procs_then);
  }
  co_await sched::gosched();  // in virtual time the run's clock is that of the last step
  observe::MetricSet metrics;
  collector().collect_metrics(&metrics);
  const auto of = [&metrics](const char* name) { return metrics.find(std::string("/cpu/classes/") + name + ":cpu-seconds")->real; };
  classes->elapsed = static_cast<double>((co_await sched::self())->scheduler->elapsed_ns()) / 1e9;
  classes->total = of("total");
  classes->idle = of("idle");
  classes->user = of("user");
  classes->pauses = of("gc/pause");
  classes->sum = of("gc/total") + of("idle") + of("scavenge/total") + of("user");
  classes->over = true;
  while (classes->left > 0) co_await sched::gosched();
}

// Go takes idle time from the list of idle Ps. (What is not spent on goroutines is more: it has the pauses, which would be taken from the program's time twice.)
TEST(CpuClasses, WhoStandsStillForACollectionIsNotIdle) {
  Classes classes{.collections = 200, .busy = 8};
  EXPECT_DONE(run_collected({.procs = 4}, {}, spend, &classes).ran);
  EXPECT_GT(classes.pauses, 0.005 * classes.total) << "there is something to tell apart";
  EXPECT_LT(classes.idle, 0.1 * classes.pauses);
  EXPECT_NEAR(classes.sum, classes.total, 1e-9);
}

TEST(CpuClasses, PsWithoutWorkAreIdle) {
  Classes classes;
  EXPECT_DONE(run_collected({.procs = 4}, {}, spend, &classes).ran);
  EXPECT_NEAR(classes.idle, 3 * classes.elapsed, 0.01 * classes.elapsed);
  EXPECT_NEAR(classes.user, classes.elapsed, 0.01 * classes.elapsed);
  EXPECT_NEAR(classes.total, 4 * classes.elapsed, 0.001 * classes.elapsed);
}

// Go: sched.totaltime + (now - sched.procresizetime) * gomaxprocs.
TEST(CpuClasses, TheTotalGoesByWhatGomaxprocsWas) {
  Classes classes{.procs_then = 8};
  EXPECT_DONE(run_collected({.procs = 1}, {}, spend, &classes).ran);
  EXPECT_NEAR(classes.total, 0.010 + 8 * 0.010, 0.001);
  EXPECT_NEAR(classes.user, 0.020, 0.001);
}

// ---- A termination that has to be taken back ----

struct Leaf {
  Ref<Leaf> next;
  uint64_t filling;
  static constexpr auto slots() { return std::tuple(&Leaf::next); }
};

struct Revivers {
  static constexpr int kGoroutines = 3;
  int objects = 4000;
  bool over = false;
  int left = kGoroutines;
};

// Asks for objects that only weak pointers refer to, all the time: while marking goes on each that it gets is marked, and something to scan.
Task<void> revive(Revivers* state) {
  std::vector<Weak<Leaf>> weak;
  while (!state->over) {
    for (int i = 0; i < state->objects; ++i) weak.emplace_back(make<Leaf>());
    for (const Weak<Leaf>& pointer : weak) {
      pointer.get();
      co_await sched::checkpoint(kMicrosecond / 2);
    }
    weak.clear();
  }
  --state->left;
}

Task<void> revive_main(Revivers* state) {
  for (int i = 0; i < Revivers::kGoroutines; ++i) co_await sched::go("revive", revive(state));
  for (int i = 0; i < 10; ++i) {
    co_await sched::checkpoint(100 * kMicrosecond);
    co_await collector().collect();
  }
  state->over = true;
  while (state->left > 0) co_await sched::gosched();
}

// mgc.go:gcMarkDone adds what the world had stood still before it goes on.
TEST(Pauses, OfTerminationsThatWereTakenBackCount) {
  Revivers state;
  const Collected out = run_collected({.procs = 4, .event_bytes = 1 << 24}, {}, revive_main, &state);
  EXPECT_DONE(out.ran);
  ASSERT_EQ(out.ran.dropped, 0u);
  uint64_t stops = 0;
  uint64_t stopped_ns = 0;
  for (const observe::Event& event : out.ran.events) {
    stops += event.kind == observe::EventKind::kStwBegin && event.reason == static_cast<uint8_t>(sched::StwReason::kGc);
    if (event.kind == observe::EventKind::kStwEnd) stopped_ns += event.b;
  }
  EXPECT_GT(stops, 2 * out.figures.cycles) << "some had to be taken back";
  EXPECT_NEAR(static_cast<double>(out.figures.pause_ns), static_cast<double>(stopped_ns), 0.02 * static_cast<double>(stopped_ns));
}

}  // namespace
}  // namespace samovar::gc
