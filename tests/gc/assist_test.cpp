// Debt and credit: what a goroutine that allocates does for marking, when it waits, and that neither outlives its collection. In virtual time.
#include <gtest/gtest.h>

#include <vector>

#include "gc/debtor.h"
#include "gc/harness.h"

namespace samovar::gc {
namespace {

using sched::kMicrosecond;
using sched::Task;

struct Asked {
  uint32_t request = 0;        // sched::Attention
  int64_t credit = 0;          // that there is while it is asked
  uint64_t when_asked_ns = 1;  // what it assisted in an allocation while it was asked
  int64_t paid = 1;            // and what it paid of its debt, from credit
  uint64_t afterwards_ns = 0;  // what it assisted in its next allocation
};

Task<void> owe_and_be_asked_to_stop(Asked* asked) {
  sched::G* g = co_await sched::self();
  Local<Debtor> head;
  co_await begin_to_mark(&head);
  make_bytes(64);  // the first of a cycle forgets what was owed before
  const Pacer& pacer = collector().pacer();
  while (pacer.credit.load() <= 0 && collector().phase() == Phase::kMark) co_await sched::checkpoint(kMicrosecond);
  asked->credit = pacer.credit.load();
  constexpr int64_t kDebt = int64_t{1} << 40;
  g->gc_assist_bytes = -kDebt;
  uint64_t before = g->gc_assist_ns;
  g->attention.store(asked->request);
  make_bytes(64);
  asked->when_asked_ns = g->gc_assist_ns - before;
  asked->paid = g->gc_assist_bytes + kDebt + 64;
  g->attention.store(0);
  before = g->gc_assist_ns;
  make_bytes(64);
  asked->afterwards_ns = g->gc_assist_ns - before;
  g->gc_assist_bytes = 0;
}

// Go: gcDrainN, gcAssistAlloc. A stop of the world does not wait until a debt is paid, nor for somebody who looks for work in vain.
TEST(Assists, ThatAreToStopOrWaitLeaveTheirDebtUntilThen) {
  for (const uint32_t request : {sched::kAttentionPreempt, sched::kAttentionAssist}) {
    SCOPED_TRACE(request);
    Asked asked{.request = request};
    EXPECT_DONE(run_collected({.procs = 2}, {.checkmark = true}, owe_and_be_asked_to_stop, &asked).ran);
    EXPECT_GT(asked.credit, 0);
    EXPECT_EQ(asked.when_asked_ns, 0u);
    EXPECT_EQ(asked.paid, 0);
    EXPECT_GT(asked.afterwards_ns, 0u);
  }
}

Task<void> owe_more_than_there_is_to_mark(uint64_t* debt) {
  sched::G* g = co_await sched::self();
  Local<Debtor> head;
  co_await begin_to_mark(&head);
  make_bytes(64);  // the first of a cycle forgets what was owed before
  for (int i = 0; i < 2; ++i) {  // the first marks all there is, and would make room for the controller; the second finds nothing
    g->attention.store(0);
    g->gc_assist_bytes = -(int64_t{1} << 40);
    make_bytes(64);
  }
  *debt = static_cast<uint64_t>(-g->gc_assist_bytes);
  co_await sched::checkpoint();
}

TEST(Assists, WaitForCreditIsRecordedWithTheDebt) {
  uint64_t debt = 0;
  const sched::Ran ran = run_collected({.procs = 1}, {}, owe_more_than_there_is_to_mark, &debt).ran;
  EXPECT_DONE(ran);
  EXPECT_EQ(ran.count(observe::EventKind::kGcAssistWait), 1u);
  const observe::Event* wait = ran.first(observe::EventKind::kGcAssistWait, 1);
  ASSERT_NE(wait, nullptr) << "main is goroutine 1";
  EXPECT_EQ(wait->b, debt);
}

struct Waiting {
  bool other_work = false;    // a list, beside the roots
  uint32_t left = 5000;       // goroutines that wait, with eight Locals each
  int64_t of_roots = 0;       // scan work of roots that one allocation did
  int64_t of_all_roots = 0;   // and the whole cycle
  int64_t owed_after = 0;
};

Task<void> wait_with_locals(Waiting* state) {
  Local<Debtor> locals[8];
  co_await sched::sleep_for(10 * sched::kSecond);
  --state->left;
}

// Owes 64 KiB of scan work when marking begins, and goes by what one allocation does about it.
Task<void> owe_with_roots(Waiting* state) {
  sched::G* g = co_await sched::self();
  Collector& gc = collector();
  const uint32_t goroutines = state->left;
  for (uint32_t i = 0; i < goroutines; ++i) co_await sched::go("waits", wait_with_locals(state));
  co_await sched::sleep_for(sched::kMillisecond);
  Local<Debtor> head;
  for (int i = 0; i < 30'000 && state->other_work; ++i) {
    Debtor* debtor = make<Debtor>();
    debtor->next = head.get();
    head = debtor;
  }
  while (gc.phase() != Phase::kMark) {
    make_bytes(64);
    co_await sched::checkpoint(kMicrosecond / 4);
  }
  g->gc_assist_cycle = gc.cycle();
  g->gc_assist_bytes = -64;
  const int64_t before = gc.pacer().stack_work.load();
  make_bytes(64);
  state->of_roots = gc.pacer().stack_work.load() - before;
  state->owed_after = -g->gc_assist_bytes;
  g->gc_assist_bytes = 0;
  while (gc.phase() == Phase::kMark) co_await sched::gosched();
  state->of_all_roots = gc.pacer().stack_work.load();
  while (state->left > 0) co_await sched::sleep_for(sched::kSecond);
}

// gcDrainN looks for its own work, then for what has been shared, and only then does a root job.
TEST(Assists, DoRootJobsWhenThereIsNoOtherWork) {
  Waiting state{.other_work = true};
  EXPECT_DONE(run_collected({.procs = 1}, {}, owe_with_roots, &state).ran);
  EXPECT_GT(state.of_all_roots, 5000 * 8 * 8);
  EXPECT_EQ(state.of_roots, 0);
  EXPECT_LE(state.owed_after, 0);
}

// markroot's work counts: an allocation does no more root jobs than it owes.
TEST(Assists, ArePaidForRoots) {
  Waiting state;
  EXPECT_DONE(run_collected({.procs = 1}, {}, owe_with_roots, &state).ran);
  EXPECT_GE(state.of_roots, (64 << 10) * 8 / 9);  // a goroutine counts as one root more than it has
  EXPECT_LT(state.of_roots, 70 << 10);
  EXPECT_GT(state.of_all_roots, 5000 * 8 * 8);
  EXPECT_LE(state.owed_after, 0);
}

struct Charged {
  std::vector<int64_t> bytes;
};

Task<void> be_charged(Charged* charged) {
  sched::G* g = co_await sched::self();
  Local<Debtor> head;
  co_await begin_to_mark(&head);
  const auto note = [&](auto allocate) {
    g->gc_assist_cycle = collector().cycle();
    g->gc_assist_bytes = int64_t{1} << 40;
    allocate();
    charged->bytes.push_back((int64_t{1} << 40) - g->gc_assist_bytes);
  };
  note([] { make<Debtor>(); });
  note([] { make_bytes(33); });
  note([] { make_bytes(1025); });
  note([] { make_bytes(40'000); });
  note([] { make_array<Ref<Debtor>>(64); });
  note([] { make_array<Ref<Debtor>>(80); });
  note([] { make_bytes(5); });
  note([] { make_bytes(0); });
  g->gc_assist_bytes = 0;
}

// malloc.go: "Adjust our GC assist debt to account for internal fragmentation".
TEST(Assists, OweForTheWholeSlot) {
  Charged charged;
  EXPECT_DONE(run_collected({.procs = 1}, {}, be_charged, &charged).ran);
  EXPECT_EQ(charged.bytes, (std::vector<int64_t>{64, 48, 1152, 40'960, 512, 704, 5, 0}));
}

struct Carry {
  int64_t before = 0;      // what the goroutine had or owed when the second cycle began
  int64_t first_charge = 0;
  uint32_t cycles = 0;
};

Task<void> carry_over(Carry* carry) {
  Collector& gc = collector();
  sched::G* g = co_await sched::self();
  Local<Debtor> head;
  co_await begin_to_mark(&head);
  while (gc.phase() == Phase::kMark) {
    make_bytes(64);
    co_await sched::checkpoint(kMicrosecond / 4);
  }
  // However the first ended, this is what a large credit left over looks like.
  g->gc_assist_bytes = int64_t{1} << 40;
  while (gc.phase() != Phase::kMark) {
    make_bytes(64);
    co_await sched::checkpoint(kMicrosecond / 4);
  }
  make_bytes(64);
  carry->before = int64_t{1} << 40;
  carry->first_charge = g->gc_assist_bytes;
}

TEST(Assists, NeitherCreditNorDebtIsCarriedIntoTheNextCycle) {
  Carry carry;
  EXPECT_DONE(run_collected({.procs = 1}, {.pacing = {.gogc = 20}}, carry_over, &carry).ran);
  EXPECT_LT(carry.first_charge, carry.before / 2) << "credit of an earlier cycle was still there";
}

}  // namespace
}  // namespace samovar::gc
