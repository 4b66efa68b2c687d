// round-robin: goroutines that yield after each piece of work take turns.
//
// A, B, C, … are started in this order, so the last of them runs first (see spawn-order). Each Gosched goes to the tail
// of the global queue, so the turns stay in that order: C0 A0 B0 C1 A1 B1 … (Go 1.26: goschedImpl.)
#include <string>

#include "experiments/order.h"
#include "experiments/registry.h"
#include "sync/waitgroup.h"

namespace samovar::experiments {

namespace {

constexpr size_t kBatch = 64;      // turns between two reports
constexpr uint64_t kWorkNs = 20;  // writing a number into a list

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::integer("goroutines", 3, {1, 1000}, "goroutines", "How many goroutines take turns."),
    ParameterSpec::integer("rounds", 3, {1, 100}, "rounds", "How many turns each of them has."),
    ParameterSpec::integer("tick", 4, {0, kGlobalTicks - 1}, "ticks", kTickHelp),
};

constexpr std::string_view kCharts[] = {"order", "queues", "goroutines"};

struct RoundRobin {
  RoundRobin(Context& context_, uint32_t goroutines, uint32_t rounds_)
      : context(context_), rounds(rounds_), turns(size_t{goroutines} * rounds_), order(turns) {}
  Context& context;
  const uint32_t rounds;
  const size_t turns;  // in all
  Arrivals order;      // goroutine * rounds + round
  sync::WaitGroup done;
};

sched::Task<void> taker(RoundRobin* run, uint32_t index) {
  for (uint32_t round = 0; round < run->rounds; ++round) {
    run->order.add(index * run->rounds + round);
    if (run->order.size() % kBatch == 0) run->context.progress(run->order.size(), run->turns);
    co_await sched::checkpoint(kWorkNs);
    co_await sched::gosched();
  }
  co_await run->done.done();
}

// A, B, … Z, AA, AB, …: as the columns of a table.
std::string letters(uint32_t index) {
  std::string out;
  for (uint32_t rest = index + 1; rest > 0; rest = (rest - 1) / 26) {
    out.insert(out.begin(), static_cast<char>('A' + (rest - 1) % 26));
  }
  return out;
}

// What is known of the run, whether it has come to its end or not.
void write_known(Context& context, const RoundRobin& run, const Place& start) {
  base::JsonWriter& json = context.result();
  json.key("order");
  json.begin_array();
  for (size_t i = 0; i < run.order.size(); ++i) {
    json.value(letters(run.order[i] / run.rounds) + std::to_string(run.order[i] % run.rounds));
  }
  json.end_array();
  write_start(context, start);
}

sched::Task<void> round_robin(Context& context) {
  const auto goroutines = static_cast<uint32_t>(context.parameters().integer("goroutines"));
  const auto rounds = static_cast<uint32_t>(context.parameters().integer("rounds"));
  RoundRobin run(context, goroutines, rounds);
  co_await wait_for_tick(static_cast<uint32_t>(context.parameters().integer("tick")));
  co_await run.done.add(static_cast<int32_t>(goroutines));
  const Place start = co_await here();
  const SoFar so_far(context, 0, [&](uint64_t) { write_known(context, run, start); });
  // No checkpoint in this loop, so that nothing but the go statements shapes the queue.
  for (uint32_t i = 0; i < goroutines; ++i) co_await sched::go("taker", taker(&run, i));
  co_await run.done.wait();
  write_known(context, run, start);
  context.progress(run.turns, run.turns);
}

}  // namespace

const ExperimentSpec kRoundRobin = {
    .name = "round-robin",
    .title = "Taking turns",
    .verb = "Take turns",
    .group = "scheduler",
    .question = "Who goes next when everybody yields?",
    .shows = "Goroutines that yield after each piece of work run one after another, always in the same order.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = round_robin,
    .common = {.procs = 1},
};

}  // namespace samovar::experiments
