// blocking-calls: goroutines make blocking system calls; what becomes of their Ps and threads?
//
// A goroutine in a call keeps its thread, but not its P: sysmon takes the P away after 20 us or more, and another
// thread runs the other goroutines on it. So there are as many threads more as goroutines in calls, and they are kept
// afterwards: in real Go 20 blocking reads take it from 3 threads to 23. (Go 1.26: entersyscall, retake, handoffp,
// exitsyscall.) The calls are simulated: the thread sleeps.
#include <algorithm>
#include <vector>

#include "experiments/registry.h"
#include "experiments/work.h"
#include "sync/waitgroup.h"

namespace samovar::experiments {

namespace {

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::integer("goroutines", 20, {1, 1000}, "goroutines", "How many goroutines make a blocking call."),
    ParameterSpec::duration("call", 20 * kMillisecond, {0, kSecond}, "How long each call takes."),
    ParameterSpec::integer("rounds", 2, {1, 100}, "rounds", "How often they all do so."),
};

constexpr std::string_view kCharts[] = {"goroutines", "queues", "latency"};

struct BlockingCalls {
  uint64_t call_ns = 0;
  std::vector<uint64_t> begun_ns;  // when each call of the round began; read after all have been waited for
  sync::WaitGroup done;
};

sched::Task<void> caller(BlockingCalls* run, size_t index) {
  run->begun_ns[index] = co_await now();
  co_await sched::blocking_call(run->call_ns);
  co_await run->done.done();
}

// With one P the next call begins when sysmon has taken the P from the one before: adds these times.
void add_gaps(std::vector<uint64_t> begun_ns, Samples* gaps) {
  std::sort(begun_ns.begin(), begun_ns.end());
  for (size_t i = 1; i < begun_ns.size(); ++i) gaps->add(begun_ns[i] - begun_ns[i - 1]);
}

// What is known of the run, whether it has come to its end or not.
void write_known(Context& context, const BlockingCalls& run, uint32_t threads_before, const Samples& gaps, uint64_t rounds, uint64_t duration_ns) {
  write_number(context, "threads_before", threads_before, "threads");
  write_number(context, "threads_after", context.scheduler().threads_started(), "threads");
  write_number(context, "threads_refused", context.scheduler().exhausted_threads(), "threads");
  gaps.write(context, "next_call");
  write_number(context, "duration_ns", duration_ns, "ns");
  if (rounds < static_cast<uint64_t>(context.parameters().integer("rounds"))) write_number(context, "rounds_finished", rounds, "rounds");
  write_number(context, "calls_ns", run.begun_ns.size() * rounds * run.call_ns, "ns");
}

sched::Task<void> blocking_calls(Context& context) {
  const Parameters& parameters = context.parameters();
  const auto goroutines = static_cast<size_t>(parameters.integer("goroutines"));
  const auto rounds = static_cast<uint64_t>(parameters.integer("rounds"));
  BlockingCalls run;
  run.call_ns = static_cast<uint64_t>(parameters.duration_ns("call"));
  run.begun_ns.resize(goroutines);
  const uint32_t threads_before = context.scheduler().threads_started();
  Samples gaps;
  const uint64_t start = co_await now();
  uint64_t finished = 0;  // rounds
  const SoFar so_far(context, start, [&](uint64_t duration_ns) { write_known(context, run, threads_before, gaps, finished, duration_ns); });
  while (finished < rounds) {
    co_await run.done.add(static_cast<int32_t>(goroutines));
    for (size_t i = 0; i < goroutines; ++i) co_await sched::go("caller", caller(&run, i));
    co_await run.done.wait();
    add_gaps(run.begun_ns, &gaps);
    context.progress(++finished, rounds);
  }
  const uint64_t end = co_await now();
  write_known(context, run, threads_before, gaps, finished, end - start);
}

}  // namespace

const ExperimentSpec kBlockingCalls = {
    .name = "blocking-calls",
    .title = "Blocking calls",
    .verb = "Call",
    .group = "scheduler",
    .question = "What happens to a P whose goroutine blocks in the system?",
    .shows = "The P is taken away and another thread goes on with it; the number of threads grows with the calls.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = blocking_calls,
    .common = {.procs = 1},
    .progress_unit = "rounds",
};

}  // namespace samovar::experiments
