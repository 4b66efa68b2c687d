// unfair: greedy goroutines compute without ever yielding; how long does a polite one wait for its turn?
//
// sysmon notices a goroutine that has had its P for 10 ms and raises a flag, which the goroutine obeys at its next
// checkpoint. Because sysmon itself sleeps up to 10 ms, a slice is 10 to 20 ms long: in real Go the other gets the P
// back after 20 ms in the median. (Go 1.26: retake, preemptone; there a signal stops the loop, here the checkpoint
// does.)
#include <atomic>

#include "experiments/registry.h"
#include "experiments/work.h"
#include "sync/waitgroup.h"

namespace samovar::experiments {

namespace {

constexpr uint64_t kSliceNs = 100'000;
constexpr size_t kListed = 1000;

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::integer("goroutines", 1, {1, 100}, "goroutines", "How many greedy goroutines there are."),
    ParameterSpec::duration("work", 200 * kMillisecond, {kMillisecond, 10 * kSecond},
                            "How long each of them computes."),
    ParameterSpec::boolean("yields", false, "Whether the greedy ones yield of their own accord each 100 µs."),
};

constexpr std::string_view kCharts[] = {"latency", "goroutines", "queues"};

struct Unfair {
  Context& context;
  const uint32_t goroutines;
  const uint64_t work_ns;
  const bool yields;
  std::atomic<uint32_t> greedy_left;    // relaxed: to be noticed soon
  std::atomic<uint64_t> worked{0};      // slices, of all greedy ones; relaxed: a figure
  Samples waits;                         // of the polite one, read after it has been waited for
  sync::WaitGroup done;

  uint64_t slices() const { return goroutines * ((work_ns + kSliceNs - 1) / kSliceNs); }
};

sched::Task<void> greedy(Unfair* run) {
  for (uint64_t worked = 0; worked < run->work_ns; worked += kSliceNs) {
    co_await work_for(kSliceNs);
    run->context.progress(run->worked.fetch_add(1, std::memory_order_relaxed) + 1, run->slices());
    if (run->yields) co_await sched::gosched();
  }
  run->greedy_left.fetch_sub(1, std::memory_order_relaxed);
  co_await run->done.done();
}

sched::Task<void> polite(Unfair* run) {
  while (run->greedy_left.load(std::memory_order_relaxed) > 0) {
    const uint64_t before = co_await now();
    co_await sched::gosched();
    const uint64_t after = co_await now();
    run->waits.add(after - before);
    co_await sched::checkpoint(100);
  }
  co_await run->done.done();
}

// What is known of the run, whether it has come to its end or not.
void write_known(Context& context, const Unfair& run, uint64_t duration_ns) {
  write_number(context, "turns", run.waits.size(), "turns");
  run.waits.write(context, "wait");
  run.waits.write_list(context, "waits", kListed);
  write_number(context, "preemptions", totals_of(context.scheduler()).preempted, "preemptions");
  write_number(context, "duration_ns", duration_ns, "ns");
}

sched::Task<void> unfair(Context& context) {
  const Parameters& parameters = context.parameters();
  const auto goroutines = static_cast<uint32_t>(parameters.integer("goroutines"));
  Unfair run{.context = context,
             .goroutines = goroutines,
             .work_ns = static_cast<uint64_t>(parameters.duration_ns("work")),
             .yields = parameters.boolean("yields"),
             .greedy_left = goroutines,
             .waits = {},
             .done = sync::WaitGroup()};
  const uint64_t start = co_await now();
  const SoFar so_far(context, start, [&](uint64_t duration_ns) { write_known(context, run, duration_ns); });
  co_await run.done.add(static_cast<int32_t>(goroutines) + 1);
  for (uint32_t i = 0; i < goroutines; ++i) co_await sched::go("greedy", greedy(&run));
  co_await sched::go("polite", polite(&run));
  co_await run.done.wait();
  const uint64_t end = co_await now();
  write_known(context, run, end - start);
  context.progress(run.slices(), run.slices());
}

}  // namespace

const ExperimentSpec kUnfair = {
    .name = "unfair",
    .title = "A greedy goroutine",
    .verb = "Compete",
    .group = "scheduler",
    .question = "What if a goroutine never gives the P back?",
    .shows = "A polite goroutine waits some 10 to 20 ms for each turn, until the greedy one is preempted.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = unfair,
    .common = {.procs = 1},
};

}  // namespace samovar::experiments
