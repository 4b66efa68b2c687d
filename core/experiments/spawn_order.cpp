// spawn-order: one goroutine starts many and waits; in which order do they run?
//
// Not in the order of the go statements: the newest takes runnext and kicks the one before it to the tail of the
// ring, so with one P the last runs first and the others follow in order. From 258 on in an empty queue the ring
// overflows: half of it, 128 goroutines, and the kicked one go to the global queue in one batch, where each 61st tick
// takes one out of turn. (Go 1.26: runqput, runqputslow, findRunnable.) With the default tick and queue and 600
// goroutines the order is, one for one, that of a Go program.
#include "experiments/order.h"
#include "experiments/registry.h"
#include "sync/waitgroup.h"

namespace samovar::experiments {

namespace {

constexpr uint64_t kWorkNs = 20;  // writing a number into a list

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::integer("goroutines", 10, {1, 2000}, "goroutines", "How many goroutines one goroutine starts."),
    ParameterSpec::integer("queued", 2, {0, 200}, "goroutines",
                           "How many others wait in the queue before them, as two of Go's own do in a new program."),
    ParameterSpec::integer("tick", 4, {0, kGlobalTicks - 1}, "ticks", kTickHelp),
};

constexpr std::string_view kCharts[] = {"order", "queues", "goroutines"};

struct SpawnOrder {
  explicit SpawnOrder(size_t goroutines) : order(goroutines) {}
  Arrivals order;
  sync::WaitGroup done;
};

sched::Task<void> enter(SpawnOrder* run, uint32_t index) {
  run->order.add(index);
  co_await sched::checkpoint(kWorkNs);
  co_await run->done.done();
}

sched::Task<void> background() {
  co_return;
}

sched::Task<void> spawn_order(Context& context) {
  const auto goroutines = static_cast<uint32_t>(context.parameters().integer("goroutines"));
  SpawnOrder run(goroutines);
  co_await wait_for_tick(static_cast<uint32_t>(context.parameters().integer("tick")));
  for (int64_t i = context.parameters().integer("queued"); i > 0; --i) co_await sched::go("background", background());
  co_await run.done.add(static_cast<int32_t>(goroutines));
  const Place start = co_await here();
  // No checkpoint in this loop, so that nothing but the go statements shapes the queue: 2000 take 0.2 ms.
  for (uint32_t i = 0; i < goroutines; ++i) co_await sched::go("spawned", enter(&run, i));
  co_await run.done.wait();

  write_order(context, "order", run.order);
  write_start(context, start);
  context.progress(goroutines, goroutines);
}

}  // namespace

const ExperimentSpec kSpawnOrder = {
    .name = "spawn-order",
    .title = "The order of go statements",
    .verb = "Spawn",
    .group = "scheduler",
    .question = "In which order do new goroutines run?",
    .shows = "The last goroutine started runs first, the others follow in order, until the ring of 256 overflows.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = spawn_order,
    .common = {.procs = 1},
    .progress_unit = "goroutines",
};

}  // namespace samovar::experiments
