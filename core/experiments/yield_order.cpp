// yield-order: a goroutine starts many others and yields; how many of them run before it is back?
//
// Gosched puts it at the tail of the global queue, and a P looks there first only at each 61st tick: so it is back
// after fewer than 61 others, however many wait in the ring. Rounds differ, because the tick goes on counting: with 200
// goroutines each round comes 17 (= 200 - 3 * 61) ticks later in the count. What runs from runnext does not count.
// (Go 1.26: goschedImpl, findRunnable, execute.)
#include "experiments/order.h"
#include "experiments/registry.h"
#include "sync/waitgroup.h"

namespace samovar::experiments {

namespace {

constexpr uint64_t kWorkNs = 20;  // counting

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::integer("goroutines", 200, {1, 2000}, "goroutines",
                           "How many goroutines the yielding one starts in each round."),
    ParameterSpec::integer("rounds", 8, {1, 1000}, "rounds", "How often it does so."),
    ParameterSpec::integer("tick", 6, {0, kGlobalTicks - 1}, "ticks", kTickHelp),
};

constexpr std::string_view kCharts[] = {"returns", "queues", "goroutines"};

struct YieldOrder {
  uint32_t goroutines = 0;
  std::atomic<uint32_t> ran{0};    // of the others, in this round; relaxed throughout: a count
  uint32_t ran_before_return = 0;  // in this round; written by the yielding goroutine, read after the wait
  sync::WaitGroup done;
};

sched::Task<void> local(YieldOrder* run) {
  run->ran.fetch_add(1, std::memory_order_relaxed);
  co_await sched::checkpoint(kWorkNs);
  co_await run->done.done();
}

sched::Task<void> yielder(YieldOrder* run) {
  // No checkpoint here, so that nothing but the go statements shapes the queue.
  for (uint32_t i = 0; i < run->goroutines; ++i) co_await sched::go("local", local(run));
  co_await sched::gosched();
  run->ran_before_return = run->ran.load(std::memory_order_relaxed);
  co_await run->done.done();
}

sched::Task<void> yield_order(Context& context) {
  const Parameters& parameters = context.parameters();
  const int64_t rounds = parameters.integer("rounds");
  YieldOrder run;
  run.goroutines = static_cast<uint32_t>(parameters.integer("goroutines"));
  co_await wait_for_tick(static_cast<uint32_t>(parameters.integer("tick")));
  const Place start = co_await here();
  write_start(context, start);
  base::JsonWriter& json = context.result();
  json.key("ran_before_return");
  json.begin_array();
  for (int64_t round = 0; round < rounds; ++round) {
    run.ran.store(0, std::memory_order_relaxed);
    co_await run.done.add(static_cast<int32_t>(run.goroutines) + 1);
    co_await sched::go("yielder", yielder(&run));
    co_await run.done.wait();
    json.value(run.ran_before_return);
    context.progress(static_cast<uint64_t>(round) + 1, static_cast<uint64_t>(rounds));
  }
  json.end_array();
  context.unit("ran_before_return", "goroutines");
}

}  // namespace

const ExperimentSpec kYieldOrder = {
    .name = "yield-order",
    .title = "What Gosched gives away",
    .verb = "Yield",
    .group = "scheduler",
    .question = "How long is a goroutine away when it yields?",
    .shows =
        "A goroutine that yields is back after at most 60 others, however many wait: each 61st tick the global "
        "queue comes first.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = yield_order,
    .common = {.procs = 1},
    .progress_unit = "rounds",
};

}  // namespace samovar::experiments
