// When a collection begins and ends, who waits for it, and what is carried from one into the next. In virtual time, where moments can be compared.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <thread>

#include "gc/debtor.h"
#include "gc/harness.h"
#include "gc/park.h"

namespace samovar::gc {
namespace {

using sched::kMicrosecond;
using sched::Task;
using sched::RunState;
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

// ---- Nor with other Ps than it began with ----

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

}  // namespace
}  // namespace samovar::gc
