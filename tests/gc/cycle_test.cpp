// When a collection begins and ends, who waits for it, and what is carried from one into the next. In virtual time, where moments can be compared.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <thread>

#include "gc/harness.h"

namespace samovar::gc {
namespace {

using sched::kMicrosecond;
using sched::Task;
using sched::RunState;
using sched::test_seed;
using sched::Time;

// ---- A collection begins soon after it is due ----

struct Allocator {
  bool spawns = false;         // its last act before a suspension is a go statement, which pushes the controller out of runnext
  bool sysmon_too = false;     // sysmon has wanted something shortly before, on a P with a long queue
  uint64_t due_ns = 0;
  bool begun = false;
};

Task<void> nothing() { co_return; }

Task<void> work_on(Allocator* state) {
  while (!state->begun) co_await sched::checkpoint(2 * kMicrosecond);
}

// Allocates a little in each two microseconds until a collection has begun; notes when it was due.
Task<void> allocate_until_collected(Allocator* state) {
  if (state->sysmon_too) {
    for (int i = 0; i < 100; ++i) co_await sched::go("busy", work_on(state));
  }
  Collector& gc = collector();
  sched::G* g = co_await sched::self();
  while (gc.phase() == Phase::kOff && gc.cycles().empty()) {
    for (int i = 0; i < 16; ++i) make_bytes(1024);  // 8 GB/s
    const bool due = gc.heap().live_bytes() >= gc.trigger();
    if (due && state->due_ns == 0) state->due_ns = g->m->now_ns;
    if (state->sysmon_too && gc.heap().live_bytes() > gc.trigger() / 2) gc.request_settings({.gogc = 99});
    if (state->spawns) co_await sched::go("nothing", nothing());
    co_await sched::checkpoint(2 * kMicrosecond);
  }
  state->begun = true;
}

uint64_t wait_until_begun(Allocator state) {
  const Collected out = run_collected({.procs = 1}, {}, allocate_until_collected, &state);
  EXPECT_DONE(out.ran);
  EXPECT_GT(state.due_ns, 0u);
  const auto* begin = out.ran.first(observe::EventKind::kGcBegin);
  const uint64_t begun_ns = begin == nullptr ? ~uint64_t{0} : begin->time_ns;
  return begun_ns > state.due_ns ? begun_ns - state.due_ns : 0;
}

// Go begins it within the allocation. (It used to take the rest of the slice, up to 10 ms, if anything came between.)
TEST(CollectionBegins, AtTheNextCheckpointOfWhoFindsItDue) { EXPECT_LT(wait_until_begun({}), 200 * kMicrosecond); }
TEST(CollectionBegins, SoonThoughSomethingElseTookRunnext) { EXPECT_LT(wait_until_begun({.spawns = true}), 200 * kMicrosecond); }
TEST(CollectionBegins, SoonThoughSysmonWantedSomethingBefore) { EXPECT_LT(wait_until_begun({.sysmon_too = true}), 200 * kMicrosecond); }

// ---- Workers are there from the first moment ----

struct Leaf {
  Ref<Leaf> next;
  uint64_t filling[7];
  static constexpr auto slots() { return std::tuple(&Leaf::next); }
};

struct Busy {
  uint32_t procs_then = 0;  // GOMAXPROCS once the lists are there, for one collection more; 0: all ends then
  bool ends = false;
};

// One of very many: of a P's queue it is the tail's turn after tens of milliseconds.
Task<void> keep_busy(Busy* busy) {
  while (!busy->ends) {
    make_bytes(256);
    co_await sched::checkpoint(20 * kMicrosecond);
  }
}

// Builds a thousand lists, 8 MiB together, which takes some milliseconds to mark, while all Ps have a hundred others to run.
Task<void> crowd(Busy* busy) {
  constexpr size_t kLists = 1000;
  Local<Ref<Leaf>> lists = make_array<Ref<Leaf>>(kLists);
  for (size_t i = 0; i < 130'000; ++i) {
    Leaf* leaf = make<Leaf>();
    leaf->next = lists[i % kLists];
    lists[i % kLists] = leaf;
    if (i % 100 == 0) co_await sched::checkpoint(kMicrosecond);
    if (i == 1000) {
      for (int other = 0; other < 400; ++other) co_await sched::go("busy", keep_busy(busy));
    }
  }
  if (busy->procs_then != 0) {
    co_await sched::set_procs(busy->procs_then);
    const uint32_t before = collector().figures().cycles;
    bool go_on = true;
    while (go_on) {
      co_await sched::checkpoint(kMicrosecond);
      go_on = collector().figures().cycles == before;
    }
  }
  busy->ends = true;
}

// Go: gcBgMarkStartWorkers, which waits until each is ready, before the world is stopped. With busy Ps a worker that first had to get to the head of a queue
// would come when assists had done the work.
// How much of a collection's marking each of `workers` dedicated ones took part in, 0 to 1.
double presence(const CycleRecord& cycle, uint32_t workers) {
  return static_cast<double>(cycle.dedicated_ns) / static_cast<double>((cycle.marked_ns - cycle.mark_ns) * workers);
}

TEST(Workers, MarkFromTheFirstCollectionOnThoughAllPsAreBusy) {
  Busy busy;
  const Collected out = run_collected({.procs = 4}, {}, crowd, &busy);
  EXPECT_DONE(out.ran);
  ASSERT_GE(out.cycles.size(), 1u);
  EXPECT_GT(presence(out.cycles.front(), 1), 0.5);
}

TEST(Workers, OfNewPsMarkInTheirFirstCollection) {
  Busy busy{.procs_then = 12};
  const Collected out = run_collected({.procs = 1}, {}, crowd, &busy);
  EXPECT_DONE(out.ran);
  const auto grown = std::find_if(out.cycles.begin(), out.cycles.end(), [](const CycleRecord& cycle) { return cycle.procs == 12; });
  ASSERT_NE(grown, out.cycles.end());
  EXPECT_GT(presence(*grown, 3), 0.5);
}

// ---- Nor oftener than anybody wants ----

// In virtual time: lets Ms that are behind catch up, and is no safe point.
struct CatchUp : sched::Op {
  bool await_ready() { return !sched::detail::wants_driver_yield(g); }
  void await_suspend(std::coroutine_handle<>) { sched::detail::driver_yield(g); }
  void await_resume() {}
};

struct Two {
  bool other_runs = false;
  bool other_is_through = false;
};

// Asks for a collection when somebody else's is just stopping the world.
Task<void> collect_too(Two* two) {
  const sched::G* g = co_await sched::self();
  two->other_runs = true;
  while (!g->m->scheduler->must_stop(g->m)) {
    g->m->charge(kMicrosecond);
    co_await CatchUp();
  }
  co_await collector().collect();
  two->other_is_through = true;
}

Task<void> collect_with_another(Two* two) {
  co_await sched::go("collects too", collect_too(two));
  while (!two->other_runs) co_await sched::checkpoint(kMicrosecond);
  co_await collector().collect();
  while (!two->other_is_through) co_await sched::checkpoint(kMicrosecond);
  for (int i = 0; i < 100; ++i) co_await sched::checkpoint(100 * kMicrosecond);
}

// mgc.go:gcStart tests again whether a collection is wanted when it is its turn.
TEST(CollectionBegins, OnceForAllWhoAskBeforeMarkingBegins) {
  Two two;
  const Collected out = run_collected({.procs = 2}, {}, collect_with_another, &two);
  EXPECT_DONE(out.ran);
  EXPECT_EQ(out.figures.cycles, 1u);
}

// ---- Settings take effect soon ----

struct Sleeper {
  std::atomic<bool> over{false};
};

Task<void> sleep_until_over(Sleeper* sleeper) {
  while (!sleeper->over.load()) co_await sched::sleep_for(5 * sched::kSecond);
}

// With all Ps idle sysmon sleeps for half a second at a time.
TEST(Settings, TakeEffectAtOnceThoughAllPsAreIdle) {
  if (!sched::threads_available()) GTEST_SKIP() << "built without threads";
  constexpr int kChanges = 10;
  Sleeper sleeper;
  std::unique_ptr<Collector> collector;
  uint64_t took_ns = 0;
  uint64_t first_took_ns = 0;
  sched::Settings settings{.procs = 2, .time = Time::kReal};
  settings.beforehand = [&](sched::Scheduler& scheduler) { collector = std::make_unique<Collector>(scheduler, CollectorOptions{}); };
  settings.meanwhile = [&](sched::Scheduler& scheduler) {
    while (scheduler.num_goroutine() == 0) std::this_thread::yield();
    for (int64_t gogc = 1; gogc <= kChanges; ++gogc) {
      platform::sleep_ns(10 * sched::kMillisecond);  // sysmon finds that there is nothing to watch
      const uint64_t start = platform::now_ns();
      collector->request_settings({.gogc = gogc});
      while (collector->pacer().settings().gogc != gogc) std::this_thread::yield();
      took_ns += platform::now_ns() - start;
      if (gogc == 1) first_took_ns = took_ns;
    }
    sleeper.over.store(true);
    scheduler.cancel();
  };
  const sched::Ran ran = sched::run(settings, sleep_until_over, &sleeper);
  EXPECT_EQ(ran.outcome.state, RunState::kCancelled);
  // Sysmon sleeps for half a second: so long took the first, which had to be asked for twice, and then each.
  EXPECT_LT(first_took_ns, 400 * sched::kMillisecond);
  EXPECT_LT(took_ns, 2 * sched::kSecond) << kChanges << " changes";
}

// ---- What is written down ----

Task<void> churn(int* rounds) {
  for (int i = 0; i < *rounds; ++i) {
    make_bytes(4096);
    co_await sched::checkpoint(10 * kMicrosecond);
  }
}

// Whoever reads the events knows at each moment what each goroutine is at, the collector's own among them: nobody runs who was not made ready before.
TEST(Events, NobodyRunsWhoWasNotRunnable) {
  int rounds = 5000;
  const Collected out = run_collected({.procs = 1}, {}, churn, &rounds);
  EXPECT_DONE(out.ran);
  ASSERT_GE(out.figures.cycles, 3u);
  ASSERT_EQ(out.ran.dropped, 0u);
  std::map<uint32_t, bool> runnable;
  uint32_t running = 0;
  for (const observe::Event& event : out.ran.events) {
    if (event.p != 0) continue;
    if (event.kind == observe::EventKind::kGoCreate) runnable[event.g] = event.reason == 0;
    if (event.kind == observe::EventKind::kGoReady) runnable[event.g] = true;
    if (event.kind != observe::EventKind::kGoRun && event.kind != observe::EventKind::kProcIdle) continue;
    const bool stays = event.reason >= observe::kStopGosched && event.reason <= observe::kStopGoyield;
    if (running != 0 && !(event.kind == observe::EventKind::kGoRun && event.g == running)) runnable[running] = stays;
    running = event.kind == observe::EventKind::kGoRun ? event.g : 0;
    if (running != 0) {
      EXPECT_TRUE(runnable[running]) << "goroutine " << running << " at " << event.time_ns << " ns";
    }
  }
}

// ---- What is told of a sweep ----

struct Garbage {
  uint64_t pages_before = 0;
  uint64_t pages_after = 0;
};

// Four thousand pages of garbage, most of which collect() sweeps itself.
Task<void> sweep_by_oneself(Garbage* garbage) {
  for (int i = 0; i < 4000; ++i) make_bytes(8192);
  garbage->pages_before = collector().heap().pages_in_use();
  co_await collector().collect();
  garbage->pages_after = collector().heap().pages_in_use();
  for (int i = 0; i < 100; ++i) co_await sched::gosched();
}

TEST(SweptEvents, CountAllPagesWhoeverFreedThem) {
  Garbage garbage;
  const sched::Ran ran = run_collected({.procs = 1}, {.pacing = {.gogc = kGcOff}}, sweep_by_oneself, &garbage).ran;
  EXPECT_DONE(ran);
  ASSERT_EQ(ran.count(observe::EventKind::kGcSwept), 1u);
  const observe::Event* swept = ran.first(observe::EventKind::kGcSwept);
  EXPECT_EQ(swept->a, 1u);
  EXPECT_EQ(swept->b, garbage.pages_before - garbage.pages_after);
  EXPECT_GE(swept->b, 4000u);
}

// With hundreds of goroutines before it in a queue the sweeper may have its turn when the next collection marks.
TEST(SweptEvents, ComeOnceForEachCollectionUnderItsNumber) {
  Busy busy;
  const Collected out = run_collected({.procs = 4}, {}, crowd, &busy);
  EXPECT_DONE(out.ran);
  ASSERT_EQ(out.ran.dropped, 0u);
  std::vector<uint32_t> told;
  for (const observe::Event& event : out.ran.events) {
    if (event.kind == observe::EventKind::kGcSwept) told.push_back(event.a);
  }
  std::sort(told.begin(), told.end());  // events come ring after ring
  ASSERT_GE(told.size(), 3u);
  for (uint32_t i = 0; i < told.size(); ++i) EXPECT_EQ(told[i], i + 1);
  EXPECT_GE(told.size() + 1, out.cycles.size()) << "the last may be going on";
}

// ---- Debt and credit ----

struct Debtor {
  Ref<Debtor> next;
  uint64_t filling[7];
  static constexpr auto slots() { return std::tuple(&Debtor::next); }
};

// Builds a list that lives, so that there is something to mark and an assist earns more than it owes, and allocates until marking has begun.
Task<void> begin_to_mark(Local<Debtor>* head) {
  Collector& gc = collector();
  for (int i = 0; i < 30'000; ++i) {
    Debtor* debtor = make<Debtor>();
    debtor->next = head->get();
    *head = debtor;
    if (i % 100 == 0) co_await sched::checkpoint(kMicrosecond);
  }
  while (gc.phase() != Phase::kMark) {
    make_bytes(64);
    co_await sched::checkpoint(kMicrosecond / 4);
  }
}

struct Asked {
  uint32_t request = 0;        // sched::Attention
  uint64_t when_asked_ns = 1;  // what it assisted in an allocation while it was asked
  uint64_t afterwards_ns = 0;  // the same in its next allocation
};

Task<void> owe_and_be_asked_to_stop(Asked* asked) {
  sched::G* g = co_await sched::self();
  Local<Debtor> head;
  co_await begin_to_mark(&head);
  make_bytes(64);  // the first of a cycle forgets what was owed before
  g->gc_assist_bytes = -(int64_t{1} << 40);
  uint64_t before = g->gc_assist_ns;
  g->attention.store(asked->request);
  make_bytes(64);
  asked->when_asked_ns = g->gc_assist_ns - before;
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
    EXPECT_DONE(run_collected({.procs = 1}, {.checkmark = true}, owe_and_be_asked_to_stop, &asked).ran);
    EXPECT_EQ(asked.when_asked_ns, 0u);
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

struct Resize {
  Phase asked_in = Phase::kOff;
  Phase changed_in = Phase::kMark;
};

Task<void> change_procs_while_marking(Resize* resize) {
  Local<Debtor> head;
  co_await begin_to_mark(&head);
  Collector& gc = collector();
  resize->asked_in = gc.phase();
  co_await sched::set_procs(1);
  resize->changed_in = gc.phase();
}

// debug.go: GOMAXPROCS stops the world with stopTheWorldGC. A dedicated worker of a collection with more Ps would keep the last one until marking ends.
TEST(Collections, GomaxprocsChangesBetweenThem) {
  Resize resize;
  const sched::Ran ran = run_collected({.procs = 8}, {.checkmark = true}, change_procs_while_marking, &resize).ran;
  EXPECT_DONE(ran);
  EXPECT_EQ(resize.asked_in, Phase::kMark);
  EXPECT_EQ(resize.changed_in, Phase::kOff);
  const observe::Event* changed = ran.first(observe::EventKind::kGomaxprocs);
  const observe::Event* marked = ran.first(observe::EventKind::kGcMarked);
  ASSERT_TRUE(changed != nullptr && marked != nullptr);
  EXPECT_GE(changed->time_ns, marked->time_ns);
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

// ---- Finalizers of objects that share a block ----

struct Tinies {
  static constexpr int kObjects = 100;
  int first_round = 0;
  int in_all = 0;
  int wrong = 0;
};

// Fifteen bytes each fill a block; the block that the P still packs into stays through the first collection (gcMarkTinyAllocs): in Go 99 of 100.
Task<void> finalize_tinies(Tinies* state) {
  for (int i = 0; i < Tinies::kObjects; ++i) {
    uint8_t* object = make_bytes(15);
    object[3] = 77;
    set_finalizer(object, [](void* given, uint64_t argument) {
      auto* tinies = reinterpret_cast<Tinies*>(argument);
      ++tinies->in_all;
      tinies->wrong += static_cast<uint8_t*>(given)[3] == 77 ? 0 : 1;
    }, reinterpret_cast<uint64_t>(state));
  }
  co_await collector().collect();
  for (int i = 0; i < 200; ++i) co_await sched::gosched();
  state->first_round = state->in_all;
  co_await collector().collect();
  for (int i = 0; i < 200; ++i) co_await sched::gosched();
}

TEST(Finalizers, TheBlockThatTinyObjectsArePackedIntoStaysForOneCycle) {
  Tinies state;
  EXPECT_DONE(run_collected({.procs = 1}, {.checkmark = true, .poison = true}, finalize_tinies, &state).ran);
  EXPECT_EQ(state.first_round, Tinies::kObjects - 1);
  EXPECT_EQ(state.in_all, Tinies::kObjects);
  EXPECT_EQ(state.wrong, 0);
}

struct Given {
  void* object = nullptr;
  void* finalized = nullptr;
  bool weak_found_it = false;
};

// Over 512 bytes with slots: the object begins eight bytes into its slot.
Task<void> finalize_with_header(Given* given) {
  auto* array = make_array<Ref<Debtor>>(100);
  given->object = array;
  Weak<Ref<Debtor>> weak(array);
  given->weak_found_it = weak.get() == array;
  set_finalizer(array, [](void* object, uint64_t argument) { reinterpret_cast<Given*>(argument)->finalized = object; }, reinterpret_cast<uint64_t>(given));
  co_await collector().collect();
  for (int i = 0; i < 100; ++i) co_await sched::gosched();
}

TEST(Finalizers, AreHandedTheAddressThatTheUserGave) {
  Given given;
  EXPECT_DONE(run_collected({.procs = 1}, {.checkmark = true}, finalize_with_header, &given).ran);
  EXPECT_EQ(given.finalized, given.object);
  EXPECT_TRUE(given.weak_found_it);
}

// ---- Objects of no bytes ----

struct Empty {
  bool one_address = false;
  bool weak_holds = false;
  int happened = 0;
};

Task<void> make_nothing(Empty* state) {
  uint8_t* bytes = make_bytes(0);
  Local<Ref<Debtor>> array = make_array<Ref<Debtor>>(0);
  state->one_address = static_cast<void*>(bytes) == array.get() && make_array<uint64_t>(0) == static_cast<void*>(bytes);
  set_finalizer(bytes, [](void*, uint64_t argument) { ++reinterpret_cast<Empty*>(argument)->happened; }, reinterpret_cast<uint64_t>(state));
  add_cleanup(bytes, [](uint64_t argument) { ++reinterpret_cast<Empty*>(argument)->happened; }, reinterpret_cast<uint64_t>(state));
  Weak<uint8_t> weak(bytes);
  for (int i = 0; i < 3; ++i) co_await collector().collect();
  for (int i = 0; i < 100; ++i) co_await sched::gosched();
  state->weak_holds = weak.get() == bytes;
}

TEST(ZeroSize, HasOneAddressAndNothingHappensToIt) {
  Empty state;
  EXPECT_DONE(run_collected({.procs = 1}, {.checkmark = true, .poison = true}, make_nothing, &state).ran);
  EXPECT_TRUE(state.one_address);
  EXPECT_TRUE(state.weak_holds);
  EXPECT_EQ(state.happened, 0);
}

// ---- Near the end of the arena ----

struct Churn {
  uint64_t bytes = 0;      // to allocate, each goroutine
  size_t object = 0;       // bytes of an object
  uint32_t goroutines = 1;
  size_t kept_bytes = 0;   // that live all the time
  std::atomic<uint32_t> left{0};
};

Task<void> churn(Churn* state) {
  uint64_t since = 0;
  for (uint64_t done = 0; done < state->bytes; done += state->object) {
    make_bytes(state->object);
    since += state->object;
    if (since < 32 << 10) continue;
    co_await sched::checkpoint(kMicrosecond);
    since = 0;
  }
  state->left.fetch_sub(1);
}

Task<void> churn_main(Churn* state) {
  Local<uint8_t> kept = state->kept_bytes == 0 ? nullptr : make_bytes(state->kept_bytes);
  state->left.store(state->goroutines);
  for (uint32_t i = 0; i < state->goroutines; ++i) co_await sched::go("churn", churn(state));
  while (state->left.load() > 0) co_await sched::gosched();
}

class NearTheEnd : public sched::EveryRun {};
INSTANTIATE_TEST_SUITE_P(Procs, NearTheEnd, testing::Combine(testing::Values(1u, 2u, 4u, 8u), testing::Values(Time::kReal, Time::kVirtual)), sched::run_name);

// A goal beyond the budget (more than half of it lives, or GOGC is off) must not let the run die while there is garbage.
TEST_P(NearTheEnd, CollectionsComeBeforeTheArenaIsFull) {
  for (const int64_t gogc : {int64_t{100}, int64_t{1000}, kGcOff}) {
    for (const size_t object : {size_t{64}, size_t{2048}, size_t{40'000}}) {
      Churn state{.bytes = 24 << 20, .object = object, .goroutines = 3, .kept_bytes = size_t{9} << 20};
      const Collected out = run_collected(settings(), {.pacing = {.gogc = gogc}, .arena_bytes = size_t{16} << 20}, churn_main, &state);
      EXPECT_DONE(out.ran) << ", GOGC " << gogc << ", objects of " << object << " bytes";
      EXPECT_GE(out.figures.cycles, 3u) << gogc << ", " << object;
    }
  }
}

// A goal that the next object would leap over, for it is larger than the headroom.
TEST_P(NearTheEnd, WhoMakesLargeObjectsWaitsUntilThereIsRoomForTheNext) {
  for (const int64_t gogc : {int64_t{100}, int64_t{1000}, kGcOff}) {
    for (const size_t object : {size_t{1} << 20, size_t{3} << 20, size_t{6} << 20}) {
      Churn state{.bytes = 48 << 20, .object = object, .kept_bytes = size_t{3} << 20};
      const Collected out = run_collected(settings(), {.pacing = {.gogc = gogc}, .arena_bytes = size_t{16} << 20}, churn_main, &state);
      EXPECT_DONE(out.ran) << ", GOGC " << gogc << ", objects of " << object << " bytes";
      EXPECT_GE(out.figures.cycles, 3u) << gogc << ", " << object;
    }
  }
}

// Each would take spans before it is told to wait; so those that have not begun do not begin.
TEST_P(NearTheEnd, ManyGoroutinesDoNotTakeEachOthersRoom) {
  for (const size_t object : {size_t{112}, size_t{256} << 10}) {
    Churn state{.bytes = object * (object < 1024 ? 1000 : 4), .object = object, .goroutines = object < 1024 ? 1000u : 100u};
    const Collected out = run_collected(settings(), {.pacing = {.gogc = kGcOff}, .arena_bytes = size_t{16} << 20}, churn_main, &state);
    EXPECT_DONE(out.ran) << ", objects of " << object << " bytes";
    EXPECT_GE(out.figures.cycles, 5u) << object;
  }
}

// Allocations do not wait: what one function makes between two suspensions must fit.
TEST(LargeObjects, ThatFindNoRoomThoughThereIsGarbageSaySo) {
  struct Nothing {
  } nothing_left;
  const Collected out = run_collected({.procs = 1}, {.pacing = {.gogc = kGcOff}, .arena_bytes = size_t{16} << 20}, +[](Nothing*) -> Task<void> {
    for (int i = 0; i < 4; ++i) make_bytes(size_t{5} << 20);
    co_await sched::checkpoint(1);
  }, &nothing_left);
  EXPECT_EQ(out.ran.outcome.state, RunState::kPanicked);
  EXPECT_NE(out.ran.outcome.message.find("runtime: out of memory: cannot allocate 5242880-byte block (15728640 of 16777216 in use, 15728640 of it since the last collection;"), std::string::npos)
      << out.ran.outcome.message;
}

TEST_P(NearTheEnd, WhatReallyLivesBeyondTheBudgetEndsTheRunInWords) {
  struct Greedy {
    uint32_t made = 0;
  } greedy;
  const Collected out = run_collected(settings(), {.arena_bytes = size_t{8} << 20}, +[](Greedy* state) -> Task<void> {
    Local<Debtor> head;
    for (int i = 0; i < 1'000'000; ++i) {
      Debtor* debtor = make<Debtor>();
      debtor->next = head.get();
      head = debtor;
      ++state->made;
      co_await sched::checkpoint(100);
    }
  }, &greedy);
  EXPECT_EQ(out.ran.outcome.state, RunState::kPanicked);
  EXPECT_NE(out.ran.outcome.message.find("out of memory"), std::string::npos) << out.ran.outcome.message;
  EXPECT_GT(greedy.made, (size_t{8} << 20) / 64 * 9 / 10) << "nearly all of the arena is used first";
}

TEST(Lifeboats, HaveNoFinalizersCleanupsOrWeakPointersAndNothingCrashes) {
  struct Nothing {
    bool weak_is_null = false;
  } nothing_left;
  const Collected out = run_collected({.procs = 1}, {.arena_bytes = size_t{4} << 20}, +[](Nothing* state) -> Task<void> {
    Local<uint8_t> most = make_bytes((size_t{4} << 20) - (16 << 10));
    for (int i = 0; i < 10'000; ++i) {
      auto* debtor = make<Debtor>();
      set_finalizer(debtor, [](void*, uint64_t) {}, 0);
      add_cleanup(debtor, [](uint64_t) {}, 0);
      state->weak_is_null = Weak<Debtor>(debtor).get() == nullptr;
    }
    co_await sched::checkpoint(1);
  }, &nothing_left);
  EXPECT_EQ(out.ran.outcome.state, RunState::kPanicked);
  EXPECT_TRUE(nothing_left.weak_is_null);
}

// Far below the budget Go's formula holds to the byte; above, the goal stays short of the end.
TEST(Pacing, TheBudgetCapsTheGoalAndNothingElse) {
  Pacer pacer({.gogc = 100});
  MemoryFigures memory{.budget = uint64_t{64} << 20};
  EXPECT_EQ(Pacer::headroom(memory.budget), memory.budget / 100 * 3);
  EXPECT_EQ(pacer.goal(memory), 4'194'304u);
  pacer.reset_live(uint64_t{20} << 20);
  pacer.commit(true, 0);
  EXPECT_EQ(pacer.goal(memory), uint64_t{40} << 20);
  pacer.reset_live(uint64_t{40} << 20);
  pacer.commit(true, 0);
  EXPECT_EQ(pacer.goal(memory), memory.budget - Pacer::headroom(memory.budget));
  EXPECT_LE(pacer.trigger(memory), pacer.goal(memory));
  Pacer off({.gogc = kGcOff});
  EXPECT_EQ(off.goal(memory), memory.budget - Pacer::headroom(memory.budget));
  EXPECT_EQ(off.goal({}), kUnlimited);
}

}  // namespace
}  // namespace samovar::gc
