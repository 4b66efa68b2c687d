#include "experiments/run.h"

#include <algorithm>
#include <utility>

#include "experiments/memory_report.h"
#include "platform/clock.h"
#include "platform/worker_pool.h"
#include "sched/ops.h"

namespace samovar::experiments {

namespace {

bool wants_virtual_time(const Parameters& parameters, const RunOptions& options) {
  const bool no_threads = options.workers == nullptr || options.workers->limit() == 0;
  return no_threads || parameters.choice("time") == "virtual";
}

bool wants_heap(const ExperimentSpec& spec, const Parameters& parameters) {
  return spec.heap.present && (spec.heap.needed == nullptr || spec.heap.needed(parameters));
}

uint64_t memory_limit_from(int64_t mebibytes) { return mebibytes == 0 ? gc::kUnlimited : static_cast<uint64_t>(mebibytes) << 20; }

// Stands in for the experiment when the system has not the memory for its heap.
sched::Task<void> without_heap() { co_await sched::fatal("runtime: cannot allocate the heap: ask for a smaller one (heap), or close what else uses memory"); }

}  // namespace

std::string_view name_of(sched::RunState state) {
  switch (state) {
    case sched::RunState::kIdle:
      return "idle";
    case sched::RunState::kRunning:
      return "running";
    case sched::RunState::kDone:
      return "done";
    case sched::RunState::kCancelled:
      return "cancelled";
    case sched::RunState::kPanicked:
      return "panicked";
    case sched::RunState::kDeadlocked:
      return "deadlocked";
    case sched::RunState::kFailed:
      return "failed";
  }
  return "";
}

Run::Run(const ExperimentSpec& spec, Parameters parameters, const RunOptions& options)
    : spec_(spec),
      parameters_(std::move(parameters)),
      options_(options),
      virtual_time_(wants_virtual_time(parameters_, options_)) {
  sched::Options sched_options;
  sched_options.procs = static_cast<uint32_t>(parameters_.integer("procs"));
  sched_options.seed = static_cast<uint64_t>(parameters_.integer("seed"));
  sched_options.virtual_time = virtual_time_;
  sched_options.event_bytes = options_.event_bytes;
  sched_options.slice_ns = options_.slice_ns;
  sched_options.workers = options_.workers;
  sched_options.schedtrace_ms = options_.schedtrace_ms;
  sched_options.schedtrace_detail = options_.scheddetail;
  scheduler_ = std::make_unique<sched::Scheduler>(sched_options);
  if (options_.schedtrace_ms > 0) scheduler_->on_schedtrace(&Run::take_trace, this);
  if (wants_heap(spec_, parameters_)) make_collector();
  context_ = std::make_unique<Context>(parameters_, *scheduler_, result_writer_, units_, signals_);
}

Run::~Run() = default;

void Run::make_collector() {
  gc::CollectorOptions options;
  options.pacing.gogc = parameters_.integer("gogc");
  options.pacing.memory_limit = memory_limit_from(parameters_.integer("memory_limit"));
  options.arena_bytes = static_cast<size_t>(parameters_.integer("heap")) << 20;
  options.marker = parameters_.choice("marker") == "classic" ? gc::MarkerKind::kClassic : gc::MarkerKind::kGreenTea;
  options.checkmark = options_.checkmark;
  options.poison = options_.poison;
  collector_ = std::make_unique<gc::Collector>(*scheduler_, options);
  if (!collector_->ok()) collector_.reset();
}

sched::Task<void> Run::main_goroutine(void* run) {
  Run& self = *static_cast<Run*>(run);
  if (self.collector_ == nullptr && wants_heap(self.spec_, self.parameters_)) return without_heap();
  return self.spec_.run(*self.context_);
}

void Run::execute() {
  begin();
  while (advance(1000)) {
  }
  finish();
}

void Run::begin() {
  result_writer_.begin_object();
  scheduler_->begin(&Run::main_goroutine, this);
  // A cancel() that came too early for the scheduler has left its mark. An exchange, as in cancel(): of two that happen
  // at the same time one sees the other, so either the mark is found here or the scheduler was running already.
  bool expected = true;
  if (signals_.cancelled.compare_exchange_strong(expected, true)) scheduler_->cancel();
}

bool Run::advance(uint32_t wall_ms) {
  return scheduler_->advance(wall_ms);
}

void Run::finish() {
  context_->write_so_far(scheduler_->elapsed_ns());  // before the scheduler destroys the frames that are left
  outcome_ = scheduler_->finish();
  result_writer_.close_to(0);  // a run cut short may have left its result open
  if (collector_ != nullptr) collector_->collect_metrics(&metrics_);
  scheduler_->collect(&metrics_);
  cost_.wall_ns = outcome_.wall_ns;
  cost_.virtual_ns = virtual_time_ ? outcome_.elapsed_ns : 0;
  cost_.events_recorded = scheduler_->log().recorded();
  cost_.digest = virtual_time_ ? scheduler_->log().digest() : 0;
  cost_.clock_resolution_ns = platform::clock_resolution_ns();
  cost_.goroutine_bytes = scheduler_->goroutine_bytes();
}

void Run::cancel() {
  signals_.cancelled.exchange(true);  // see begin()
  scheduler_->cancel();
}

void Run::request_gogc(int64_t percent) {
  if (collector_ == nullptr) return;
  gc::PacerSettings settings = collector_->settings();
  settings.gogc = std::clamp(percent, kGogcRange.min, kGogcRange.max);
  collector_->request_settings(settings);
}

void Run::request_memory_limit(int64_t mebibytes) {
  if (collector_ == nullptr) return;
  gc::PacerSettings settings = collector_->settings();
  settings.memory_limit = memory_limit_from(std::clamp(mebibytes, kMemoryLimitRange.min, kMemoryLimitRange.max));
  collector_->request_settings(settings);
}

void Run::take_trace(void* run, const observe::SchedSnapshot& snapshot) {
  Run& self = *static_cast<Run*>(run);
  self.trace_mutex_.lock();
  if (self.trace_.size() < self.options_.schedtrace_bytes) {
    observe::append_schedtrace(self.trace_, snapshot, self.options_.scheddetail && snapshot.detail);
  } else if (!self.trace_full_) {
    self.trace_full_ = true;
    self.trace_ += "(more lines were not kept)\n";
  }
  self.trace_mutex_.unlock();
}

std::string Run::schedtrace(size_t from) const {
  trace_mutex_.lock();
  std::string copy = from < trace_.size() ? trace_.substr(from) : std::string();
  trace_mutex_.unlock();
  return copy;
}

std::string Run::digest() const {
  if (!virtual_time_) return "";
  std::string out(16, '0');
  uint64_t rest = cost_.digest;
  for (size_t i = 16; i-- > 0; rest >>= 4) out[i] = "0123456789abcdef"[rest & 15];
  return out;
}

Cost Run::cost() const {
  Cost now = cost_;
  now.events_dropped = scheduler_->log().dropped();
  return now;
}

void Run::write_cost(base::JsonWriter& json) const {
  const Cost cost = this->cost();
  json.begin_object();
  json.field("wall_ns", cost.wall_ns);
  if (virtual_time_) json.field("virtual_ns", cost.virtual_ns);
  json.field("events_recorded", cost.events_recorded);
  json.field("events_dropped", cost.events_dropped);
  if (virtual_time_) json.field("digest", digest());
  json.field("clock_resolution_ns", cost.clock_resolution_ns);
  json.field("goroutine_bytes", cost.goroutine_bytes);
  json.end_object();
}

std::string Run::to_json() const {
  std::string out;
  base::JsonWriter json(out);
  json.begin_object();
  json.field("experiment", spec_.name);
  json.field("run", options_.number);
  json.field("state", name_of(outcome_.state));
  json.field("driver", virtual_time_ ? "virtual" : "threads");
  json.field("message", outcome_.message);
  json.key("parameters");
  parameters_.write(json);
  json.key("result");
  json.raw(result_);
  json.key("units");
  json.begin_object();
  for (const auto& [field, unit] : units_) json.field(field, unit);
  json.end_object();
  json.key("metrics");
  metrics_.write(json);
  json.key("cost");
  write_cost(json);
  if (collector_ != nullptr) {
    json.key("memory");
    write_memory(json, *collector_, cost_.goroutine_bytes);
  }
  json.end_object();
  return out;
}

}  // namespace samovar::experiments
