// Timers: the heap against a sorted reference, and timers as goroutines see them.
#include "sched/timer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

#include "sched/harness.h"

namespace samovar::sched {
namespace {

using observe::EventKind;

// ---- The heap ----

// The reference: all timers in a list, searched for the earliest; of equals the one that was started first.
TEST(TimerHeap, AgreesWithASortedReferenceOnRandomOperations) {
  const uint64_t seed = test_seed();
  base::Rng rng(seed);
  for (int round = 0; round < 50; ++round) {
    TimerHeap heap;
    struct Entry {
      std::unique_ptr<Timer> timer;
      uint64_t order = 0;
      bool in = false;
    };
    std::vector<Entry> entries(200);
    for (auto& entry : entries) entry.timer = std::make_unique<Timer>();
    uint64_t order = 0;
    const auto earliest = [&]() -> Entry* {
      Entry* best = nullptr;
      for (auto& entry : entries) {
        if (!entry.in) continue;
        if (best == nullptr || entry.timer->when_ns < best->timer->when_ns ||
            (entry.timer->when_ns == best->timer->when_ns && entry.order < best->order)) {
          best = &entry;
        }
      }
      return best;
    };
    for (int step = 0; step < 1000; ++step) {
      Entry& entry = entries[rng.below(static_cast<uint32_t>(entries.size()))];
      const uint32_t dice = rng.below(10);
      if (dice < 6 && !entry.in) {
        entry.timer->when_ns = 1 + rng.below(100);
        entry.order = order++;
        entry.in = true;
        const bool first = heap.add(entry.timer.get());
        ASSERT_EQ(first, earliest() == &entry) << "seed " << seed;
      } else if (dice < 8) {
        ASSERT_EQ(TimerHeap::remove(entry.timer.get()), entry.in) << "seed " << seed;
        entry.in = false;
      } else {
        const uint64_t now = 1 + rng.below(100);
        Entry* expected = earliest();
        const TimerHeap::Due due = heap.take_due(now);
        if (expected == nullptr || expected->timer->when_ns > now) {
          ASSERT_EQ(due.timer, nullptr) << "seed " << seed;
        } else {
          ASSERT_EQ(due.timer, expected->timer.get()) << "seed " << seed;
          expected->in = false;
        }
      }
      const Entry* next = earliest();
      ASSERT_EQ(heap.earliest(), next == nullptr ? 0 : next->timer->when_ns) << "seed " << seed;
      ASSERT_EQ(heap.size(), static_cast<uint32_t>(std::count_if(entries.begin(), entries.end(), [](const Entry& e) { return e.in; })));
    }
    for (auto& entry : entries) TimerHeap::remove(entry.timer.get());
  }
}

TEST(TimerHeap, PeriodicTimerSkipsWhatItMissedAndKeepsItsBeat) {
  TimerHeap heap;
  Timer timer;
  timer.when_ns = 100;
  timer.period_ns = 100;
  heap.add(&timer);
  EXPECT_EQ(heap.take_due(99).timer, nullptr);
  EXPECT_EQ(heap.take_due(130).due_ns, 100u);
  EXPECT_EQ(heap.earliest(), 200u);
  EXPECT_EQ(heap.take_due(555).due_ns, 200u);  // 300, 400 and 500 were missed
  EXPECT_EQ(heap.earliest(), 600u);
  EXPECT_TRUE(TimerHeap::remove(&timer));
}

TEST(TimerHeap, MovesAllToAnother) {
  TimerHeap from, to;
  Timer timers[20];
  for (uint64_t i = 0; i < 20; ++i) {
    timers[i].when_ns = 1 + (i * 7) % 20;
    (i % 2 == 0 ? from : to).add(&timers[i]);
  }
  from.move_to(&to);
  EXPECT_EQ(from.size(), 0u);
  EXPECT_EQ(from.earliest(), 0u);
  EXPECT_EQ(to.size(), 20u);
  for (uint64_t when = 1; when <= 20; ++when) EXPECT_EQ(to.take_due(1000).due_ns, when);
}

// ---- Timers in a run ----

class Timers : public EveryRun {};
SAMOVAR_EVERY_RUN(Timers);

struct Fired {
  struct One {
    Timer timer;
    Fired* fired = nullptr;
    int number = 0;
    bool overtook = false;  // it was called while one with a smaller number was still in a heap; known if `complete` was set
  };
  platform::Mutex mutex;
  std::vector<int> order;
  std::vector<uint64_t> times;
  std::vector<uint32_t> ps;
  std::vector<std::unique_ptr<One>> all;
  bool complete = false;  // set before any timer is started: no more are made, so those that fire may look at all
  Countdown* done = nullptr;
  bool stopped[2] = {false, false};

