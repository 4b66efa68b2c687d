// What sysmon takes away: Ps from blocking calls that last, and from goroutines that run for too long; and what becomes of Ms meanwhile.
#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "observe/metrics.h"
#include "sched/harness.h"
#include "sched/spinners.h"

namespace samovar::sched {
namespace {

using observe::EventKind;

// ---- Blocking calls ----

struct CallTimes {
  uint64_t entered = 0;
  std::atomic<uint64_t> other_ran{0};
  uint64_t back = 0;
};

Task<void> stamp(CallTimes* times) {
  G* g = co_await self();
  times->other_ran.store(g->scheduler->now(g->m));
}

template <uint64_t kLength>
Task<void> call_with_company(CallTimes* times) {
  co_await go("other", stamp(times));
  G* g = co_await self();
  times->entered = g->scheduler->now(g->m);
  co_await blocking_call(kLength);
  times->back = g->scheduler->now((co_await self())->m);
  while (times->other_ran.load() == 0) co_await gosched();
}

TEST(BlockingCall, HandsThePOffAfterARoundOrTwoOfSysmon) {
  CallTimes times;
  const Ran ran = run({.procs = 1}, call_with_company<10 * kMillisecond>, &times);
  EXPECT_DONE(ran);
  EXPECT_GE(times.other_ran, times.entered + 20 * kMicrosecond);
  EXPECT_LE(times.other_ran, times.entered + 100 * kMicrosecond);  // F15: 150 us with real threads
  EXPECT_EQ(ran.count(EventKind::kHandoff), 1u);
  EXPECT_GE(times.back, times.entered + 10 * kMillisecond);
}

// preemptone: a goroutine in a call is not asked to yield, however long the call is; its P is taken away.
TEST(BlockingCall, IsNotPreempted) {
  const Ran ran = run({.procs = 2}, +[](void*) -> Task<void> {
    for (int i = 0; i < 5; ++i) co_await blocking_call(25 * kMillisecond);
  }, nullptr);
  EXPECT_DONE(ran);
  EXPECT_EQ(ran.count(EventKind::kHandoff), 5u) << "after 10 ms, though there is nothing else to run";
  EXPECT_EQ(ran.count(EventKind::kPreempt), 0u);
}

struct Barrier {
  bool in_call = false;
  const G* running = nullptr;
  uint64_t busy_since = 1;
};

// forEachP runs the function for a P in a call, and hands that P on: nothing is running on it any more.
TEST(BlockingCall, LosesItsPToABarrierAltogether) {
  Barrier barrier;
  EXPECT_DONE(run({.procs = 2}, +[](Barrier* b) -> Task<void> {
    co_await go("caller", [](Barrier* inner) -> Task<void> {
      inner->in_call = true;
      co_await blocking_call(kMillisecond);
    }(b));
    while (!b->in_call) co_await checkpoint(500);
    co_await checkpoint(2'000);
    G* g = co_await self();
    const P& other = g->scheduler->proc(1 - g->m->p->id);
    co_await for_each_p([](void*, P*) {}, nullptr);
    b->running = other.running.look();
    b->busy_since = other.busy_since_ns.get();
    co_await checkpoint(2 * kMillisecond);
  }, &barrier));
  EXPECT_EQ(barrier.running, nullptr);
  EXPECT_EQ(barrier.busy_since, 0u);
}

// casgstatus: of those that come back from a call and find no P each eighth is measured until it runs; entering a call is no departure.
TEST(BlockingCall, ComingBackWithoutAPIsInTheLatencies) {
  observe::MetricSet metrics;
  Settings settings{.procs = 1};
  settings.afterwards = [&metrics](Scheduler& scheduler) { scheduler.collect(&metrics); };
  EXPECT_DONE(run(settings, +[](void*) -> Task<void> {
    Countdown done(1);
    co_await go("caller", [](Countdown* d) -> Task<void> {
      for (int i = 0; i < 80; ++i) co_await blocking_call(30 * kMillisecond);  // long enough for sysmon to take the P
      co_await d->done();
    }(&done));
    for (int i = 0; i < 400'000; ++i) co_await checkpoint(10 * kMicrosecond);
    co_await done.wait();
  }, nullptr));
  const std::vector<uint64_t>& counts = metrics.find("/sched/latencies:seconds")->counts;
  uint64_t long_ones = 0;
  for (size_t i = observe::TimeHistogram::bucket_of(100 * kMicrosecond); i < counts.size(); ++i) long_ones += counts[i];
  EXPECT_GE(long_ones, 4u) << "it waits for main's slice to end, each time";
}

// On threads a late machine may make any hand-off late, so what is asked here is that it comes at all: the one P is in a call that does
// not end, and still main goes on.
TEST(BlockingCall, HandsThePOffOnThreads) {
  SAMOVAR_SKIP_WITHOUT_THREADS();
  Spinners spinners;
  const Ran ran = run({.procs = 1, .time = Time::kReal}, +[](Spinners* s) -> Task<void> {
    co_await go("caller", call_endlessly(s, 0));
    while (s->running.load() == 0) co_await gosched();
  }, &spinners);
  EXPECT_DONE(ran);
  EXPECT_EQ(spinners.calls.load(), 0u);
  EXPECT_EQ(ran.count(EventKind::kHandoff), 1u);
}

TEST(BlockingCall, TakesItsTimeOnThreads) {
  SAMOVAR_SKIP_WITHOUT_THREADS();
  CallTimes times;
  EXPECT_DONE(run({.procs = 1, .time = Time::kReal}, call_with_company<3 * kMillisecond>, &times));
  EXPECT_GE(times.back, times.entered + 3 * kMillisecond);
}

TEST(BlockingCall, ShortOneKeepsItsP) {
  CallTimes times;
  const Ran ran = run({.procs = 1}, call_with_company<5 * kMicrosecond>, &times);
  EXPECT_DONE(ran);
  EXPECT_EQ(ran.count(EventKind::kHandoff), 0u);
  ASSERT_EQ(ran.count(EventKind::kSyscallExit), 1u);
  EXPECT_EQ(ran.first(EventKind::kSyscallExit)->reason, 0);
  EXPECT_GT(times.other_ran, times.back);
}

TEST(BlockingCall, EachLongOneTakesAThreadWhichStays) {
  Spinners spinners;
  const Ran ran = run({.procs = 1}, +[](Spinners* s) -> Task<void> {
    for (int round = 0; round < 2; ++round) {
      Countdown done(20);
      for (int i = 0; i < 20; ++i) {
        co_await go("caller", [](Countdown* d) -> Task<void> {
          co_await blocking_call(50 * kMillisecond);
          co_await d->done();
        }(&done));
      }
      co_await done.wait();
      const uint32_t threads = (co_await self())->scheduler->thread_count();
      s->visits[static_cast<size_t>(round)].store(threads);
    }
  }, &spinners);
  EXPECT_DONE(ran);
  EXPECT_GE(spinners.visits[0].load(), 20u);  // F16
  EXPECT_LE(spinners.visits[0].load(), 22u);
  EXPECT_EQ(spinners.visits[1].load(), spinners.visits[0].load());
}

// Among parked Ms the one that parked last is woken first. Followed through the events of a busy run.
TEST(Threads, MsAreReusedLastInFirstOut) {
  Spinners spinners;
  const Ran ran = run({.procs = 4}, +[](Spinners*) -> Task<void> {
    Countdown done(100);
    for (int i = 0; i < 100; ++i) {
      co_await go("caller", [](Countdown* d, int number) -> Task<void> {
        co_await checkpoint(static_cast<uint64_t>(number) * 1'000);
        co_await blocking_call(100'000);
        co_await sleep_for(number * 10'000);
        co_await blocking_call(static_cast<uint64_t>(number) * 5'000);
        co_await d->done();
      }(&done, i));
    }
    co_await done.wait();
  }, &spinners);
  EXPECT_DONE(ran);
  ASSERT_EQ(ran.dropped, 0u);
  std::vector<uint32_t> parked;
  int reused = 0;
  for (const auto& event : ran.events) {
    if (event.p != observe::kNoP) continue;
    if (event.kind == EventKind::kMPark) parked.push_back(event.a);
    if (event.kind != EventKind::kMWake || event.b == 1) continue;
    ASSERT_FALSE(parked.empty());
    EXPECT_EQ(event.a, parked.back());
    parked.pop_back();
    ++reused;
  }
  EXPECT_GT(reused, 20);
}

// ---- Preemption ----

Task<void> greedy(CallTimes* times) {
  co_await gosched();  // away from tick 0, which 61 divides: there the one who was preempted would run on
  co_await go("other", stamp(times));
  G* g = co_await self();
  times->entered = g->scheduler->now(g->m);
  uint64_t other = 0;
  while (other == 0) {
    co_await checkpoint(1'000);
    other = times->other_ran.load();
  }
}

TEST(Preemption, GreedyGoroutineIsPreemptedAfterASlice) {
  CallTimes times;
  const Ran ran = run({.procs = 1}, greedy, &times);
  EXPECT_DONE(ran);
  EXPECT_GE(times.other_ran - times.entered, 10 * kMillisecond);
  EXPECT_LE(times.other_ran - times.entered, 20 * kMillisecond + 100 * kMicrosecond);  // F13: sysmon looks each 10 ms
  ASSERT_GE(ran.count(EventKind::kPreempt), 1u);
  EXPECT_GE(ran.first(EventKind::kPreempt)->b, 10 * kMillisecond);
}

TEST(Preemption, GreedyGoroutineIsPreemptedOnThreads) {
  SAMOVAR_SKIP_WITHOUT_THREADS();
  CallTimes times;
  const Ran ran = run({.procs = 1, .time = Time::kReal}, greedy, &times);
  EXPECT_DONE(ran);
  // How long the slice really was cannot be asserted here: it is sysmon that measures it, from when it first saw the goroutine to when it
  // looks again, and a machine that sets sysmon aside between clock and look makes it seem longer. What is promised is that sysmon
  // measured a slice, and that nothing else took the P from main: the other one ran afterwards, and main had left as one preempted.
  const observe::Event* preempt = ran.first(EventKind::kPreempt, 1);
  ASSERT_NE(preempt, nullptr);
  EXPECT_GE(preempt->b, 10 * kMillisecond);
  EXPECT_GE(times.other_ran, preempt->time_ns);
  const observe::Event* other = ran.first(EventKind::kGoRun, 7);
  ASSERT_NE(other, nullptr);
  EXPECT_EQ(other->reason, observe::kStopPreempted);
}

TEST(Preemption, NobodyIsPreemptedWithoutASlice) {
  CallTimes times;
  for (const Time time : {Time::kReal, Time::kVirtual}) {
    if (time == Time::kReal && !threads_available()) continue;
    const Ran ran = run({.procs = 1, .time = time, .slice_ns = kNoSlice}, +[](CallTimes* t) -> Task<void> {
      t->other_ran.store(0);
      co_await gosched();
      co_await go("other", stamp(t));
      G* g = co_await self();
      const uint64_t begin = g->scheduler->now(g->m);
      while (g->scheduler->now(g->m) - begin < 50 * kMillisecond) co_await checkpoint(1'000);
      t->back = t->other_ran.load();
    }, &times);
    EXPECT_DONE(ran);
    EXPECT_EQ(times.back, 0u);
    EXPECT_EQ(ran.count(EventKind::kPreempt), 0u);
  }
}

}  // namespace
}  // namespace samovar::sched
