// What it costs goroutines to meet. One iteration runs a batch of operations inside a run of its own on one P (or as many as the
// argument says); "per_op" is the time of one operation, in the unit the benchmark's name implies: a round trip, an item, a pick.
//
// Beside each stands what a peer in plain C++ costs for the same thing, where there is one: a ratio of real operations.
#include <benchmark/benchmark.h>

#include <mutex>

#include "platform/worker_pool.h"
#include "sched/ops.h"
#include "sched/scheduler.h"
#include "sync/channel.h"
#include "sync/mutex.h"
#include "sync/select.h"
#include "sync/waitgroup.h"

namespace samovar::sync {
namespace {

using sched::go;
using sched::Task;

constexpr int kBatch = 200'000;

platform::WorkerPool& workers() {
  static platform::WorkerPool pool(32);
  return pool;
}

struct Batch {
  int procs;
  uint64_t elapsed_ns = 0;  // of the measured part
};

// Measures from its making to stop().
class Stopwatch {
 public:
  explicit Stopwatch(sched::G* g) : g_(g), start_(g->m->scheduler->now(g->m)) {}
  void stop(Batch* batch) { batch->elapsed_ns += g_->m->scheduler->now(g_->m) - start_; }

 private:
  sched::G* g_;
  uint64_t start_;
};

// Each iteration is one run; its set-up and its end are not counted.
template <Task<void> (*kMain)(void*)>
void run_batches(benchmark::State& state) {
  uint64_t operations = 0;
  for (auto _ : state) {
    Batch batch{static_cast<int>(state.range(0))};
    sched::Options options;
    options.procs = static_cast<uint32_t>(batch.procs);
    options.event_bytes = 1 << 20;
    options.workers = &workers();
    sched::Scheduler scheduler(options);
    const auto outcome = scheduler.run(kMain, &batch);
    if (outcome.state != sched::RunState::kDone) return state.SkipWithError(outcome.message.c_str());
    state.SetIterationTime(static_cast<double>(batch.elapsed_ns) * 1e-9);
    operations += kBatch;
  }
  state.SetItemsProcessed(static_cast<int64_t>(operations));
  state.counters["per_op"] =
      benchmark::Counter(static_cast<double>(operations), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

Task<void> echo(Channel<int> in, Channel<int> out) {
  for (;;) {
    auto [value, ok] = co_await in.receive();
    if (!ok) co_return;
    co_await out.send(value);
  }
}

Task<void> ping_pong(void* argument) {
  auto there = co_await make_channel<int>();
  auto back = co_await make_channel<int>();
  co_await go("echo", echo(there, back));
  Stopwatch watch(co_await sched::self());
  for (int i = 0; i < kBatch; ++i) {
    co_await there.send(i);
    co_await back.receive();
  }
  watch.stop(static_cast<Batch*>(argument));
  co_await there.close();
}

Task<void> buffered_alone(void* argument) {
  auto channel = co_await make_channel<int>(128);
  Stopwatch watch(co_await sched::self());
  for (int i = 0; i < kBatch; ++i) {
    co_await channel.send(i);
    co_await channel.receive();
  }
  watch.stop(static_cast<Batch*>(argument));
}

Task<void> produce(Channel<int> channel) {
  for (int i = 0; i < kBatch; ++i) co_await channel.send(i);
  co_await channel.close();
}

Task<void> producer_consumer(void* argument) {
  auto channel = co_await make_channel<int>(128);
  co_await go("producer", produce(channel));
  Stopwatch watch(co_await sched::self());
  for (;;) {
    auto [value, ok] = co_await channel.receive();
    if (!ok) break;
  }
  watch.stop(static_cast<Batch*>(argument));
}

Task<void> select_two_ready(void* argument) {
  auto a = co_await make_channel<int>(1);
  auto b = co_await make_channel<int>(1);
  co_await a.send(0);
  co_await b.send(0);
  Stopwatch watch(co_await sched::self());
  for (int i = 0; i < kBatch; ++i) {
    if (co_await select(receive_case(a), receive_case(b)) == 0) {
      co_await a.send(i);
    } else {
      co_await b.send(i);
    }
  }
  watch.stop(static_cast<Batch*>(argument));
}

Task<void> mutex_alone(void* argument) {
  Mutex mutex;
  Stopwatch watch(co_await sched::self());
  for (int i = 0; i < kBatch; ++i) {
    co_await mutex.lock();
    co_await mutex.unlock();
  }
  watch.stop(static_cast<Batch*>(argument));
}

Task<void> contend(Mutex* mutex, int* count, int times, WaitGroup* done) {
  for (int i = 0; i < times; ++i) {
    co_await mutex->lock();
    benchmark::DoNotOptimize(++*count);
    co_await mutex->unlock();
  }
  co_await done->done();
}

Task<void> mutex_contended(void* argument) {
  constexpr int kGoroutines = 8;
  Mutex mutex;
  int count = 0;
  WaitGroup done(kGoroutines);
  Stopwatch watch(co_await sched::self());
  for (int i = 0; i < kGoroutines; ++i) co_await go("contend", contend(&mutex, &count, kBatch / kGoroutines, &done));
  co_await done.wait();
  watch.stop(static_cast<Batch*>(argument));
}

void std_mutex(benchmark::State& state) {
  std::mutex mutex;
  for (auto _ : state) {
    mutex.lock();
    benchmark::ClobberMemory();
    mutex.unlock();
  }
}

BENCHMARK_TEMPLATE(run_batches, ping_pong)->Name("sync/ping_pong_round_trip")->Arg(1)->Arg(2)->UseManualTime();
BENCHMARK_TEMPLATE(run_batches, buffered_alone)->Name("sync/buffered_send_receive")->Arg(1)->Arg(2)->UseManualTime();
BENCHMARK_TEMPLATE(run_batches, producer_consumer)->Name("sync/producer_consumer_item")->Arg(1)->Arg(2)->UseManualTime();
BENCHMARK_TEMPLATE(run_batches, select_two_ready)->Name("sync/select_two_ready_refill")->Arg(1)->Arg(2)->UseManualTime();
BENCHMARK_TEMPLATE(run_batches, mutex_alone)->Name("sync/mutex_uncontended")->Arg(1)->Arg(2)->UseManualTime();
BENCHMARK_TEMPLATE(run_batches, mutex_contended)->Name("sync/mutex_contended")->Arg(1)->Arg(2)->UseManualTime();
BENCHMARK(std_mutex)->Name("sync/peer_std_mutex_uncontended");

}  // namespace
}  // namespace samovar::sync
