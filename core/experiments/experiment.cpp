#include "experiments/experiment.h"

#include <algorithm>

#include "experiments/version.h"

namespace samovar::experiments {

namespace {

constexpr Choice kTimes[] = {
    {"real", "Real threads and the machine's clock: what this machine does, different each time."},
    {"virtual", "Simulated threads and a simulated clock: the same seed gives the same events everywhere."},
};

constexpr Choice kMarkers[] = {
    {"green-tea", "Go 1.26's: pages are queued, and the objects found on one are scanned together."},
    {"classic", "Go's before: objects are queued, and scanned one by one."},
};

constexpr Range kHeapRange = {4, 2047};  // MiB; an allocation of 2 GiB is more than WebAssembly's 32-bit malloc gives

constexpr std::string_view kGogcHelp =
    "By how many percent of what lives the heap may grow before the next collection (GOGC); -1: only near the memory limit, near the end of the heap's memory, and when forced.";
constexpr std::string_view kMemoryLimitHelp = "How much memory the collector tries to stay below (GOMEMLIMIT); 0: no limit.";
constexpr std::string_view kHeapHelp = "How much memory the heap can take at most; a run that needs more ends with an error.";
constexpr std::string_view kMarkerHelp = "How the collector finds what lives.";
constexpr std::string_view kProcsHelp = "How many Ps run goroutines at the same time (GOMAXPROCS).";
constexpr std::string_view kSeedHelp = "Where the scheduler's random choices start from.";
constexpr std::string_view kTimeHelp = "Whether real or simulated threads run the experiment.";

void describe_parameter(base::JsonWriter& json, const ParameterSpec& spec) {
  json.begin_object();
  json.field("name", spec.name);
  json.field("type", name_of(spec.type));
  json.key("default");
  switch (spec.type) {
    case ParameterType::kInteger:
    case ParameterType::kDuration:
      json.value(spec.default_number);
      json.field("min", spec.range.min);
      json.field("max", spec.range.max);
      break;
    case ParameterType::kBoolean:
      json.value(spec.default_number != 0);
      break;
    case ParameterType::kText:
      json.value(spec.default_text);
      json.field("max", spec.range.max);
      break;
    case ParameterType::kChoice:
      json.value(spec.default_text);
      json.key("choices");
      json.begin_array();
      for (const Choice& choice : spec.choices) {
        json.begin_object();
        json.field("value", choice.value);
        json.field("help", choice.help);
        json.end_object();
      }
      json.end_array();
      break;
  }
  if (!spec.unit.empty()) json.field("unit", spec.unit);
  json.field("help", spec.help);
  json.field("group", name_of(spec.group));
  json.end_object();
}

void describe_experiment(base::JsonWriter& json, const ExperimentSpec& experiment) {
  json.begin_object();
  json.field("name", experiment.name);
  json.field("title", experiment.title);
  json.field("verb", experiment.verb);
  json.field("group", experiment.group);
  json.field("question", experiment.question);
  json.field("shows", experiment.shows);
  if (!experiment.work_unit.empty()) json.field("work_unit", experiment.work_unit);
  if (!experiment.progress_unit.empty()) json.field("progress_unit", experiment.progress_unit);
  json.key("charts");
  json.begin_array();
  for (const std::string_view chart : experiment.charts) json.value(chart);
  json.end_array();
  json.key("parameters");
  json.begin_array();
  for (const ParameterSpec& spec : all_parameters(experiment)) describe_parameter(json, spec);
  json.end_array();
  json.end_object();
}

}  // namespace

void Context::write_so_far(uint64_t now_ns) {
  const size_t depth = 1;  // of the result's own fields
  for (const SoFar* one : so_far_) {
    result_.close_to(depth);  // it may have come amidst a list
    // The run may have ended while the goroutine that read the start went on to its next suspension.
    one->write_(now_ns - std::min(now_ns, one->start_ns_));
  }
}

SoFar::SoFar(Context& context, uint64_t start_ns, Writer write)
    : context_(context), start_ns_(start_ns), write_(std::move(write)) {
  context_.so_far_.push_back(this);
}

void SoFar::over() { std::erase(context_.so_far_, this); }

std::vector<ParameterSpec> all_parameters(const ExperimentSpec& experiment) {
  const CommonDefaults& common = experiment.common;
  std::vector<ParameterSpec> specs(experiment.parameters.begin(), experiment.parameters.end());
  specs.push_back(
      ParameterSpec::integer("procs", common.procs, {1, kMaxProcs}, "Ps", kProcsHelp).in(ParameterGroup::kRuntime));
  if (experiment.heap.present) {
    const HeapUse& heap = experiment.heap;
    const auto runtime = [&](const ParameterSpec& spec) { specs.push_back(spec.in(ParameterGroup::kRuntime)); };
    runtime(ParameterSpec::integer("gogc", heap.gogc, kGogcRange, "percent", kGogcHelp));
    runtime(ParameterSpec::integer("memory_limit", heap.memory_limit_mib, kMemoryLimitRange, "MiB", kMemoryLimitHelp));
    runtime(ParameterSpec::integer("heap", heap.heap_mib, kHeapRange, "MiB", kHeapHelp));
    runtime(ParameterSpec::choice("marker", "green-tea", kMarkers, kMarkerHelp));
  }
  specs.push_back(
      ParameterSpec::integer("seed", common.seed, {0, kLargestWhole}, "", kSeedHelp).in(ParameterGroup::kRuntime));
  specs.push_back(ParameterSpec::choice("time", common.time, kTimes, kTimeHelp).in(ParameterGroup::kTime));
  return specs;
}

const ExperimentSpec* find(std::string_view name) {
  const auto fold = [](char c) { return c == '_' ? '-' : c; };
  for (const ExperimentSpec* experiment : all()) {
    const bool same = std::equal(name.begin(), name.end(), experiment->name.begin(), experiment->name.end(),
                                 [&](char a, char b) { return fold(a) == fold(b); });
    if (same) return experiment;
  }
  return nullptr;
}

void describe(base::JsonWriter& json, bool threads) {
  json.begin_object();
  json.field("version", kVersion);
  json.field("threads", threads);
  json.field("max_procs", kMaxProcs);
  json.key("experiments");
  json.begin_array();
  for (const ExperimentSpec* experiment : all()) describe_experiment(json, *experiment);
  json.end_array();
  json.end_object();
}

}  // namespace samovar::experiments
