// pipeline: values pass through a row of goroutines, each with a little work to do.
//
// Without buffers every hand-over is a meeting of two goroutines; with buffers a stage works off a batch before it
// switches. With several Ps the stages spread over them, if there is enough work in each to be worth it.
#include "experiments/registry.h"
#include "experiments/work.h"
#include "sync/channel.h"

namespace samovar::experiments {

namespace {

constexpr uint64_t kBatch = 64;  // values between two reports

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::integer("stages", 8, {1, 1000}, "goroutines", "How many goroutines each value passes through."),
    ParameterSpec::integer("values", 2000, {1, 1'000'000}, "values", "How many values pass through."),
    ParameterSpec::integer("buffer", 0, {0, 4096}, "values", "How many values each channel holds."),
    ParameterSpec::duration("work", 2 * kMicrosecond, {0, 10 * kMillisecond}, "How long a stage works on each value."),
};

constexpr std::string_view kCharts[] = {"work_rate", "goroutines", "queues", "steals", "latency"};

struct Pipeline {
  uint64_t work_ns = 0;
};

using Pipe = sync::Channel<uint64_t>;

sched::Task<void> stage(const Pipeline* run, Pipe in, Pipe out) {
  for (;;) {
    const auto received = co_await in.receive();
    if (!received.ok) break;
    co_await work_for(run->work_ns);
    co_await out.send(received.value + 1);
  }
  co_await out.close();
}

sched::Task<void> source(Pipe out, uint64_t values) {
  for (uint64_t i = 0; i < values; ++i) co_await out.send(i);
  co_await out.close();
}

// What has come out at the end.
struct Received {
  uint64_t values = 0;
  bool in_order = true;
};

// What is known of the run, whether it has come to its end or not.
void write_known(Context& context, const Pipeline& run, const Received& received, uint64_t duration_ns) {
  const auto values = static_cast<uint64_t>(context.parameters().integer("values"));
  const auto stages = static_cast<uint64_t>(context.parameters().integer("stages"));
  write_number(context, "values", received.values, "values");
  context.result().field("in_order", received.in_order);
  write_number(context, "duration_ns", duration_ns, "ns");
  write_rate(context, "values_per_second", received.values, duration_ns, "values/s");
  if (received.values == values) write_number(context, "work_ns", values * stages * run.work_ns, "ns");
}

sched::Task<void> pipeline(Context& context) {
  const Parameters& parameters = context.parameters();
  const auto values = static_cast<uint64_t>(parameters.integer("values"));
  const int64_t stages = parameters.integer("stages");
  const int64_t buffer = parameters.integer("buffer");
  Pipeline run;
  run.work_ns = static_cast<uint64_t>(parameters.duration_ns("work"));

  Received received;
  const uint64_t start = co_await now();
  const SoFar so_far(context, start, [&](uint64_t duration_ns) { write_known(context, run, received, duration_ns); });
  Pipe end = co_await sync::make_channel<uint64_t>(buffer);
  co_await sched::go("source", source(end, values));
  for (int64_t i = 0; i < stages; ++i) {
    Pipe next = co_await sync::make_channel<uint64_t>(buffer);
    co_await sched::go("stage", stage(&run, end, next));
    end = next;
  }
  for (;;) {
    const auto value = co_await end.receive();
    if (!value.ok) break;
    received.in_order = received.in_order && value.value == received.values + static_cast<uint64_t>(stages);
    if (++received.values % kBatch == 0) {
      context.add_work(kBatch);
      context.progress(received.values, values);
    }
  }
  const uint64_t duration_ns = co_await now() - start;
  context.add_work(received.values % kBatch);
  write_known(context, run, received, duration_ns);
  context.progress(values, values);
}

}  // namespace

const ExperimentSpec kPipeline = {
    .name = "pipeline",
    .title = "A pipeline",
    .verb = "Run",
    .group = "sync",
    .question = "Do buffers make a pipeline faster?",
    .shows = "Values pass through a row of goroutines; how often these switch depends on the buffers between them.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = pipeline,
    .work_unit = "values",
    .progress_unit = "values",
};

}  // namespace samovar::experiments
