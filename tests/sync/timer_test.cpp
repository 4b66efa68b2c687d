#include "sync/timer.h"

#include <algorithm>
#include <atomic>
#include <vector>

#include "sync/cond.h"
#include "sync/harness.h"
#include "sync/rwmutex.h"
#include "sync/select.h"
#include "sync/waitgroup.h"

namespace samovar::sync {
namespace {

using sched::go;
using sched::gosched;
using sched::RunState;
using sched::sleep_for;

constexpr int64_t kMs = 1'000'000;
constexpr int64_t kHour = 3'600'000 * kMs;  // what must not fire before somebody looks, however late the machine is

class TimerTest : public EveryRun {};
SAMOVAR_EVERY_RUN(TimerTest);

uint64_t run_time(sched::G* g) { return g->m->scheduler->now(g->m); }

TEST_P(TimerTest, AfterDeliversTheMomentItWasDue) {
  EXPECT_DONE(run(+[](void*) -> Task<void> {
    sched::G* g = co_await sched::self();
    const uint64_t start = run_time(g);
    auto channel = co_await after(2 * kMs);
    EXPECT_EQ(channel.length(), 0u);
    EXPECT_EQ(channel.capacity(), 0u);
    auto [when, ok] = co_await channel.receive();
    EXPECT_TRUE(ok);
    EXPECT_GE(when, start + 2 * kMs);
    EXPECT_GE(run_time(g), when);
  }));
}

// Go 1.26, F23.
TEST_P(TimerTest, StopOfAFiredUnreadTimerIsTrueAndNothingIsLeft) {
  EXPECT_DONE(run(+[](void*) -> Task<void> {
    Timer timer = co_await new_timer(kMs);
    co_await sleep_for(3 * kMs);
    EXPECT_EQ(timer.channel().length(), 0u);
    EXPECT_TRUE(co_await timer.stop());
    EXPECT_FALSE((co_await timer.channel().try_receive()).ready);
    EXPECT_FALSE(co_await timer.stop());
    EXPECT_FALSE(co_await timer.reset(kMs));
    co_await timer.channel().receive();
    EXPECT_FALSE(co_await timer.stop());
  }));
}

TEST_P(TimerTest, AFiredTimerIsFoundByWhoeverLooks) {
  EXPECT_DONE(run(+[](void*) -> Task<void> {
    Timer timer = co_await new_timer(kHour);
    EXPECT_FALSE((co_await timer.channel().try_receive()).ready);
    EXPECT_TRUE(co_await timer.reset(kMs));
    co_await sleep_for(2 * kMs);
    EXPECT_TRUE((co_await timer.channel().try_receive()).ready);
    EXPECT_FALSE((co_await timer.channel().try_receive()).ready);
  }));
}

TEST_P(TimerTest, ResetAfterFiringLeavesNoStaleValue) {
  EXPECT_DONE(run(+[](void*) -> Task<void> {
    sched::G* g = co_await sched::self();
    Timer timer = co_await new_timer(kMs);
    co_await sleep_for(2 * kMs);
    const uint64_t reset_at = run_time(g);
    EXPECT_TRUE(co_await timer.reset(kMs));
    auto [when, ok] = co_await timer.channel().receive();
    EXPECT_GE(when, reset_at + kMs);
  }));
}

TEST_P(TimerTest, ATickerTicksAtItsPeriodAndDropsWhatNobodyTakes) {
  EXPECT_DONE(run(+[](void*) -> Task<void> {
    Ticker ticker = co_await new_ticker(kMs);
    const uint64_t first = (co_await ticker.channel().receive()).value;
    const uint64_t second = (co_await ticker.channel().receive()).value;
    EXPECT_EQ((second - first) % kMs, 0u);
    EXPECT_GT(second, first);
    co_await sleep_for(5 * kMs);
    EXPECT_TRUE((co_await ticker.channel().try_receive()).ready);
    EXPECT_TRUE(co_await ticker.stop());
    EXPECT_FALSE((co_await ticker.channel().try_receive()).ready);
  }));
}

TEST_P(TimerTest, IntervalsMustBePositive) {
  EXPECT_EQ(run(+[](void*) -> Task<void> { co_await new_ticker(0); }).message.rfind("panic: non-positive interval for NewTicker\n\n", 0), 0u);
  EXPECT_EQ(run(+[](void*) -> Task<void> {
    Ticker ticker = co_await new_ticker(kMs);
    co_await ticker.reset(-1);
  }).message.rfind("panic: non-positive interval for Ticker.Reset\n\n", 0), 0u);
}

// Timeouts that lose against a channel, over and over: timers enter and leave heaps while they fire.
struct Race {
  int values = 0;
  int timeouts = 0;
};

Task<void> send_with_pauses(Channel<int> channel, int count) {
  for (int i = 0; i < count; ++i) {
    if (i % 4 == 0) co_await sleep_for(20'000 + i * 7 % 40'000);
    co_await channel.send(i);
  }
  co_await channel.close();
}

Task<void> receive_with_timeouts(Race* race) {
  auto channel = co_await make_channel<int>();
  co_await go("sender", send_with_pauses(channel, 400));
  for (;;) {
    bool ok = false;
    auto timeout = co_await after(30'000);
    if (co_await select(receive_case(channel, static_cast<int*>(nullptr), &ok), receive_case(timeout)) == 1) {
      ++race->timeouts;
    } else if (ok) {
      ++race->values;
    } else {
      break;
    }
  }
}

TEST_P(TimerTest, TimeoutsInASelectLoseNoValue) {
  Race race;
  EXPECT_DONE(run(receive_with_timeouts, &race));
  EXPECT_EQ(race.values, 400);
}

struct Shared {
  Timer timer;
  std::atomic<int> fired{0};
};

Task<void> take_ticks(Shared* shared, int count, WaitGroup* done) {
  for (int i = 0; i < count; ++i) {
    auto timeout = co_await after(100'000);
    if (co_await select(receive_case(shared->timer.channel()), receive_case(timeout)) == 0) ++shared->fired;
    co_await shared->timer.reset(1'000 * (i % 5));
    if (i % 7 == 0) co_await shared->timer.stop();
  }
  co_await done->done();
}

Task<void> share_a_timer(Shared* shared) {
  shared->timer = co_await new_timer(0);
  WaitGroup done(6);
  for (int i = 0; i < 6; ++i) co_await go("taker", take_ticks(shared, 100, &done));
  co_await done.wait();
  co_await shared->timer.stop();
  shared->timer = Timer();
}

TEST_P(TimerTest, ATimerMayBeStoppedAndResetByMany) {
  Shared shared;
  EXPECT_DONE(run(share_a_timer, &shared));
}

// ---- AfterFunc ----

struct Calls {
  Mutex mutex;
  std::vector<int> order;
  WaitGroup done;
};

template <int kMark>
Task<void> note_call(void* calls) {
  auto* c = static_cast<Calls*>(calls);
  co_await c->mutex.lock();
  c->order.push_back(kMark);
  co_await c->mutex.unlock();
  co_await c->done.done();
}

Task<void> four_calls(Calls* calls) {
  co_await calls->done.add(4);
  co_await after_func(9 * kMs, "third", note_call<3>, calls);
  co_await after_func(3 * kMs, "first", note_call<1>, calls);
  co_await after_func(6 * kMs, "second", note_call<2>, calls);
  FuncTimer never = co_await after_func(kHour, "never", note_call<9>, calls);
  EXPECT_TRUE(co_await never.stop());
  EXPECT_FALSE(co_await never.stop());
  FuncTimer last = co_await after_func(kHour, "last", note_call<4>, calls);
  EXPECT_TRUE(co_await last.reset(12 * kMs));
  co_await calls->done.wait();
  EXPECT_FALSE(co_await last.stop());
}

// Go 1.26, F23: by deadline.
TEST_P(TimerTest, FunctionsAreCalledInTheOrderOfTheirDeadlines) {
  Calls calls;
  EXPECT_DONE(run(four_calls, &calls));
  // A real thread may look so late that several are due at once; then the last of them runs first, out of runnext.
  if (time() == Time::kReal) std::sort(calls.order.begin(), calls.order.end());
  EXPECT_EQ(calls.order, (std::vector<int>{1, 2, 3, 4}));
}

Task<void> leave_pending(Calls* calls) { co_await after_func(kHour, "pending", note_call<1>, calls); }

TEST_P(TimerTest, APendingFunctionIsForgottenWithTheRun) {
  Calls calls;
  EXPECT_DONE(run(leave_pending, &calls));
  EXPECT_TRUE(calls.order.empty());
}

// ---- Deadlock and timers: Go 1.26, F28. ----

TEST_P(TimerTest, AnUnreadTimerDoesNotPreventTheDeadlockReport) {
  const auto outcome = run(+[](void*) -> Task<void> {
    Timer timer = co_await new_timer(kHour);
    auto channel = co_await make_channel<int>();
    co_await channel.receive();
  });
  EXPECT_EQ(outcome.state, RunState::kDeadlocked);
  EXPECT_EQ(outcome.message.rfind("fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\n", 0), 0u) << outcome.message;
}

Task<void> deadlock_later(Calls* calls) {
  co_await calls->done.add(1);
  co_await after_func(30 * kMs, "call", note_call<1>, calls);
  co_await Channel<int>().receive();
}

TEST_P(TimerTest, APendingFunctionDelaysTheDeadlockReport) {
  Calls calls;
  const auto outcome = run(deadlock_later, &calls);
  EXPECT_EQ(outcome.state, RunState::kDeadlocked);
  EXPECT_GE(outcome.elapsed_ns, 30u * kMs);
  EXPECT_EQ(calls.order, (std::vector<int>{1}));
}

// ---- What a dump says they wait for: Go 1.26, F25. ----

struct Things {
  Mutex mutex;
  RWMutex rwmutex;
  RWMutex written;
  WaitGroup group{1};
  Mutex cond_mutex;
  Cond<> cond{&cond_mutex};
};

template <int kWhat>
Task<void> wait_for(Things* things, Channel<int> channel) {
  switch (kWhat) {
    case 0: co_await channel.receive(); break;
    case 1: co_await select(send_case(channel, 1)); break;
    case 2: co_await Channel<int>().receive(); break;
    case 3: co_await Channel<int>().send(1); break;
    case 4: co_await select(receive_case(channel), receive_case(channel)); break;
    case 5: co_await select(); break;
    case 6: co_await things->mutex.lock(); break;
    case 7: co_await things->rwmutex.read_lock(); break;
    case 8: co_await things->group.wait(); break;
    case 9:
      co_await things->cond_mutex.lock();
      co_await things->cond.wait();
      break;
    case 10: co_await things->rwmutex.lock(); break;
    case 11: co_await things->written.lock(); break;
  }
}

TEST_P(TimerTest, AGoroutineDumpNamesWhatEachWaitsFor) {
  Things things;
  const auto outcome = run(+[](Things* t) -> Task<void> {
    co_await t->mutex.lock();
    co_await t->rwmutex.lock();
    co_await t->written.read_lock();
    auto in = co_await make_channel<int>();
    auto out = co_await make_channel<int>();
    auto both = co_await make_channel<int>();
    co_await go("w0", wait_for<0>(t, in));
    co_await go("w1", wait_for<1>(t, out));
    co_await go("w2", wait_for<2>(t, in));
    co_await go("w3", wait_for<3>(t, in));
    co_await go("w4", wait_for<4>(t, both));
    co_await go("w5", wait_for<5>(t, in));
    co_await go("w6", wait_for<6>(t, in));
    co_await go("w7", wait_for<7>(t, in));
    co_await go("w8", wait_for<8>(t, in));
    co_await go("w9", wait_for<9>(t, in));
    co_await go("w10", wait_for<10>(t, in));
    co_await go("w11", wait_for<11>(t, in));
    co_await t->mutex.lock();
  }, &things);
  EXPECT_EQ(outcome.state, RunState::kDeadlocked);
  const char* const reasons[] = {"chan receive", "chan send", "chan receive (nil chan)", "chan send (nil chan)", "select",
                                 "select (no cases)", "sync.Mutex.Lock", "sync.RWMutex.RLock", "sync.WaitGroup.Wait",
                                 "sync.Cond.Wait", "sync.Mutex.Lock", "sync.RWMutex.Lock"};
  for (int i = 0; i < 12; ++i) {
    const std::string wanted = std::string(" [") + reasons[i] + "]:\nw" + std::to_string(i) + "(...)";
    EXPECT_NE(outcome.message.find(wanted), std::string::npos) << wanted << " is not in\n" << outcome.message;
  }
}

}  // namespace
}  // namespace samovar::sync
