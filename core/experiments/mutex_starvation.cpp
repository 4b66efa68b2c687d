// mutex-starvation: a greedy goroutine takes a mutex again as soon as it has released it; when does another get it?
//
// A woken waiter has to compete with the greedy one, which runs already and wins. But a waiter that has waited for more
// than 1 ms switches the mutex to starvation mode: then Unlock hands it over. In real Go the waiter gets it after
// 1.08 to 1.17 ms, which is 10 to 11 holds of 100 us. (Go 1.26: internal/sync, lockSlow.) It takes two Ps: on one, the
// waiter does not even run before the greedy goroutine is preempted.
#include <atomic>

#include "experiments/registry.h"
#include "experiments/work.h"
#include "sync/mutex.h"
#include "sync/waitgroup.h"

namespace samovar::experiments {

namespace {

constexpr size_t kListed = 1000;

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::duration("hold", 100 * kMicrosecond, {0, 10 * kMillisecond},
                            "How long the greedy one holds the mutex."),
    ParameterSpec::integer("rounds", 10, {1, 1000}, "rounds", "How often the other one wants the mutex."),
    ParameterSpec::integer("greedy", 1, {1, 100}, "goroutines", "How many greedy goroutines there are."),
};

constexpr std::string_view kCharts[] = {"latency", "goroutines", "queues"};

struct Starvation {
  uint64_t hold_ns = 0;
  std::atomic<bool> over{false};   // relaxed: to be noticed soon
  std::atomic<uint64_t> holds{0};  // by greedy ones; relaxed: a count
  sync::Mutex mutex;
  sync::WaitGroup done;
};

sched::Task<void> greedy(Starvation* run) {
  while (!run->over.load(std::memory_order_relaxed)) {
    co_await run->mutex.lock();
    run->holds.fetch_add(1, std::memory_order_relaxed);
    co_await work_for(run->hold_ns);
    co_await run->mutex.unlock();
    co_await sched::checkpoint(10);
  }
  co_await run->done.done();
}

// What is known of the run, whether it has come to its end or not.
void write_known(Context& context, const Samples& waits, const Samples& holds) {
  waits.write(context, "wait");
  waits.write_list(context, "waits", kListed);
  base::JsonWriter& json = context.result();
  json.key("greedy_holds");
  json.begin_array();
  for (size_t i = 0; i < holds.size(); ++i) json.value(holds[i]);
  json.end_array();
  context.unit("greedy_holds", "holds");
  write_number(context, "preemptions", totals_of(context.scheduler()).preempted, "preemptions");
}

sched::Task<void> mutex_starvation(Context& context) {
  const auto rounds = static_cast<uint64_t>(context.parameters().integer("rounds"));
  const int64_t greedy_count = context.parameters().integer("greedy");
  Starvation run;
  run.hold_ns = static_cast<uint64_t>(context.parameters().duration_ns("hold"));
  co_await run.done.add(static_cast<int32_t>(greedy_count));
  for (int64_t i = 0; i < greedy_count; ++i) co_await sched::go("greedy", greedy(&run));
  Samples waits;
  Samples holds;
  const SoFar so_far(context, 0, [&](uint64_t) { write_known(context, waits, holds); });
  for (uint64_t round = 0; round < rounds; ++round) {
    // Let the greedy one get hold of it first.
    const uint64_t seen = run.holds.load(std::memory_order_relaxed);
    while (run.holds.load(std::memory_order_relaxed) == seen) {
      co_await sched::gosched();
      co_await sched::checkpoint(100);
    }
    const uint64_t holds_before = run.holds.load(std::memory_order_relaxed);
    const uint64_t before = co_await now();
    co_await run.mutex.lock();
    const uint64_t after = co_await now();
    const uint64_t holds_after = run.holds.load(std::memory_order_relaxed);
    co_await run.mutex.unlock();
    waits.add(after - before);
    holds.add(holds_after - holds_before);
    context.progress(round + 1, rounds);
  }
  run.over.store(true, std::memory_order_relaxed);
  co_await run.done.wait();
  write_known(context, waits, holds);
}

}  // namespace

const ExperimentSpec kMutexStarvation = {
    .name = "mutex-starvation",
    .title = "A starving mutex",
    .verb = "Lock",
    .group = "sync",
    .question = "Can one goroutine keep a mutex for itself?",
    .shows = "Another waits just over 1 ms for it: then the mutex is handed over instead of being fought for.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = mutex_starvation,
    .progress_unit = "rounds",
};

}  // namespace samovar::experiments
