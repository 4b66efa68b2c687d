// timers: many goroutines sleep until moments of their own; do they wake in order, and how late?
//
// Sleepers wait in a heap on the P that started them. Timers fire in the order of their deadlines, on whichever P looks
// first; how late depends on what the Ps are doing, and on how exactly the machine can sleep. (Go 1.26: timers.check,
// stealWork.)
#include <algorithm>
#include <vector>

#include "base/rng.h"
#include "experiments/order.h"
#include "experiments/registry.h"
#include "experiments/work.h"
#include "sync/waitgroup.h"

namespace samovar::experiments {

namespace {

constexpr uint64_t kWorkNs = 50;

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::integer("goroutines", 1000, {1, 50'000}, "goroutines", "How many goroutines sleep."),
    ParameterSpec::duration("longest", 100 * kMillisecond, {kMicrosecond, 10 * kSecond},
                            "How long a sleep is at most."),
    ParameterSpec::boolean("busy", false, "Whether one goroutine computes all the while."),
};

constexpr std::string_view kCharts[] = {"latency", "goroutines", "queues"};

struct Sleeper {
  uint64_t sleep_ns = 0;
  uint64_t due_ns = 0;
  uint64_t woke_ns = 0;
};

struct Timers {
  explicit Timers(size_t goroutines) : sleepers(goroutines), order(goroutines) {}
  std::vector<Sleeper> sleepers;  // each written by its goroutine, read after all have been waited for
  Arrivals order;
  std::atomic<bool> over{false};  // relaxed: to be noticed soon
  Context* context = nullptr;
  sync::WaitGroup done;
  sync::WaitGroup busy_done;
};

sched::Task<void> sleeper(Timers* run, uint32_t index) {
  Sleeper& self = run->sleepers[index];
  const uint64_t before = co_await now();
  self.due_ns = before + self.sleep_ns;
  co_await sched::sleep_for(static_cast<int64_t>(self.sleep_ns));
  self.woke_ns = co_await now();
  run->order.add(index);
  co_await sched::checkpoint(kWorkNs);
  if (run->order.size() % 64 == 0) run->context->progress(run->order.size(), run->sleepers.size());
  co_await run->done.done();
}

sched::Task<void> busy(Timers* run) {
  while (!run->over.load(std::memory_order_relaxed)) co_await work_for(100'000);
  co_await run->busy_done.done();
}

// How many ran after one that was due later. Not zero: those due together are readied in order, but through runnext, so
// that the last of them runs first.
uint64_t count_overtaken(const Timers& run) {
  uint64_t latest = 0;
  uint64_t overtaken = 0;
  for (size_t i = 0; i < run.order.size(); ++i) {
    const uint64_t due = run.sleepers[run.order[i]].due_ns;
    if (due < latest) ++overtaken;
    latest = std::max(latest, due);
  }
  return overtaken;
}

// What is known of the run, whether it has come to its end or not.
void write_known(Context& context, const Timers& run, uint64_t duration_ns) {
  Samples late;
  for (size_t i = 0; i < run.order.size(); ++i) {
    const Sleeper& one = run.sleepers[run.order[i]];
    late.add(one.woke_ns > one.due_ns ? one.woke_ns - one.due_ns : 0);
  }
  if (late.size() < run.sleepers.size()) write_number(context, "woken", late.size(), "goroutines");
  late.write(context, "late");
  write_number(context, "overtaken", count_overtaken(run), "goroutines");
  write_number(context, "duration_ns", duration_ns, "ns");
}

sched::Task<void> timers(Context& context) {
  const auto goroutines = static_cast<uint32_t>(context.parameters().integer("goroutines"));
  const auto longest = static_cast<uint64_t>(context.parameters().duration_ns("longest"));
  Timers run(goroutines);
  run.context = &context;
  base::Rng rng(static_cast<uint64_t>(context.parameters().integer("seed")));
  for (Sleeper& one : run.sleepers) one.sleep_ns = 1 + rng.next() % longest;
  if (context.parameters().boolean("busy")) {
    co_await run.busy_done.add(1);
    co_await sched::go("busy", busy(&run));
  }
  const uint64_t start = co_await now();
  const SoFar so_far(context, start, [&](uint64_t duration_ns) { write_known(context, run, duration_ns); });
  co_await run.done.add(static_cast<int32_t>(goroutines));
  for (uint32_t i = 0; i < goroutines; ++i) {
    co_await sched::go("sleeper", sleeper(&run, i));
    co_await sched::checkpoint();
  }
  co_await run.done.wait();
  const uint64_t duration_ns = co_await now() - start;
  run.over.store(true, std::memory_order_relaxed);
  co_await run.busy_done.wait();
  write_known(context, run, duration_ns);
  context.progress(goroutines, goroutines);
}

}  // namespace

const ExperimentSpec kTimers = {
    .name = "timers",
    .title = "Sleeping goroutines",
    .verb = "Sleep",
    .group = "scheduler",
    .question = "How late does a sleeping goroutine wake?",
    .shows =
        "Sleepers wake in the order of their deadlines, each a little late; those that are due together, in any order.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = timers,
    .progress_unit = "timers",
};

}  // namespace samovar::experiments
