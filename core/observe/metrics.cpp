#include "observe/metrics.h"

#include <utility>

namespace samovar::observe {

namespace {

constexpr MetricDescription kSchedulerMetrics[] = {
    {"/sched/gomaxprocs:threads", MetricKind::kUint64, false},
    {"/sched/goroutines-created:goroutines", MetricKind::kUint64, true},
    {"/sched/goroutines/not-in-go:goroutines", MetricKind::kUint64, false},
    {"/sched/goroutines/runnable:goroutines", MetricKind::kUint64, false},
    {"/sched/goroutines/running:goroutines", MetricKind::kUint64, false},
    {"/sched/goroutines/waiting:goroutines", MetricKind::kUint64, false},
    {"/sched/goroutines:goroutines", MetricKind::kUint64, false},
    {"/sched/latencies:seconds", MetricKind::kHistogram, true},
    {"/sched/pauses/stopping/gc:seconds", MetricKind::kHistogram, true},
    {"/sched/pauses/stopping/other:seconds", MetricKind::kHistogram, true},
    {"/sched/pauses/total/gc:seconds", MetricKind::kHistogram, true},
    {"/sched/pauses/total/other:seconds", MetricKind::kHistogram, true},
    {"/sched/threads/total:threads", MetricKind::kUint64, false},
    {"/sync/mutex/wait/total:seconds", MetricKind::kFloat64, true},
};

}  // namespace

std::span<const MetricDescription> scheduler_metrics() {
  return kSchedulerMetrics;
}

const MetricDescription* find_metric(std::string_view name) {
  for (const MetricDescription& description : kSchedulerMetrics) {
    if (description.name == name) return &description;
  }
  return nullptr;
}

std::string_view unit_of(std::string_view metric_name) {
  const size_t colon = metric_name.rfind(':');
  return colon == metric_name.npos ? std::string_view() : metric_name.substr(colon + 1);
}

MetricSet::Metric& MetricSet::slot(std::string_view name, MetricKind kind) {
  for (Metric& metric : metrics_) {
    if (metric.name == name) return metric = Metric{name, kind};
  }
  return metrics_.emplace_back(Metric{name, kind});
}

void MetricSet::set(std::string_view name, uint64_t value) {
  slot(name, MetricKind::kUint64).count = value;
}

void MetricSet::set(std::string_view name, double value) {
  slot(name, MetricKind::kFloat64).real = value;
}

void MetricSet::set(std::string_view name, const TimeHistogram& histogram) {
  const auto counts = histogram.counts();
  slot(name, MetricKind::kHistogram).counts.assign(counts.begin(), counts.end());
}

void MetricSet::set(std::string_view name, std::vector<double> edges, std::vector<uint64_t> counts) {
  Metric& metric = slot(name, MetricKind::kHistogram);
  metric.edges = std::move(edges);
  metric.counts = std::move(counts);
}

const MetricSet::Metric* MetricSet::find(std::string_view name) const {
  for (const Metric& metric : metrics_) {
    if (metric.name == name) return &metric;
  }
  return nullptr;
}

void MetricSet::write(base::JsonWriter& json) const {
  json.begin_object();
  for (const Metric& metric : metrics_) {
    json.key(metric.name);
    switch (metric.kind) {
      case MetricKind::kUint64:
        json.value(metric.count);
        break;
      case MetricKind::kFloat64:
        json.value(metric.real);
        break;
      case MetricKind::kHistogram:
        if (metric.edges.empty()) {
          TimeHistogram::write(json, metric.counts);
        } else {
          write_histogram(json, metric.edges, metric.counts);
        }
        break;
    }
  }
  json.end_object();
}

}  // namespace samovar::observe
