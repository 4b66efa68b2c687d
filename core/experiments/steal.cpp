// steal: one goroutine starts all the work; how does it get to the other Ps?
//
// All tasks are in the ring of one P. A P that has nothing looks at the others in random order and takes half of what
// it finds, rounded up, from the head; so the work is spread in a few steals, not one task at a time. (Go 1.26:
// stealWork, runqgrab.) In real Go 400 tasks of 200 us on 2 Ps take 43 ms where one P would need 80.
#include <array>
#include <atomic>

#include "experiments/registry.h"
#include "experiments/work.h"
#include "sync/waitgroup.h"

namespace samovar::experiments {

namespace {

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::integer("tasks", 200, {1, 100'000}, "goroutines", "How many goroutines one goroutine starts."),
    ParameterSpec::duration("task", 200 * kMicrosecond, {0, 100 * kMillisecond}, "How long each of them computes."),
};

constexpr std::string_view kCharts[] = {"steals", "queues", "goroutines", "latency"};

struct Steal {
  Context& context;
  const uint64_t tasks;
  const uint64_t task_ns;
  std::array<std::atomic<uint32_t>, sched::kMaxProcs>
      ran{};                          // tasks by P; relaxed: read after all have been waited for
  std::atomic<uint64_t> finished{0};  // relaxed: a figure
  sync::WaitGroup done;
};

sched::Task<void> task(Steal* run) {
  co_await work_for(run->task_ns);
  const Place place = co_await here();
  run->ran[place.p].fetch_add(1, std::memory_order_relaxed);
  run->context.progress(run->finished.fetch_add(1, std::memory_order_relaxed) + 1, run->tasks);
  co_await run->done.done();
}

void write_ps(Context& context, const Steal& run) {
  base::JsonWriter& json = context.result();
  json.key("ps");
  json.begin_array();
  for (uint32_t i = 0; i < context.scheduler().procs(); ++i) {
    const sched::P& p = context.scheduler().proc(i);
    json.begin_object();
    json.field("p", i);
    json.field("tasks", run.ran[i].load(std::memory_order_relaxed));
    json.field("steals", p.steals.get());
    json.field("stolen", p.stolen.get());
    json.field("stolen_from", p.stolen_from.load(std::memory_order_relaxed));
    json.end_object();
  }
  json.end_array();
}

// What is known of the run, whether it has come to its end or not.
void write_known(Context& context, const Steal& run, uint64_t duration_ns) {
  const uint64_t finished = run.finished.load(std::memory_order_relaxed);
  const Totals totals = totals_of(context.scheduler());
  write_number(context, "duration_ns", duration_ns, "ns");
  if (finished == run.tasks) {
    const uint64_t serial_ns = run.tasks * run.task_ns;
    write_number(context, "serial_ns", serial_ns, "ns");
    write_number(context, "ideal_ns", serial_ns / context.scheduler().procs(), "ns");
    if (duration_ns > 0) {
      write_number(context, "speedup", static_cast<double>(serial_ns) / static_cast<double>(duration_ns), "x");
    }
  } else {
    write_number(context, "tasks_finished", finished, "tasks");
  }
  write_number(context, "steals", totals.steals, "steals");
  write_number(context, "stolen", totals.stolen, "goroutines");
  write_ps(context, run);
}

sched::Task<void> steal(Context& context) {
  const Parameters& parameters = context.parameters();
  Steal run{.context = context,
            .tasks = static_cast<uint64_t>(parameters.integer("tasks")),
            .task_ns = static_cast<uint64_t>(parameters.duration_ns("task")),
            .done = sync::WaitGroup()};
  context.progress(0, run.tasks);
  const uint64_t start = co_await now();
  const SoFar so_far(context, start, [&](uint64_t duration_ns) { write_known(context, run, duration_ns); });
  co_await run.done.add(static_cast<int32_t>(run.tasks));
  for (uint64_t i = 0; i < run.tasks; ++i) {
    co_await sched::go("task", task(&run));
    co_await sched::checkpoint();
  }
  co_await run.done.wait();
  const uint64_t end = co_await now();
  write_known(context, run, end - start);
  context.progress(run.tasks, run.tasks);
}

}  // namespace

const ExperimentSpec kSteal = {
    .name = "steal",
    .title = "Stealing work",
    .verb = "Steal",
    .group = "scheduler",
    .question = "How does work get to the Ps that have none?",
    .shows = "One P is given all the work, and the others take half of what they find until all have enough.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = steal,
    .progress_unit = "tasks",
};

}  // namespace samovar::experiments
