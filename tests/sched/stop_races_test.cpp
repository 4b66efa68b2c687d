// Stops of the world and ragged barriers that meet.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <vector>

#include "observe/metrics.h"
#include "sched/harness.h"
#include "sched/spinners.h"

namespace samovar::sched {
namespace {

using observe::EventKind;

class StopRaces : public EveryRun {};
SAMOVAR_EVERY_RUN(StopRaces);

TEST_P(StopRaces, StoppedWorldRunsNobody) {
  Spinners spinners;
  spinners.procs = procs();
  const Ran ran = run(settings(), +[](Spinners* s) -> Task<void> {
    co_await start_spinners(s, s->procs + 2);
    for (int round = 0; round < 10; ++round) {
      co_await stop_the_world(StwReason::kOther);
      const uint64_t before = s->turns.load();
      platform::spin_ns(200'000);
      s->seen &= s->turns.load() == before;
      co_await start_the_world();
      while (s->turns.load() == before) co_await gosched();  // it runs again
    }
    co_await stop_spinners(s);
  }, &spinners);
  EXPECT_DONE(ran);
  EXPECT_TRUE(spinners.seen);
  if (ran.dropped > 0) return;  // the spinners' yields may overwrite the events that are counted here
  EXPECT_EQ(ran.count(EventKind::kStwBegin), 10u);
  EXPECT_EQ(ran.count(EventKind::kStwStopped), 10u);
  EXPECT_EQ(ran.count(EventKind::kStwEnd), 10u);
}

// Go excludes this with worldsema: whoever stops the world waits until the barrier is through, and the other way round.
TEST_P(StopRaces, BarrierAndStopExcludeEachOther) {
  Spinners spinners;
  spinners.procs = procs();
  EXPECT_DONE(run(settings(), +[](Spinners* s) -> Task<void> {
    Countdown done(4);
    for (int i = 0; i < 2; ++i) {
      co_await go("stopper", [](Countdown* d) -> Task<void> {
        for (int k = 0; k < 20; ++k) {
          co_await stop_the_world(StwReason::kOther);
          co_await start_the_world();
          co_await checkpoint(2'000);
        }
        co_await d->done();
      }(&done));
      co_await go("barrier", [](Countdown* d) -> Task<void> {
        for (int k = 0; k < 20; ++k) {
          co_await for_each_p([](void*, P*) {}, nullptr);
          co_await checkpoint(3'000);
        }
        co_await d->done();
      }(&done));
    }
    co_await start_spinners(s, s->procs);
    co_await done.wait();
    co_await stop_spinners(s);
  }, &spinners));
}

// Whoever comes back from a blocking call may stop the world before the one who has just restarted it has written down its pause.
TEST_P(StopRaces, StopsThatFollowAtOnceAreMeasuredEachByItself) {
  struct Stoppers {
    std::atomic<uint64_t> turns{0};
    observe::MetricSet metrics;
  } stoppers;
  const Ran ran = run(settings(), +[](Stoppers* s) -> Task<void> {
    constexpr int kStoppers = 12;
    Countdown done(kStoppers);
    for (int i = 0; i < kStoppers; ++i) {
      co_await go("stopper", [](Stoppers* inner, Countdown* d, int number) -> Task<void> {
        for (uint64_t k = 0; k < 25; ++k) {
          co_await blocking_call(20'000 + inner->turns.fetch_add(1) % 7 * 5'000);
          co_await stop_the_world(number % 2 == 0 ? StwReason::kGc : StwReason::kOther);
          co_await start_the_world();
        }
        co_await d->done();
      }(s, &done, i));
    }
    co_await done.wait();
    (co_await self())->scheduler->collect(&s->metrics);
  }, &stoppers);
  EXPECT_DONE(ran);
  for (const char* name : {"/sched/pauses/total/gc:seconds", "/sched/pauses/total/other:seconds"}) {
    uint64_t sum = 0;
    for (const uint64_t n : stoppers.metrics.find(name)->counts) sum += n;
    EXPECT_EQ(sum, 6u * 25u) << name;
  }
  for (const auto& event : ran.events) {
    if (event.kind != EventKind::kStwEnd) continue;
    EXPECT_LE(event.b, event.time_ns) << "longer than the run";
  }
}

TEST_P(StopRaces, ProcsCanBeChangedFromOutside) {
  Spinners spinners;
  Settings s = settings();
  const uint32_t wanted = procs() == 8 ? 3 : procs() + 2;
  s.meanwhile = [&, asked = false](Scheduler& scheduler) mutable {
    if (!asked) scheduler.request_procs(wanted);
    asked = true;
  };
  spinners.procs = wanted;
  const Ran ran = run(s, +[](Spinners* inner) -> Task<void> {
    const G* g = co_await self();
    for (;;) {
      co_await checkpoint(1'000);
      const uint32_t now = g->scheduler->procs();
      if (now == inner->procs) break;
    }
    // The runtime's own goroutine that carried it out is not counted, but for a moment while it comes and goes.
    while (g->scheduler->num_goroutine() != 1) co_await checkpoint(1'000);
  }, &spinners);
  EXPECT_DONE(ran);
  for (const auto& event : ran.events) {
    if (event.kind != EventKind::kGoRun) continue;
    EXPECT_NE(ran.first(EventKind::kGoCreate, event.g), nullptr) << "goroutine " << event.g << " came from nowhere";
  }
}

}  // namespace
}  // namespace samovar::sched
