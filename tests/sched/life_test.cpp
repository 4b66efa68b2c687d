// How goroutines and runs end: return, Goexit, panic, deadlock, cancellation; and that nothing is left over.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "sched/harness.h"

namespace samovar::sched {
namespace {

using observe::EventKind;

class Life : public EveryRun {};
SAMOVAR_EVERY_RUN(Life);

Task<void> nothing() { co_return; }

// ---- Return ----

TEST_P(Life, RunEndsWhenMainReturns) {
  const Ran ran = run(settings(), +[](void*) -> Task<void> { return nothing(); }, nullptr);
  EXPECT_DONE(ran);
  EXPECT_EQ(ran.outcome.message, "");
  EXPECT_EQ(ran.created, 1u);
  EXPECT_EQ(ran.left, 0u);
}

TEST_P(Life, NestedTasksGiveValues) {
  int64_t sum = 0;
  struct Nested {
    static Task<int64_t> sum_to(int n) {
      Tracked tracked;
      if (n == 0) co_return 0;
      const int64_t rest = co_await sum_to(n - 1);
      co_return rest + n;
    }
  };
  EXPECT_DONE(run(settings(), +[](int64_t* out) -> Task<void> { *out = co_await Nested::sum_to(10'000); }, &sum));
  EXPECT_EQ(sum, 50'005'000);
}

Task<void> wait_for_ever(Gate* gate, std::atomic<int>* waiting) {
  Tracked tracked;
  waiting->fetch_add(1);
  co_await gate->wait();
}

Task<void> spin_for_ever(std::atomic<int>* running) {
  Tracked tracked;
  running->fetch_add(1);
  for (;;) co_await checkpoint(1'000);
}

struct Crowd {
  Gate gate;
  std::atomic<int> waiting{0};
  std::atomic<int> running{0};
  uint32_t procs = 0;
};

TEST_P(Life, MainReturnsWithoutWaitingForOthers) {
  Crowd crowd;
  const Ran ran = run(settings(), +[](Crowd* c) -> Task<void> {
    for (int i = 0; i < 20; ++i) co_await go("waiter", wait_for_ever(&c->gate, &c->waiting));
    for (int i = 0; i < 3; ++i) co_await go("spinner", spin_for_ever(&c->running));
    for (int i = 0; i < 3; ++i) co_await gosched();
  }, &crowd);
  EXPECT_DONE(ran);
  EXPECT_EQ(ran.left, 23u);  // F31; that their frames are gone is checked by run()
}

TEST_P(Life, GoroutinesThatHaveEndedAreUsedAgain) {
  struct Many {
    size_t bytes_early = 0;
    size_t bytes_late = 0;
  } many;
  EXPECT_DONE(run(settings(), +[](Many* m) -> Task<void> {
    G* g = co_await self();
    for (int round = 0; round < 40; ++round) {
      Countdown done(200);
      for (int i = 0; i < 200; ++i) {
        co_await go("short", [](Countdown* d) -> Task<void> { co_await d->done(); }(&done));
      }
      co_await done.wait();
      if (round == 5) m->bytes_early = g->scheduler->goroutine_bytes();
    }
    m->bytes_late = g->scheduler->goroutine_bytes();
  }, &many));
  // What circulates is bounded by what was alive at once and what lies in the Ps' free lists.
  EXPECT_LE(many.bytes_late, many.bytes_early + procs() * 256 * 1024);
}

// ---- Goexit ----

struct Letters {
  std::string text;
};

struct Letter {
  Letter(Letters* letters_, char c_) : letters(letters_), c(c_) {}
  ~Letter() { letters->text += c; }
  Letters* letters;
  char c;
};

Task<void> innermost(Letters* letters) {
  Tracked tracked;
  Letter letter(letters, 'c');
  co_await goexit();
  letters->text += '!';
}
Task<void> middle(Letters* letters) {
  Tracked tracked;
  Letter letter(letters, 'b');
  co_await innermost(letters);
  letters->text += '!';
}
Task<void> outermost(Letters* letters) {
  Tracked tracked;
  Letter letter(letters, 'a');
  co_await middle(letters);
  letters->text += '!';
}

TEST_P(Life, GoexitRunsDestructorsOfAllFramesInnermostFirst) {
  Letters letters;
  const Ran ran = run(settings(), +[](Letters* l) -> Task<void> {
    co_await go("leaver", outermost(l));
    const G* g = co_await self();
    for (;;) {
      const uint64_t alive = g->scheduler->num_goroutine();
      if (alive == 1) break;
      co_await gosched();
    }
  }, &letters);
  EXPECT_DONE(ran);
  EXPECT_EQ(letters.text, "cba");
  EXPECT_EQ(ran.left, 0u);
}

TEST_P(Life, GoexitOfMainLetsTheOthersFinishThenSaysSo) {
  std::atomic<int> finished{0};
  const Ran ran = run(settings(), +[](std::atomic<int>* f) -> Task<void> {
    for (int i = 0; i < 5; ++i) {
      co_await go("other", [](std::atomic<int>* inner) -> Task<void> {
        co_await sleep_for(1'000'000);
        inner->fetch_add(1);
      }(f));
    }
    co_await goexit();
  }, &finished);
  EXPECT_EQ(finished.load(), 5);
  EXPECT_EQ(ran.outcome.state, RunState::kDeadlocked);
  EXPECT_EQ(ran.outcome.message, "fatal error: no goroutines (main called runtime.Goexit) - deadlock!");  // F27
}

// ---- Panic ----

TEST_P(Life, PanicEndsTheRunWithTheGoroutinesName) {
  const Ran ran = run(settings(), +[](void*) -> Task<void> {
    co_await go("worker", []() -> Task<void> {
      Tracked tracked;
      co_await panic("boom");
    }());
    for (;;) co_await gosched();
  }, nullptr);
  EXPECT_EQ(ran.outcome.state, RunState::kPanicked);
  EXPECT_EQ(ran.outcome.message, "panic: boom\n\ngoroutine 7 [running]:\nworker(...)\ncreated by main in goroutine 1");  // F29
  ASSERT_EQ(ran.count(EventKind::kFatal), 1u);
  EXPECT_EQ(ran.first(EventKind::kFatal)->a, 1u);
}

TEST_P(Life, FatalErrorOfMainHasNoCreator) {
  const Ran ran = run(settings(), +[](void*) -> Task<void> { co_await fatal("sync: unlock of unlocked mutex"); }, nullptr);
  EXPECT_EQ(ran.outcome.state, RunState::kPanicked);
  EXPECT_EQ(ran.outcome.message, "fatal error: sync: unlock of unlocked mutex\n\ngoroutine 1 [running]:\nmain(...)");  // F30
}

TEST_P(Life, OfManyPanicsOneIsReported) {
  const Ran ran = run(settings(), +[](void*) -> Task<void> {
    for (int i = 0; i < 50; ++i) {
      co_await go("worker", []() -> Task<void> {
        Tracked tracked;
        co_await checkpoint(1'000);
        co_await panic("boom");
      }());
    }
    for (;;) co_await gosched();
  }, nullptr);
  EXPECT_EQ(ran.outcome.state, RunState::kPanicked);
  EXPECT_EQ(ran.outcome.message.find("panic: boom\n\ngoroutine "), 0u) << ran.outcome.message;
  EXPECT_EQ(ran.count(EventKind::kFatal), 1u);
}

// ---- Deadlock ----

TEST_P(Life, DeadlockIsReportedInGosWords) {
  Gate gate;
  const Ran ran = run(settings(), +[](Gate* g) -> Task<void> {
    Tracked tracked;
    co_await g->wait(WaitReason::kChanReceive);
  }, &gate);
  EXPECT_EQ(ran.outcome.state, RunState::kDeadlocked);
  EXPECT_EQ(ran.outcome.message, "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\nmain(...)");  // F26
}

TEST_P(Life, DeadlockListsWhatEachGoroutineWaitsFor) {
  Gate gate;
  const Ran ran = run(settings(), +[](Gate* g) -> Task<void> {
    co_await go("sender", [](Gate* inner) -> Task<void> { co_await inner->wait(WaitReason::kChanSend); }(g));
    co_await g->wait(WaitReason::kSyncWaitGroupWait);
  }, &gate);
  EXPECT_EQ(ran.outcome.state, RunState::kDeadlocked);
  EXPECT_NE(ran.outcome.message.find("goroutine 1 [sync.WaitGroup.Wait]:\nmain(...)"), std::string::npos) << ran.outcome.message;
  EXPECT_NE(ran.outcome.message.find("goroutine 7 [chan send]:\nsender(...)\ncreated by main in goroutine 1"), std::string::npos)
      << ran.outcome.message;
}

TEST_P(Life, DeadlockOfManyIsFoundAfterTheLastHasParked) {
  Crowd crowd;
  const Ran ran = run(settings(), +[](Crowd* c) -> Task<void> {
    for (int i = 0; i < 100; ++i) co_await go("waiter", wait_for_ever(&c->gate, &c->waiting));
    co_await wait_for_ever(&c->gate, &c->waiting);
  }, &crowd);
  EXPECT_EQ(ran.outcome.state, RunState::kDeadlocked);
  EXPECT_EQ(crowd.waiting.load(), 101);
}

TEST_P(Life, DeadlockWaitsForATimer) {
  Gate gate;
  const Ran ran = run(settings(), +[](Gate* g) -> Task<void> {
    co_await go("sleeper", []() -> Task<void> { co_await sleep_for(30 * 1'000'000); }());
    co_await g->wait();
  }, &gate);
  EXPECT_EQ(ran.outcome.state, RunState::kDeadlocked);
  EXPECT_GE(ran.outcome.elapsed_ns, 30 * kMillisecond);  // F28
  if (is_virtual()) {
    EXPECT_LT(ran.outcome.elapsed_ns, 31 * kMillisecond);
  }
}

TEST_P(Life, DeadlockWaitsForABlockingCall) {
  Gate gate;
  const Ran ran = run(settings(), +[](Gate* g) -> Task<void> {
    co_await go("caller", []() -> Task<void> { co_await blocking_call(20 * kMillisecond); }());
    co_await g->wait();
  }, &gate);
  EXPECT_EQ(ran.outcome.state, RunState::kDeadlocked);
  EXPECT_GE(ran.outcome.elapsed_ns, 20 * kMillisecond);
}

// ---- Cancellation ----

TEST_P(Life, CancelEndsABusyRun) {
  Crowd crowd;
  crowd.procs = procs();
  Settings s = settings();
  s.meanwhile = [&](Scheduler& scheduler) {
    while (crowd.running.load() < static_cast<int>(procs())) {
      if (is_virtual()) return;
      platform::sleep_ns(100'000);
    }
    scheduler.cancel();
    scheduler.cancel();  // any number of times
  };
  const Ran ran = run(s, +[](Crowd* c) -> Task<void> {
    for (uint32_t i = 1; i < c->procs; ++i) co_await go("spinner", spin_for_ever(&c->running));
    co_await spin_for_ever(&c->running);
  }, &crowd);
  EXPECT_EQ(ran.outcome.state, RunState::kCancelled);
  EXPECT_EQ(ran.outcome.message, "");
}

TEST_P(Life, CancelDestroysParkedSleepingAndQueuedFrames) {
  Crowd crowd;
  Settings s = settings();
  s.meanwhile = [&](Scheduler& scheduler) {
    while (crowd.waiting.load() < 101) {  // main waits too, after it has started all
      if (is_virtual()) return;
      platform::sleep_ns(100'000);
    }
    scheduler.cancel();
  };
  const Ran ran = run(s, +[](Crowd* c) -> Task<void> {
    Tracked tracked;
    for (int i = 0; i < 100; ++i) co_await go("waiter", wait_for_ever(&c->gate, &c->waiting));
    for (int i = 0; i < 100; ++i) {
      co_await go("sleeper", []() -> Task<void> {
        Tracked own;
        co_await sleep_for(static_cast<int64_t>(1000 * kSecond));
      }());
    }
    for (int i = 0; i < 10; ++i) co_await go("spinner", spin_for_ever(&c->running));
    co_await wait_for_ever(&c->gate, &c->waiting);
  }, &crowd);
  EXPECT_EQ(ran.outcome.state, RunState::kCancelled);
  EXPECT_GE(ran.left, 211u);
}

TEST_P(Life, CancelEndsALongBlockingCall) {
  std::atomic<bool> calling{false};
  Settings s = settings();
  s.meanwhile = [&](Scheduler& scheduler) {
    while (!calling.load()) {
      if (is_virtual()) return;
      platform::sleep_ns(100'000);
    }
    scheduler.cancel();
  };
  // The call is longer than a run that hangs is let go on: run() says so if the end waits for it.
  static_assert(1000 > 2 * kHangSeconds);
  const Ran ran = run(s, +[](std::atomic<bool>* c) -> Task<void> {
    Tracked tracked;
    c->store(true);
    for (;;) co_await blocking_call(1000 * kSecond);
  }, &calling);
  EXPECT_EQ(ran.outcome.state, RunState::kCancelled);
}

TEST_P(Life, CancelBeforeTheFirstStepIsHeeded) {
  Scheduler scheduler(options_of(settings()));
  bool ran = false;
  scheduler.begin(+[](void* r) -> Task<void> {
    return [](bool* inner) -> Task<void> {
      for (;;) co_await checkpoint(1000);
      *inner = true;
    }(static_cast<bool*>(r));
  }, &ran);
  scheduler.cancel();
  while (scheduler.advance(10)) {
  }
  EXPECT_EQ(scheduler.finish().state, RunState::kCancelled);
  EXPECT_FALSE(ran);
}

// ---- Threads ----

TEST(Threads, TwoThreadsAreEnoughToFinish) {
  SAMOVAR_SKIP_WITHOUT_THREADS();
  platform::WorkerPool two(2);  // one is sysmon's
  Crowd crowd;
  const Ran ran = run({.procs = 4, .time = Time::kReal, .workers = &two}, +[](Crowd* c) -> Task<void> {
    Countdown done(200);
    for (int i = 0; i < 200; ++i) {
      co_await go("worker", [](Crowd* inner, Countdown* d) -> Task<void> {
        for (int k = 0; k < 10; ++k) co_await gosched();
        inner->running.fetch_add(1);
        co_await d->done();
      }(c, &done));
    }
    co_await done.wait();
  }, &crowd);
  EXPECT_DONE(ran);
  EXPECT_EQ(crowd.running.load(), 200);
}

TEST(Threads, BlockingCallsWithoutASpareThreadStillEnd) {
  SAMOVAR_SKIP_WITHOUT_THREADS();
  platform::WorkerPool two(2);
  Crowd crowd;
  uint32_t records = 0;
  Settings settings{.procs = 2, .time = Time::kReal, .workers = &two};
  settings.afterwards = [&records](Scheduler& scheduler) { records = scheduler.thread_count(); };
  const Ran ran = run(settings, +[](Crowd* c) -> Task<void> {
    Countdown done(40);
    for (int i = 0; i < 40; ++i) {
      co_await go("caller", [](Crowd* inner, Countdown* d) -> Task<void> {
        co_await blocking_call(2 * kMillisecond);
        inner->running.fetch_add(1);
        co_await d->done();
      }(c, &done));
    }
    co_await done.wait();
  }, &crowd);
  EXPECT_DONE(ran);
  EXPECT_EQ(crowd.running.load(), 40);
  EXPECT_LE(records, 4u) << "each attempt to get a thread left a record of an M";
}

TEST(Threads, WithoutAThreadForSysmonTheRunFails) {
  SAMOVAR_SKIP_WITHOUT_THREADS();
  platform::WorkerPool none(0);
  const Ran ran = run({.procs = 2, .time = Time::kReal, .workers = &none}, +[](void*) -> Task<void> { return nothing(); }, nullptr);
  EXPECT_NE(ran.outcome.state, RunState::kDone);
  EXPECT_NE(ran.outcome.message.find("no thread left"), std::string::npos) << ran.outcome.message;
}

// ---- Two at once ----

TEST_P(Life, TwoSchedulersRunAtTheSameTime) {
  SAMOVAR_SKIP_WITHOUT_THREADS();
  struct Side {
    Settings settings;
    Ran ran;
    std::atomic<int> count{0};
    platform::Parker done;
  } sides[2];
  for (Side& side : sides) {
    side.settings = settings();
    ASSERT_TRUE(test_workers().start([](void* argument) {
      auto* own = static_cast<Side*>(argument);
      Scheduler scheduler(options_of(own->settings));
      own->ran.outcome = scheduler.run([](void* inner) -> Task<void> {
        return [](Side* s) -> Task<void> {
          Countdown done(300);
          for (int i = 0; i < 300; ++i) {
            co_await go("worker", [](Side* innermost_side, Countdown* d) -> Task<void> {
              Tracked tracked;
              for (int k = 0; k < 5; ++k) co_await gosched();
              innermost_side->count.fetch_add(1);
              co_await d->done();
            }(s, &done));
          }
          co_await done.wait();
        }(static_cast<Side*>(inner));
      }, own);
      own->done.unpark();
    }, &side));
  }
  for (Side& side : sides) {
    side.done.park();
    EXPECT_DONE(side.ran);
    EXPECT_EQ(side.count.load(), 300);
  }
}

}  // namespace
}  // namespace samovar::sched
