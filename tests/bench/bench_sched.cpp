// What the scheduler's operations cost, on threads, for real.
//
// Each iteration is one Scheduler::run with a batch of operations inside; the scheduler's own making and the run's begin and end are not
// timed (manual time, read on the goroutine). "items_per_second" are operations; tests/bench/compare prints ns an operation beside
// those of real Go (tests/bench/go does the same things).

#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "platform/clock.h"
#include "platform/worker_pool.h"
#include "sched/ops.h"
#include "sched/scheduler.h"

namespace samovar::sched {
namespace {

platform::WorkerPool& workers() {
  static platform::WorkerPool pool(platform::max_threads() == 0 ? 0 : 128);
  return pool;
}

struct Batch {
  int goroutines = 1;
  int64_t operations = 0;    // that all do together
  uint64_t elapsed_ns = 0;
  int64_t left = 0;          // of those that have not finished; one P only
  G* waiting = nullptr;
};

// Runs `body` again and again at `procs`, as long as the library wants.
void measure(benchmark::State& state, uint32_t procs, Task<void> (*body)(Batch*), Batch batch) {
  struct Call {
    Task<void> (*body)(Batch*);
    Batch batch;
  };
  int64_t operations = 0;
  for (auto _ : state) {
    Options options;
    options.procs = procs;
    options.virtual_time = platform::max_threads() == 0;
    options.event_bytes = 1 << 20;
    options.workers = &workers();
    Scheduler scheduler(options);
    Call call{body, batch};
    scheduler.run([](void* argument) -> Task<void> {
      auto* c = static_cast<Call*>(argument);
      return c->body(&c->batch);
    }, &call);
    state.SetIterationTime(static_cast<double>(call.batch.elapsed_ns) * 1e-9);
    operations += call.batch.operations;
  }
  state.SetItemsProcessed(operations);
}

// ---- Parking until the last of a batch is done, on one P ----

struct AwaitBatch : Op {
  AwaitBatch(Op op, Batch* batch_) : Op(op), batch(batch_) {}
  Batch* batch;
  bool await_ready() { return batch->left == 0; }
  void await_suspend(std::coroutine_handle<>) {
    batch->waiting = g;
    g->m->scheduler->park(g, WaitReason::kSyncWaitGroupWait, nullptr, nullptr);
  }
  void await_resume() {}
};
struct LeaveBatch : Op {
  LeaveBatch(Op op, Batch* batch_) : Op(op), batch(batch_) {}
  Batch* batch;
  bool await_ready() {
    if (--batch->left == 0 && batch->waiting != nullptr) g->m->scheduler->ready(g->m, std::exchange(batch->waiting, nullptr));
    return true;
  }
  void await_suspend(std::coroutine_handle<>) {}
  void await_resume() {}
};

// ---- Spawn and exit, 1000 at a time ----

Task<void> leave_batch(Batch* batch) { co_await LeaveBatch({}, batch); }

Task<void> spawn_exit(Batch* batch) {
  const uint64_t begin = platform::now_ns();
  for (int round = 0; round < 200; ++round) {
    batch->left = 1000;
    for (int i = 0; i < 1000; ++i) co_await go("short", leave_batch(batch));
    co_await AwaitBatch({}, batch);
  }
  batch->elapsed_ns = platform::now_ns() - begin;
  batch->operations = 200 * 1000;
}
void BM_SpawnExit(benchmark::State& state) { measure(state, 1, spawn_exit, {}); }
BENCHMARK(BM_SpawnExit)->Name("sched/spawn_exit/1000")->UseManualTime()->Unit(benchmark::kMillisecond);

// ---- Gosched: 2, 10, 100 goroutines, and alone ----

Task<void> yielder(Batch* batch, int64_t times) {
  for (int64_t i = 0; i < times; ++i) co_await gosched();
  co_await LeaveBatch({}, batch);
}

Task<void> yields(Batch* batch) {
  constexpr int64_t kYields = 400'000;
  const int64_t each = kYields / batch->goroutines;
  const uint64_t begin = platform::now_ns();
  batch->left = batch->goroutines;
  for (int i = 0; i < batch->goroutines; ++i) co_await go("yielder", yielder(batch, each));
  co_await AwaitBatch({}, batch);
  batch->elapsed_ns = platform::now_ns() - begin;
  batch->operations = each * batch->goroutines;
}
void BM_Yield(benchmark::State& state) { measure(state, 1, yields, {.goroutines = static_cast<int>(state.range(0))}); }
BENCHMARK(BM_Yield)->Name("sched/yield")->Arg(1)->Arg(2)->Arg(10)->Arg(100)->UseManualTime()->Unit(benchmark::kMillisecond);

// ---- Two goroutines that ready each other in turn ----

struct HandOver : Op {
  HandOver(Op op, Batch* batch_) : Op(op), batch(batch_) {}
  Batch* batch;
  bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<>) {
    G* other = std::exchange(batch->waiting, g);
    if (other != nullptr) g->m->scheduler->ready(g->m, other);
    g->m->scheduler->park(g, WaitReason::kSemacquire, nullptr, nullptr);
  }
  void await_resume() {}
};

Task<void> bouncer(Batch* batch) {
  for (;;) co_await HandOver({}, batch);
}

Task<void> park_ready(Batch* batch) {
  constexpr int kRounds = 200'000;
  co_await go("bouncer", bouncer(batch));
  co_await gosched();
  co_await gosched();
  const uint64_t begin = platform::now_ns();
  for (int i = 0; i < kRounds; ++i) co_await HandOver({}, batch);
  batch->elapsed_ns = platform::now_ns() - begin;
  batch->operations = kRounds;
}
void BM_ParkReady(benchmark::State& state) { measure(state, 1, park_ready, {}); }
BENCHMARK(BM_ParkReady)->Name("sched/park_ready_round_trip")->UseManualTime()->Unit(benchmark::kMillisecond);

// ---- A nested call ----

Task<int> callee(int n) { co_return n + 1; }

Task<void> nested_calls(Batch* batch) {
  constexpr int kCalls = 1'000'000;
  const uint64_t begin = platform::now_ns();
  int n = 0;
  for (int i = 0; i < kCalls; ++i) n = co_await callee(n);
  benchmark::DoNotOptimize(n);
  batch->elapsed_ns = platform::now_ns() - begin;
  batch->operations = kCalls;
}
void BM_NestedCall(benchmark::State& state) { measure(state, 1, nested_calls, {}); }
BENCHMARK(BM_NestedCall)->Name("sched/nested_call")->UseManualTime()->Unit(benchmark::kMillisecond);

Task<void> checkpoints(Batch* batch) {
  constexpr int kCheckpoints = 4'000'000;
  const uint64_t begin = platform::now_ns();
  for (int i = 0; i < kCheckpoints; ++i) co_await checkpoint();
  batch->elapsed_ns = platform::now_ns() - begin;
  batch->operations = kCheckpoints;
}
void BM_Checkpoint(benchmark::State& state) { measure(state, 1, checkpoints, {}); }
BENCHMARK(BM_Checkpoint)->Name("sched/checkpoint")->UseManualTime()->Unit(benchmark::kMillisecond);

// ---- Timers: start and stop, among a thousand others ----

Task<void> timers(Batch* batch) {
  constexpr int kTimers = 200'000;
  G* g = co_await self();
  std::vector<Timer> others(1000);
  for (size_t i = 0; i < others.size(); ++i) {
    others[i].when_ns = 3'600'000'000'000 + i * 1000;
    g->scheduler->start_timer(g->m, &others[i]);
  }
  Timer timer;
  const uint64_t begin = platform::now_ns();
  for (int i = 0; i < kTimers; ++i) {
    timer.when_ns = 3'600'000'000'000 + static_cast<uint64_t>(i % 1000) * 1000;
    g->scheduler->start_timer(g->m, &timer);
    g->scheduler->stop_timer(&timer);
  }
  batch->elapsed_ns = platform::now_ns() - begin;
  batch->operations = kTimers;
  for (Timer& other : others) g->scheduler->stop_timer(&other);
}
void BM_Timers(benchmark::State& state) { measure(state, 1, timers, {}); }
BENCHMARK(BM_Timers)->Name("sched/timer_start_stop/1000")->UseManualTime()->Unit(benchmark::kMillisecond);

// ---- Stealing: one goroutine spawns, all Ps work ----

struct Shared {
  std::atomic<int64_t> left{0};
  std::atomic<uint64_t> sum{0};
};

Task<void> short_work(Shared* shared) {
  uint64_t x = 88172645463325252ull;
  for (int i = 0; i < 2000; ++i) x ^= x << 13, x ^= x >> 7, x ^= x << 17;  // about 2 us
  shared->sum.fetch_add(x & 1, std::memory_order_relaxed);
  shared->left.fetch_sub(1, std::memory_order_relaxed);
  co_return;
}

Task<void> steal(Batch* batch) {
  constexpr int kTasks = 20'000;
  Shared shared;
  const uint64_t begin = platform::now_ns();
  shared.left.store(kTasks);
  for (int i = 0; i < kTasks; ++i) co_await go("work", short_work(&shared));
  int64_t left = 1;
  while (left > 0) {
    co_await gosched();
    left = shared.left.load(std::memory_order_relaxed);
  }
  batch->elapsed_ns = platform::now_ns() - begin;
  batch->operations = kTasks;
}
void BM_Steal(benchmark::State& state) { measure(state, static_cast<uint32_t>(state.range(0)), steal, {}); }
BENCHMARK(BM_Steal)->Name("sched/steal/procs")->Arg(1)->Arg(2)->Arg(4)->UseManualTime()->Unit(benchmark::kMillisecond);

// ---- The run queue alone ----

void BM_RunQueue(benchmark::State& state) {
  const bool shared = state.range(0) != 0;
  auto queue = std::make_unique<LocalQueue>();
  G g;
  for (auto _ : state) {
    for (int i = 0; i < 128; ++i) queue->push(&g, shared);
    for (int i = 0; i < 128; ++i) benchmark::DoNotOptimize(queue->pop(shared));
  }
  state.SetItemsProcessed(state.iterations() * 128);
}
BENCHMARK(BM_RunQueue)->Name("sched/run_queue_push_pop/shared")->Arg(0)->Arg(1);

}  // namespace
}  // namespace samovar::sched