  One* make(int number, uint64_t when_ns, uint64_t period_ns = 0) {
    all.push_back(std::make_unique<One>());
    One* one = all.back().get();
    one->fired = this;
    one->number = number;
    one->timer.when_ns = when_ns;
    one->timer.period_ns = period_ns;
    one->timer.argument = one;
    one->timer.fire = [](Timer* timer, M* m, uint64_t now_ns) {
      One* own = static_cast<One*>(timer->argument);
      if (own->fired->complete) own->overtook = own->fired->somebody_earlier_is_pending(timer);
      platform::MutexLock lock(own->fired->mutex);
      own->fired->order.push_back(own->number);
      own->fired->times.push_back(now_ns);
      own->fired->ps.push_back(m->p->id);
    };
    return one;
  }
  bool somebody_earlier_is_pending(const Timer* timer) const {
    const int number = static_cast<const One*>(timer->argument)->number;
    return std::any_of(all.begin(), all.end(), [number](const auto& one) { return one->number < number && one->timer.heap.load() != nullptr; });
  }
  size_t count() {
    platform::MutexLock lock(mutex);
    return order.size();
  }
};

// The M that took a timer may be set aside before it calls it, while another M goes on: who has slept longer than a timer has not
// therefore seen it called.
Task<void> wait_until_fired(Fired* fired, size_t count) {
  while (fired->count() < count) co_await sleep_for(500'000);
}

TEST_P(Timers, FireInDeadlineOrder) {
  Fired fired;
  EXPECT_DONE(run(settings(), +[](Fired* f) -> Task<void> {
    // All are started before the first can fire, however late the machine is: nobody else runs.
    co_await stop_the_world(StwReason::kOther);
    G* g = co_await self();
    const uint64_t now = g->scheduler->now(g->m);
    for (const int number : {5, 2, 8, 1, 9, 3, 7, 4, 6, 0}) f->make(number, now + 1'000'000 + static_cast<uint64_t>(number) * 600'000);
    f->complete = true;
    for (const auto& one : f->all) g->scheduler->start_timer(g->m, &one->timer);
    co_await start_the_world();
    co_await wait_until_fired(f, 10);
  }, &fired));
  for (const auto& one : fired.all) EXPECT_FALSE(one->overtook) << one->number;
  // They leave the heap in this order. When the machine is late, two Ms may take two that are due one after the other and call them the
  // other way round, as in Go.
  if (time() == Time::kReal && procs() > 1) std::sort(fired.order.begin(), fired.order.end());
  EXPECT_EQ(fired.order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));  // F23
}

TEST_P(Timers, NeverFireEarly) {
  Fired fired;
  EXPECT_DONE(run(settings(), +[](Fired* f) -> Task<void> {
    G* g = co_await self();
    for (int i = 0; i < 20; ++i) {
      g->scheduler->start_timer(g->m, &f->make(i, g->scheduler->now(g->m) + static_cast<uint64_t>(i) * 250'000)->timer);
    }
    co_await wait_until_fired(f, 20);
  }, &fired));
  ASSERT_EQ(fired.order.size(), 20u);
  for (size_t i = 0; i < 20; ++i) EXPECT_GE(fired.times[i], fired.all[static_cast<size_t>(fired.order[i])]->timer.when_ns);
}

TEST_P(Timers, StopBeforeFireReturnsTrueAndAfterwardsFalse) {
  Fired fired;
  EXPECT_DONE(run(settings(), +[](Fired* f) -> Task<void> {
    G* g = co_await self();
    Fired::One* late = f->make(1, g->scheduler->now(g->m) + 3600 * kSecond);
    Fired::One* soon = f->make(2, g->scheduler->now(g->m) + 1'000'000);
    g->scheduler->start_timer(g->m, &late->timer);
    g->scheduler->start_timer(g->m, &soon->timer);
    co_await wait_until_fired(f, 1);
    f->stopped[0] = g->scheduler->stop_timer(&late->timer);
    f->stopped[1] = g->scheduler->stop_timer(&soon->timer);
  }, &fired));
  EXPECT_TRUE(fired.stopped[0]);
  EXPECT_FALSE(fired.stopped[1]);
  EXPECT_EQ(fired.order, (std::vector<int>{2}));
}

TEST_P(Timers, SleepersWakeInTheOrderOfTheirTimes) {
  Fired fired;
  EXPECT_DONE(run(settings(), +[](Fired* f) -> Task<void> {
    Countdown done(10);
    for (int i = 0; i < 10; ++i) {
      co_await go("sleeper", [](Fired* inner, Countdown* d, int number) -> Task<void> {
        co_await sleep_for(5'000'000 + number * 4'000'000);
        {
          platform::MutexLock lock(inner->mutex);
          inner->order.push_back(number);
        }
        co_await d->done();
      }(f, &done, (i * 7) % 10));
    }
    co_await done.wait();
  }, &fired));
  // On a machine that is late, sleepers that are due together are readied in order, and each kicks the one before it out of runnext.
  if (time() == Time::kReal) std::sort(fired.order.begin(), fired.order.end());
  EXPECT_EQ(fired.order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST_P(Timers, SleepOfNothingOrLessDoesNotPark) {
  EXPECT_DONE(run(settings(), +[](void*) -> Task<void> {
    co_await sleep_for(0);
    co_await sleep_for(-5);
  }, nullptr));
}

TEST(TimersVirtual, SleepTakesExactlyItsTimeWhenNobodyElseRuns) {
  struct Times {
    uint64_t slept = 0;
  } times;
  EXPECT_DONE(run({.procs = 1}, +[](Times* t) -> Task<void> {
    G* g = co_await self();
    const uint64_t before = g->scheduler->now(g->m);
    co_await sleep_for(1'000'000);
    t->slept = g->scheduler->now((co_await self())->m) - before;
  }, &times));
  EXPECT_GE(times.slept, kMillisecond);
  EXPECT_LT(times.slept, kMillisecond + 1'000);
}

TEST(TimersVirtual, PeriodicTimerDoesNotDrift) {
  Fired fired;
  EXPECT_DONE(run({.procs = 1}, +[](Fired* f) -> Task<void> {
    G* g = co_await self();
    Fired::One* ticker = f->make(0, 1'000'000, 1'000'000);
    g->scheduler->start_timer(g->m, &ticker->timer);
    for (int i = 0; i < 200; ++i) {
      for (int k = 0; k < 37; ++k) co_await checkpoint(7'000);  // so that ticks are noticed late
      co_await gosched();
    }
    g->scheduler->stop_timer(&ticker->timer);
  }, &fired));
  ASSERT_GT(fired.times.size(), 40u);
  for (size_t i = 0; i < fired.times.size(); ++i) {
    const uint64_t due = (i + 1) * kMillisecond;
    EXPECT_GE(fired.times[i], due);
    EXPECT_LT(fired.times[i], due + 300'000) << "tick " << i;
  }
}

// The timers of a P that computes without a pause are fired by an idle P, in its last round of stealing.
TEST(TimersVirtual, StolenTimersFireWhileTheirPIsBusy) {
  Fired fired;
  const Ran ran = run({.procs = 2}, +[](Fired* f) -> Task<void> {
    G* g = co_await self();
    const uint64_t now = g->scheduler->now(g->m);
    for (int i = 0; i < 5; ++i) g->scheduler->start_timer(g->m, &f->make(i, now + 100'000 + static_cast<uint64_t>(i) * 100'000)->timer);
    for (int i = 0; i < 1000; ++i) co_await checkpoint(1'000);
  }, &fired);
  EXPECT_DONE(ran);
  ASSERT_EQ(fired.order.size(), 5u);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(fired.ps[i], 1u) << i;
    EXPECT_LT(fired.times[i], fired.all[i]->timer.when_ns + 50'000);
  }
}

TEST(TimersVirtual, TimersOfADestroyedPGoOn) {
  Fired fired;
  EXPECT_DONE(run({.procs = 4}, +[](Fired* f) -> Task<void> {
    Countdown done(8);
    for (int i = 0; i < 8; ++i) {
      co_await go("starter", [](Fired* inner, Countdown* d, int number) -> Task<void> {
        for (int k = 0; k < 100; ++k) co_await checkpoint(1'000);
        G* g = co_await self();
        g->scheduler->start_timer(g->m, &inner->make(number, 10 * kMillisecond + static_cast<uint64_t>(number) * 100'000)->timer);
        co_await d->done();
      }(f, &done, i));
    }
    co_await done.wait();
    co_await set_procs(1);
    co_await sleep_for(20'000'000);
  }, &fired));
  EXPECT_EQ(fired.order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7}));
}

TEST(TimerEvents, TellWhomATimerWoke) {
  for (const Time time : {Time::kVirtual, Time::kReal}) {
    if (time == Time::kReal && !threads_available()) continue;
    struct Sleepers {
      std::atomic<int> awake{0};
      Timer function;
    } sleepers;
    const Ran ran = run({.procs = 2, .time = time}, +[](Sleepers* s) -> Task<void> {
      for (int i = 0; i < 3; ++i) {
        co_await go("sleeper", [](Sleepers* all) -> Task<void> {
          co_await sleep_for(100'000);
          all->awake.fetch_add(1);
        }(s));
      }
      G* g = co_await self();
      s->function.fire = [](Timer*, M*, uint64_t) {};
      s->function.when_ns = g->scheduler->now(g->m) + 50'000;
      g->scheduler->start_timer(g->m, &s->function);
      while (s->awake.load() < 3) co_await sleep_for(1'000'000);
    }, &sleepers);
    EXPECT_DONE(ran);
    std::set<uint32_t> asleep, woken;
    size_t nobody = 0;
    for (const observe::Event& event : ran.events) {
      if (event.kind == EventKind::kGoCreate) asleep.insert(event.g);
      if (event.kind != EventKind::kTimerFire) continue;
      woken.insert(event.g);
      nobody += event.g == 0 ? 1 : 0;
    }
    asleep.insert(0);
    EXPECT_EQ(woken, asleep);  // main and its three, and once the function's
    EXPECT_EQ(nobody, 1u);
  }
}

}  // namespace
}  // namespace samovar::sched
