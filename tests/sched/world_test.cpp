// Stopping the world, the ragged barrier, the number of Ps, blocking calls, preemption.
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

class World : public EveryRun {};
SAMOVAR_EVERY_RUN(World);

// ---- Stop the world ----

TEST_P(World, OneStopsAtATimeAndAllGetTheirTurn) {
  Spinners spinners;
  const Ran ran = run(settings(), +[](Spinners* s) -> Task<void> {
    Countdown done(8);
    for (int i = 0; i < 8; ++i) {
      co_await go("stopper", [](Spinners* inner, Countdown* d) -> Task<void> {
        for (int k = 0; k < 5; ++k) {
          co_await stop_the_world(StwReason::kGc);
          inner->seen &= inner->running.fetch_add(1) == 0;
          inner->running.fetch_sub(1);
          inner->turns.fetch_add(1);
          co_await start_the_world();
          co_await checkpoint(1'000);
        }
        co_await d->done();
      }(s, &done));
    }
    co_await done.wait();
  }, &spinners);
  EXPECT_DONE(ran);
  EXPECT_TRUE(spinners.seen);
  EXPECT_EQ(spinners.turns.load(), 40u);
}

// Longer than a run that hangs is let go on: whoever waits for such a call is seen to hang.
constexpr uint64_t kEndlessCall = 1000 * kSecond;
static_assert(kEndlessCall > 2 * kHangSeconds * kSecond);

// Counts itself in `running` before its call, and in `calls` after it.
Task<void> call_endlessly(Spinners* spinners, uint64_t pause_ns) {
  Tracked tracked;
  co_await checkpoint(pause_ns);
  spinners->running.fetch_add(1);
  co_await blocking_call(kEndlessCall);
  spinners->calls.fetch_add(1);
}

TEST_P(World, StopTakesThePsOfThoseInBlockingCalls) {
  Spinners spinners;
  const Ran ran = run(settings(), +[](Spinners* s) -> Task<void> {
    for (uint32_t round = 1; round <= 20; ++round) {
      co_await go("caller", call_endlessly(s, 500 * round));
      // Sometimes the caller is in its call when the stop begins, sometimes on its way there.
      while (round % 2 == 0 && s->running.load() < round) co_await gosched();
      co_await checkpoint(5'000);
      co_await stop_the_world(StwReason::kOther);
      s->seen &= s->calls.load() == 0;
      co_await start_the_world();
    }
  }, &spinners);
  EXPECT_DONE(ran);
  EXPECT_TRUE(spinners.seen) << "the world waited for the call";
  EXPECT_EQ(spinners.calls.load(), 0u);
  if (is_virtual()) {
    EXPECT_LT(ran.outcome.elapsed_ns, 20 * kMillisecond);
  }
}

// ---- The ragged barrier ----

Task<void> barrier_round(Spinners* s) {
  for (auto& visit : s->visits) visit.store(0);
  co_await for_each_p([](void* argument, P* p) { static_cast<Spinners*>(argument)->visits[p->id].fetch_add(1); }, s);
  for (uint32_t i = 0; i < kMaxProcs; ++i) s->seen &= s->visits[i].load() == (i < s->procs ? 1u : 0u);
}

TEST_P(World, RaggedBarrierVisitsEachPOnceWhileAllAreBusy) {
  Spinners spinners;
  spinners.procs = procs();
  EXPECT_DONE(run(settings(), +[](Spinners* s) -> Task<void> {
    co_await start_spinners(s, s->procs + 1);
    for (int round = 0; round < 10; ++round) co_await barrier_round(s);
    co_await stop_spinners(s);
  }, &spinners));
  EXPECT_TRUE(spinners.seen);
}

TEST_P(World, RaggedBarrierVisitsEachPOnceWhileTheyIdle) {
  Spinners spinners;
  spinners.procs = procs();
  EXPECT_DONE(run(settings(), +[](Spinners* s) -> Task<void> {
    for (int round = 0; round < 20; ++round) {
      co_await barrier_round(s);
      co_await sleep_for(50'000);
    }
  }, &spinners));
  EXPECT_TRUE(spinners.seen);
}

TEST_P(World, RaggedBarrierDoesNotWaitForBlockingCalls) {
  Spinners spinners;
  spinners.procs = procs();
  EXPECT_DONE(run(settings(), +[](Spinners* s) -> Task<void> {
    for (int i = 0; i < 4; ++i) {
      co_await go("caller", [](Spinners* inner) -> Task<void> {
        inner->running.fetch_add(1);
        for (int k = 0; k < 5; ++k) co_await blocking_call(300'000);
        inner->running.fetch_sub(1);
      }(s));
    }
    for (int round = 0; round < 20; ++round) {
      co_await barrier_round(s);
      co_await gosched();
    }
    while (s->running.load() > 0) co_await gosched();
  }, &spinners));
  EXPECT_TRUE(spinners.seen);
}

// A barrier may begin while somebody is on the way into a call, or while sysmon hands the P of a call to nobody: the P is then neither
// among the idle ones nor in a call that it could be taken from.
TEST_P(World, RaggedBarrierDoesNotWaitForACallThatBeginsMeanwhile) {
  Spinners spinners;
  spinners.procs = procs();
  const Ran ran = run(settings(), +[](Spinners* s) -> Task<void> {
    for (uint64_t round = 1; round <= 40; ++round) {
      co_await go("caller", call_endlessly(s, 500 * round));
      co_await checkpoint(2'000);
      if (round % 4 == 0) co_await gosched();
      co_await barrier_round(s);
    }
  }, &spinners);
  EXPECT_DONE(ran);
  EXPECT_TRUE(spinners.seen);
  EXPECT_EQ(spinners.calls.load(), 0u) << "a barrier waited for a call to end";
}

// ---- GOMAXPROCS ----

TEST_P(World, ProcsCanBeChangedFromWithin) {
  Spinners spinners;
  const Ran ran = run(settings(), +[](Spinners* s) -> Task<void> {
    co_await start_spinners(s, 6);
    const uint32_t sizes[] = {1, 8, 3, 2, 5, 1, 4};
    for (const uint32_t size : sizes) {
      co_await set_procs(size);
      const G* g = co_await self();
      s->seen &= g->scheduler->procs() == size && g->m->p->id < size;
      const uint64_t before = s->turns.load();
      while (s->turns.load() < before + 20) co_await gosched();
    }
    co_await stop_spinners(s);
  }, &spinners);
  EXPECT_DONE(ran);
  EXPECT_TRUE(spinners.seen);
  EXPECT_EQ(ran.left, 0u);
}

TEST(Procs, GrowingGetsThemWorking) {
  Spinners spinners;
  const Ran ran = run({.procs = 1}, +[](Spinners* s) -> Task<void> {
    co_await start_spinners(s, 8);
    co_await set_procs(4);
    co_await sleep_for(5'000'000);
    co_await stop_spinners(s);
  }, &spinners);
  EXPECT_DONE(ran);
  std::map<uint16_t, int> runs;
  for (const auto& event : ran.events) {
    if (event.kind == EventKind::kGoRun) ++runs[event.p];
  }
  EXPECT_EQ(runs.size(), 4u);
}

struct Shrink {
  std::atomic<bool> filled{false};
  std::vector<int> order;
};

// (*p).destroy: what was on the ring of the P that goes comes before what waits in the global queue, in its order.
TEST(Procs, ShrinkingKeepsOrderAtTheHead) {
  Shrink shrink;
  EXPECT_DONE(run({.procs = 2}, +[](Shrink* s) -> Task<void> {
    co_await go("filler", [](Shrink* inner) -> Task<void> {
      // Runs on the other P, by theft: main does not stop.
      for (int i = 0; i < 6; ++i) {
        co_await go("note", [](Shrink* innermost, int number) -> Task<void> {
          innermost->order.push_back(number);
          co_return;
        }(inner, i));
      }
      inner->filled.store(true);
      for (int i = 0; i < 1000; ++i) co_await checkpoint(1'000);
    }(s));
    while (!s->filled.load()) co_await checkpoint(500);
    const uint32_t own = (co_await self())->m->p->id;
    co_await stop_the_world(StwReason::kGomaxprocs);
    s->order.push_back(own == 0 ? -1 : -2);
    co_await start_the_world(1);
    while (s->order.size() < 7) co_await gosched();
  }, &shrink));
  // The filler, stopped for the world, was put into runnext and kicked 5 to the tail.
  EXPECT_EQ(shrink.order, (std::vector<int>{-1, 0, 1, 2, 3, 4, 5}));
}

struct Moved {
  uint32_t left = 0;        // the P that went
  int32_t holder = -2;      // of the first P afterwards
  int32_t holder_left = -2;
  uint64_t busy_since_left = 1;
  uint32_t m = 0;
  bool done = false;
};

// procresize, for whoever runs on a P that goes: he leaves it and goes on on the first. Events, holder and busy time say so.
TEST(Procs, WhoeverShrinksFromAPThatGoesIsSeenToMove) {
  Moved moved;
  const Ran ran = run({.procs = 2}, +[](Moved* to) -> Task<void> {
    co_await go("shrinker", [](Moved* inner) -> Task<void> {
      G* g = co_await self();
      Scheduler& scheduler = *g->scheduler;
      inner->left = g->m->p->id;
      co_await stop_the_world(StwReason::kGomaxprocs);
      co_await start_the_world(1);
      inner->m = g->m->id;
      inner->holder = scheduler.proc(0).holder.get();
      inner->holder_left = scheduler.proc(1).holder.get();
      inner->busy_since_left = scheduler.proc(1).busy_since_ns.get();
      inner->done = true;
    }(to));
    while (!to->done) co_await checkpoint(500);  // does not stop: the other is stolen
  }, &moved);
  EXPECT_DONE(ran);
  ASSERT_EQ(moved.left, 1u);
  EXPECT_EQ(moved.holder, static_cast<int32_t>(moved.m));
  EXPECT_EQ(moved.holder_left, -1);
  EXPECT_EQ(moved.busy_since_left, 0u);
  const auto* end = ran.first(EventKind::kStwEnd);
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->p, 0);
  const auto on = [&](uint16_t p, EventKind kind, uint32_t g) {
    return std::count_if(ran.events.begin(), ran.events.end(), [=](const auto& event) { return event.p == p && event.kind == kind && event.g == g; });
  };
  EXPECT_EQ(on(1, EventKind::kGoRun, end->g), 1);
  EXPECT_EQ(on(0, EventKind::kGoRun, end->g), 1);
  EXPECT_EQ(on(1, EventKind::kProcIdle, 0), 1);
}

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

TEST_P(World, ManyBlockingCallsAllComeBack) {
  Spinners spinners;
  Settings s = settings();
  s.event_bytes = 16 << 20;  // nothing is overwritten, however often Ms are woken for nothing
  const Ran ran = run(s, +[](Spinners* s) -> Task<void> {
    Countdown done(40);
    for (int i = 0; i < 40; ++i) {
      co_await go("caller", [](Spinners* inner, Countdown* d, int number) -> Task<void> {
        for (int k = 0; k < 5; ++k) {
          co_await blocking_call(static_cast<uint64_t>(number % 7) * 20'000);
          inner->calls.fetch_add(1);
        }
        co_await d->done();
      }(s, &done, i));
    }
    co_await done.wait();
  }, &spinners);
  EXPECT_DONE(ran);
  EXPECT_EQ(spinners.calls.load(), 200u);
  EXPECT_EQ(ran.dropped, 0u);
  EXPECT_EQ(ran.count(EventKind::kSyscallEnter), ran.count(EventKind::kSyscallExit));
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
