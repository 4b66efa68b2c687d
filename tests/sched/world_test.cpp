// Stopping the world, the ragged barrier, the number of Ps.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <vector>

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

// ---- Blocking calls, many at once ----

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

}  // namespace
}  // namespace samovar::sched
