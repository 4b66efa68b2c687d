// What observers see: figures, metrics, snapshots, while the run goes on and after it.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

#include "observe/metrics.h"
#include "observe/schedtrace.h"
#include "sched/harness.h"
#include "sched/inspect.h"

namespace samovar::sched {
namespace {

class Inspect : public EveryRun {};
SAMOVAR_EVERY_RUN(Inspect);

struct Busy {
  std::atomic<bool> stop{false};
  std::atomic<int> running{0};
  Gate gate;
};

Task<void> busy_main(Busy* busy) {
  Countdown done(12);
  for (int i = 0; i < 12; ++i) {
    co_await go("busy", [](Busy* b, Countdown* d, int number) -> Task<void> {
      b->running.fetch_add(1);
      for (int k = 0; !b->stop.load(); ++k) {
        co_await checkpoint(1'000);
        if (k % 16 == number) co_await gosched();
        if (k % 64 == 1) co_await sleep_for(20'000);
        if (k % 128 == 2) co_await blocking_call(30'000);
        if (k % 32 == 3) {
          co_await go("child", []() -> Task<void> { co_await checkpoint(500); }());
        }
      }
      co_await d->done();
    }(busy, &done, i));
  }
  co_await done.wait();
}

TEST_P(Inspect, SnapshotsMayBeTakenWhileTheRunGoesOn) {
  Busy busy;
  Settings s = settings();
  int taken = 0;
  s.meanwhile = [&](Scheduler& scheduler) {
    while (busy.running.load() < 12) {
      if (is_virtual()) return;
      platform::sleep_ns(100'000);
    }
    for (int i = 0; i < 50; ++i) {
      observe::SchedSnapshot shot;
      scheduler.snapshot(&shot, i % 2 == 1);
      EXPECT_EQ(shot.gomaxprocs, procs());
      EXPECT_EQ(shot.procs.size(), procs());
      EXPECT_LE(shot.idleprocs, procs());
      EXPECT_EQ(shot.detail, i % 2 == 1);
      if (shot.detail) {
        EXPECT_GE(shot.gs.size(), 1u);
        EXPECT_EQ(shot.ms.size(), shot.threads - (is_virtual() ? 0 : 1));
      }
      const std::string text = observe::format_schedtrace(shot);
      EXPECT_EQ(text.find("SCHED "), 0u);
      EXPECT_NE(text.find("gomaxprocs=" + std::to_string(procs())), std::string::npos);
      EXPECT_GE(scheduler.goroutines_created(), 1u);
      EXPECT_GE(scheduler.goroutine_bytes(), 1u);
      EXPECT_EQ(scheduler.state(), RunState::kRunning);
      ++taken;
      if (!is_virtual()) platform::sleep_ns(20'000);
    }
    busy.stop.store(true);
  };
  EXPECT_DONE(run(s, busy_main, &busy));
  EXPECT_GE(taken, 50);
}

TEST_P(Inspect, EventsMayBeDrainedWhileTheRunGoesOn) {
  Busy busy;
  Settings s = settings();
  uint64_t read = 0;
  s.meanwhile = [&](Scheduler& scheduler) {
    std::vector<observe::Event> some(1024);
    for (int i = 0; i < 100; ++i) {
      const size_t got = scheduler.log().drain(some.data(), some.size());
      read += got;
      for (size_t k = 0; k < got; ++k) {
        EXPECT_GE(static_cast<int>(some[k].kind), 1);
        EXPECT_LE(static_cast<int>(some[k].kind), 22);
        EXPECT_TRUE(some[k].p < procs() || some[k].p == observe::kNoP);
      }
    }
    busy.stop.store(true);
  };
  uint64_t recorded = 0;
  s.afterwards = [&](Scheduler& scheduler) { recorded = scheduler.log().recorded(); };
  const Ran ran = run(s, busy_main, &busy);
  EXPECT_DONE(ran);
  EXPECT_EQ(read + ran.events.size() + ran.dropped, recorded);
}

TEST_P(Inspect, MetricsHaveGosNamesAndAddUp) {
  struct Collected {
    observe::MetricSet metrics;
    Gate gate;
  } collected;
  EXPECT_DONE(run(settings(), +[](Collected* c) -> Task<void> {
    for (int i = 0; i < 30; ++i) {
      co_await go("waiter", [](Collected* inner) -> Task<void> { co_await inner->gate.wait(); }(c));
    }
    G* g = co_await self();
    uint64_t parked = 0;
    while (parked < 30) {
      co_await gosched();
      g->scheduler->collect(&c->metrics);
      parked = c->metrics.find("/sched/goroutines/waiting:goroutines")->count;
    }
  }, &collected));
  std::set<std::string_view> expected;
  for (const auto& description : observe::scheduler_metrics()) {
    expected.insert(description.name);
  }
  std::set<std::string_view> names;
  for (const auto& metric : collected.metrics.metrics()) names.insert(metric.name);
  EXPECT_EQ(names, expected);
  const auto figure = [&](std::string_view name) { return collected.metrics.find(name)->count; };
  EXPECT_EQ(figure("/sched/gomaxprocs:threads"), procs());
  EXPECT_EQ(figure("/sched/goroutines:goroutines"), 31u);
  EXPECT_EQ(figure("/sched/goroutines-created:goroutines"), 31u);
  EXPECT_EQ(figure("/sched/goroutines/running:goroutines"), 1u);
  EXPECT_EQ(figure("/sched/goroutines/runnable:goroutines"), 0u);
  EXPECT_EQ(figure("/sched/goroutines/not-in-go:goroutines"), 0u);
}

TEST_P(Inspect, EachGoroutineTakesItsOwnBytesHoweverFewThereAre) {
  struct Bytes {
    std::vector<size_t> of_one;
    size_t left_over = 0;
  } bytes;
  EXPECT_DONE(run(settings(), +[](Bytes* b) -> Task<void> {
    const Scheduler& scheduler = *(co_await self())->scheduler;
    co_await stop_the_world(StwReason::kOther);
    const size_t before = used_goroutine_bytes(scheduler);
    co_await start_the_world();
    for (const int count : {1, 10, 50, 1000}) {
      Gate gate;
      Countdown done(count);
      for (int i = 0; i < count; ++i) {
        co_await go("waiter", [](Gate* g, Countdown* d) -> Task<void> {
          co_await g->wait();
          co_await d->done();
        }(&gate, &done));
      }
      while (gate.waiting() < static_cast<size_t>(count)) co_await gosched();
      co_await stop_the_world(StwReason::kOther);
      const size_t all = used_goroutine_bytes(scheduler) - before;
      co_await start_the_world();
      EXPECT_EQ(all % static_cast<size_t>(count), 0u) << count;
      b->of_one.push_back(all / static_cast<size_t>(count));
      co_await gate.open();
      co_await done.wait();
      while (scheduler.goroutines() > 1) co_await gosched();
    }
    co_await stop_the_world(StwReason::kOther);
    b->left_over = used_goroutine_bytes(scheduler) - before;
    co_await start_the_world();
  }, &bytes));
  EXPECT_GT(bytes.of_one[0], sizeof(G));
  for (const size_t one : bytes.of_one) EXPECT_EQ(one, bytes.of_one[0]);
  EXPECT_EQ(bytes.left_over, 0u);
}

TEST_P(Inspect, StopsOfTheWorldAreInThePauseHistograms) {
  observe::MetricSet metrics;
  EXPECT_DONE(run(settings(), +[](observe::MetricSet* m) -> Task<void> {
    for (int i = 0; i < 3; ++i) {
      co_await stop_the_world(StwReason::kOther);
      co_await start_the_world();
    }
    for (int i = 0; i < 2; ++i) {
      co_await stop_the_world(StwReason::kGc);
      co_await start_the_world();
    }
    (co_await self())->scheduler->collect(m);
  }, &metrics));
  const auto total = [&](std::string_view name) {
    uint64_t sum = 0;
    for (const uint64_t n : metrics.find(name)->counts) sum += n;
    return sum;
  };
  EXPECT_EQ(total("/sched/pauses/stopping/other:seconds"), 3u);
  EXPECT_EQ(total("/sched/pauses/total/other:seconds"), 3u);
  EXPECT_EQ(total("/sched/pauses/stopping/gc:seconds"), 2u);
  EXPECT_EQ(total("/sched/pauses/total/gc:seconds"), 2u);
}

// Each goroutine's 8th departures are timed (gTrackingPeriod): of 800 Gosched calls a hundred.
TEST(InspectVirtual, EachEighthSwitchIsInTheLatencyHistogram) {
  observe::MetricSet metrics;
  EXPECT_DONE(run({.procs = 1}, +[](observe::MetricSet* m) -> Task<void> {
    for (int i = 0; i < 800; ++i) co_await gosched();
    (co_await self())->scheduler->collect(m);
  }, &metrics));
  uint64_t sum = 0;
  for (const uint64_t n : metrics.find("/sched/latencies:seconds")->counts) sum += n;
  EXPECT_EQ(sum, 100u);
}

TEST(InspectVirtual, ProgressIsSeenBetweenPortions) {
  Busy busy;
  Settings s;
  uint64_t last = 0;
  int portions = 0;
  s.meanwhile = [&](Scheduler& scheduler) {
    EXPECT_GE(scheduler.elapsed_ns(), last);
    last = scheduler.elapsed_ns();
    if (++portions == 5) busy.stop.store(true);
  };
  EXPECT_DONE(run(s, busy_main, &busy));
  EXPECT_GT(last, 0u);
}

TEST_P(Inspect, SchedtraceComesAtItsInterval) {
  constexpr uint64_t kInterval = 2 * kMillisecond;
  struct Trace {
    std::vector<uint64_t> times;
    std::atomic<size_t> count{0};
  } trace;
  Settings s = settings();
  s.schedtrace_ms = kInterval / kMillisecond;
  s.beforehand = [&](Scheduler& scheduler) {
    scheduler.on_schedtrace([](void* context, const observe::SchedSnapshot& shot) {
      auto* own = static_cast<Trace*>(context);
      own->times.push_back(shot.time_ns);
      own->count.store(own->times.size());
    }, &trace);
  };
  EXPECT_DONE(run(s, +[](Trace* t) -> Task<void> {
    while (t->count.load() < 6) {
      co_await sleep_for(2'000'000);
      co_await checkpoint(100'000);
    }
  }, &trace));
  ASSERT_GE(trace.times.size(), 6u);
  // A snapshot is due by sysmon's clock and tells the time at which it was made; on a thread that is later by chance. So two may come
  // closer together than the interval, but the n-th never comes before n intervals have passed.
  for (size_t i = 0; i < trace.times.size(); ++i) EXPECT_GE(trace.times[i], i * kInterval) << i;
  if (!is_virtual()) return;
  // sysmon itself sleeps for up to 10 ms.
  for (size_t i = 1; i < trace.times.size(); ++i) {
    EXPECT_GE(trace.times[i] - trace.times[i - 1], kInterval - 10'000) << i;
    EXPECT_LE(trace.times[i] - trace.times[i - 1], kInterval + 11 * kMillisecond) << i;
  }
}

// In Go an M in a system call keeps its goroutine, and the goroutine its M, when the P has gone to somebody else.
TEST(InspectVirtual, DetailNamesTheThreadOfEachBlockingCall) {
  Options options = options_of({.procs = 1});
  options.schedtrace_ms = 1;
  options.schedtrace_detail = true;
  Scheduler scheduler(options);
  std::set<int64_t> in_calls;
  scheduler.on_schedtrace([](void* context, const observe::SchedSnapshot& shot) {
    for (const observe::GoroutineSnapshot& g : shot.gs) {
      if (g.status != static_cast<uint32_t>(GStatus::kSyscall)) continue;
      static_cast<std::set<int64_t>*>(context)->insert(g.id);
      EXPECT_NE(g.m, observe::kNil) << "goroutine " << g.id;
      for (const observe::ThreadSnapshot& m : shot.ms) {
        if (m.id == g.m) {
          EXPECT_EQ(m.curg, g.id);
        }
      }
    }
  }, &in_calls);
  const Outcome outcome = scheduler.run([](void*) -> Task<void> {
    return []() -> Task<void> {
      Countdown done(3);
      for (int i = 0; i < 3; ++i) {
        co_await go("caller", [](Countdown* d) -> Task<void> {
          co_await blocking_call(20'000'000);
          co_await d->done();
        }(&done));
      }
      co_await done.wait();
    }();
  }, nullptr);
  EXPECT_EQ(outcome.state, RunState::kDone);
  EXPECT_EQ(in_calls.size(), 3u);
}

}  // namespace
}  // namespace samovar::sched
