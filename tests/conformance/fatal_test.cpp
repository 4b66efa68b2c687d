// F26 to F31: how a run ends, in Go's words.
#include "conformance/harness.h"
#include "sync/channel.h"
#include "sync/mutex.h"
#include "sync/timer.h"
#include "sync/waitgroup.h"

namespace samovar::conformance {
namespace {

using sched::RunState;
using sched::Task;

class Endings : public testing::TestWithParam<Time> {
 protected:
  template <class T>
  sched::Outcome run(Task<void> (*main)(T*), T* argument) {
    return run_main(main, argument, 1, GetParam(), 1, slice_for_order(GetParam()));
  }
};

void expect_deadlock(Time time, const std::string& kind, const std::string& reason) {
  const Ended ended = run_experiment("deadlock", time, R"("kind":")" + kind + "\"");
  EXPECT_EQ(ended.state, RunState::kDeadlocked);
  const std::string words = "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [" + reason + "]:\n";
  EXPECT_EQ(ended.message.substr(0, words.size()), words);
}

TEST_P(Endings, F26ADeadlockSaysWhatEverybodyWaitsFor) {
  expect_deadlock(GetParam(), "channel", "chan receive");
  expect_deadlock(GetParam(), "mutex", "sync.Mutex.Lock");
  expect_deadlock(GetParam(), "waitgroup", "sync.WaitGroup.Wait");
  expect_deadlock(GetParam(), "select", "select (no cases)");
  expect_deadlock(GetParam(), "nil-channel", "chan send (nil chan)");
}

TEST_P(Endings, F27MainThatExitsLeavesNobody) {
  const Ended ended = run_experiment("deadlock", GetParam(), R"("kind":"goexit")");
  EXPECT_EQ(ended.state, RunState::kDeadlocked);
  EXPECT_EQ(ended.message, "fatal error: no goroutines (main called runtime.Goexit) - deadlock!");
}

struct Moments {
  uint64_t fired_ns = 0;
};

Task<void> waits_beside_a_timer(Moments*) {
  const sync::Timer timer = co_await sync::new_timer(3'600'000'000'000);
  sync::Channel<int> channel = co_await sync::make_channel<int>();
  co_await channel.receive();
}

TEST_P(Endings, F28AnUnreadTimerDoesNotPreventTheReport) {
  Moments moments;
  const sched::Outcome outcome = run(waits_beside_a_timer, &moments);
  EXPECT_EQ(outcome.state, RunState::kDeadlocked);
  // Long before the timer is due; how long before is up to the machine.
  EXPECT_LT(outcome.elapsed_ns, 3'600'000'000'000u);
  if (GetParam() == Time::kVirtual) {
    EXPECT_LT(outcome.elapsed_ns, 1'000'000u);
  }
}

Task<void> fires(void* moments) {
  const sched::G* g = co_await sched::self();
  static_cast<Moments*>(moments)->fired_ns = g->scheduler->now(g->m);
}

Task<void> waits_beside_a_func(Moments* moments) {
  const sync::FuncTimer timer = co_await sync::after_func(30'000'000, "fires", fires, moments);
  sync::Channel<int> channel = co_await sync::make_channel<int>();
  co_await channel.receive();
}

TEST_P(Endings, F28APendingAfterFuncDelaysTheReport) {
  Moments moments;
  EXPECT_EQ(run(waits_beside_a_func, &moments).state, RunState::kDeadlocked);
  EXPECT_GE(moments.fired_ns, 30'000'000u);
}

struct Nothing {};

Task<void> panics() {
  co_await sched::panic("boom");
}
Task<void> starts_one_that_panics(Nothing*) {
  co_await sched::go("panics", panics());
  sync::Channel<int> channel = co_await sync::make_channel<int>();
  co_await channel.receive();
}

TEST_P(Endings, F29APanicNamesTheGoroutineAndItsCreator) {
  Nothing nothing;
  const sched::Outcome outcome = run(starts_one_that_panics, &nothing);
  EXPECT_EQ(outcome.state, RunState::kPanicked);
  EXPECT_EQ(outcome.message.rfind("panic: boom\n\ngoroutine 7 [running]:\n", 0), 0u) << outcome.message;
  EXPECT_NE(outcome.message.find("created by main in goroutine 1"), std::string::npos) << outcome.message;
}

Task<void> unlocks(Nothing*) {
  sync::Mutex mutex;
  co_await mutex.unlock();
}
Task<void> done_too_often(Nothing*) {
  sync::WaitGroup group;
  co_await group.done();
}

TEST_P(Endings, F30MisuseOfMutexAndWaitGroup) {
  Nothing nothing;
  sched::Outcome outcome = run(unlocks, &nothing);
  EXPECT_EQ(outcome.message.rfind("fatal error: sync: unlock of unlocked mutex\n", 0), 0u) << outcome.message;
  outcome = run(done_too_often, &nothing);
  EXPECT_EQ(outcome.message.rfind("panic: sync: negative WaitGroup counter\n", 0), 0u) << outcome.message;
}

struct Count {
  int ended = 0;
};
Task<void> never_ends(Count* count) {
  co_await sched::sleep_for(3'600'000'000'000);
  ++count->ended;
}
Task<void> returns_at_once(Count* count) {
  co_await sched::go("never_ends", never_ends(count));
  co_await sched::gosched();
}

TEST_P(Endings, F31WhenMainReturnsNobodyIsWaitedFor) {
  Count count;
  EXPECT_EQ(run(returns_at_once, &count).state, RunState::kDone);
  EXPECT_EQ(count.ended, 0);
}

INSTANTIATE_TEST_SUITE_P(OnOneP, Endings, testing::ValuesIn(kBothTimes), [](const auto& info) {
  return std::string(info.param == Time::kVirtual ? "Virtual" : "Threads");
});

}  // namespace
}  // namespace samovar::conformance
