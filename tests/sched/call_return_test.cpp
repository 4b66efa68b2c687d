// Coming back from a blocking call: a goroutine keeps its P only if that is still in this very call; from another's it takes it away.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "sched/harness.h"

namespace samovar::sched {
namespace {

using observe::EventKind;

struct Calls {
  uint64_t long_call = 0;  // ids
  uint64_t next_call = 0;
  Countdown done{2};
};

// One P. The first call lasts 200 us and loses the P to sysmon after some 20; what runs there then enters a call just before the
// first returns, and sysmon has not taken the P again by then. The P is in a call, but not in the first one's.
Task<void> calls_one_after_another(Calls* calls) {
  calls->long_call = co_await go("first", [](Calls* c) -> Task<void> {
    co_await blocking_call(200 * kMicrosecond);
    co_await c->done.done();
  }(calls));
  co_await goyield();  // comes back when sysmon has handed the P on
  calls->next_call = co_await go("second", [](Calls* c) -> Task<void> {
    const G* g = co_await self();
    uint64_t now = g->m->now_ns;
    while (now < 195 * kMicrosecond) {
      co_await checkpoint(kMicrosecond);
      now = g->m->now_ns;
    }
    co_await blocking_call(100 * kMicrosecond);
    co_await c->done.done();
  }(calls));
  co_await calls->done.wait();
}

// Go 1.26: exitsyscallTryGetP steals the old P back.
TEST(CallReturn, TakesItsOldPFromAnothersCall) {
  Calls calls;
  const Ran ran = run({.procs = 1, .time = Time::kVirtual}, calls_one_after_another, &calls);
  EXPECT_DONE(ran);
  const auto* handoff = ran.first(EventKind::kHandoff, static_cast<uint32_t>(calls.long_call));
  const auto* entered = ran.first(EventKind::kSyscallEnter, static_cast<uint32_t>(calls.next_call));
  const auto* returned = ran.first(EventKind::kSyscallExit, static_cast<uint32_t>(calls.long_call));
  ASSERT_TRUE(handoff != nullptr && entered != nullptr && returned != nullptr);
  // What the test is about has happened: P lost, P in the other's call, first call back.
  EXPECT_LT(handoff->time_ns, entered->time_ns);
  EXPECT_LT(entered->time_ns, returned->time_ns);
  EXPECT_LT(returned->time_ns, entered->time_ns + 20 * kMicrosecond);
  EXPECT_EQ(returned->reason, 1) << "0: it believes that it has kept the P; 2: it has let it be";
  const auto* robbed = ran.first(EventKind::kHandoff, static_cast<uint32_t>(calls.next_call));
  ASSERT_NE(robbed, nullptr);
  EXPECT_EQ(robbed->time_ns, returned->time_ns);
}

class CallReturns : public EveryRun {};
SAMOVAR_EVERY_RUN(CallReturns);

// The same for whatever order comes about: of each P's events, who says that it kept its P was the last to enter a call there.
TEST_P(CallReturns, KeepThePOnlyOfTheirOwnCall) {
  Countdown done(24);
  const Ran ran = run(settings(), +[](Countdown* d) -> Task<void> {
    for (int i = 0; i < 24; ++i) {
      co_await go("caller", [](Countdown* c, int number) -> Task<void> {
        for (int k = 0; k < 20; ++k) {
          co_await blocking_call(static_cast<uint64_t>((number * 7 + k * 13) % 90) * kMicrosecond);
          co_await checkpoint(static_cast<uint64_t>((number * 5 + k * 11) % 40) * kMicrosecond);
        }
        co_await c->done();
      }(d, i));
    }
    co_await d->wait();
  }, &done);
  EXPECT_DONE(ran);
  ASSERT_EQ(ran.dropped, 0u);
  std::map<uint32_t, uint32_t> in_call;  // P to goroutine
  uint64_t kept = 0;
  for (const auto& event : ran.events) {
    if (event.kind == EventKind::kSyscallEnter) in_call[event.p] = event.g;
    if (event.kind != EventKind::kSyscallExit || event.reason != 0) continue;
    ++kept;
    EXPECT_EQ(in_call[event.p], event.g) << "P " << event.p << " at " << event.time_ns << " ns";
  }
  EXPECT_GT(kept, 0u);
}

}  // namespace
}  // namespace samovar::sched
