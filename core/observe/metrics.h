// MetricSet: the figures of a run under the names that Go's runtime/metrics gives them, letter for letter.
//
// A set is a snapshot made by one thread after the figures were read; it is a plain value afterwards. The unit
// of a metric is the part of its name after the colon.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "observe/time_histogram.h"

namespace samovar::observe {

enum class MetricKind : uint8_t { kUint64, kFloat64, kHistogram };

// One metric that Go 1.26 has and Samovar knows: its name, its kind, and whether it only ever grows.
struct MetricDescription {
  std::string_view name;
  MetricKind kind;
  bool cumulative;
};

// The scheduler's metrics, in Go's (alphabetical) order.
std::span<const MetricDescription> scheduler_metrics();

// The description of that name among them, or null.
const MetricDescription* find_metric(std::string_view name);

// "seconds" of "/sched/latencies:seconds"; "" without a colon.
std::string_view unit_of(std::string_view metric_name);

class MetricSet {
 public:
  struct Metric {
    std::string_view name;  // a constant of the program
    MetricKind kind;
    uint64_t count = 0;
    double real = 0;
    std::vector<uint64_t> counts = {};  // of a histogram, as TimeHistogram::counts() has them: one more than there are edges
    std::vector<double> edges = {};     // of a histogram, if they are not those of TimeHistogram
  };

  // Sets a figure; a name that is there already is overwritten in its place. `name` is a constant of the program.
  void set(std::string_view name, uint64_t value);
  void set(std::string_view name, double value);
  // The counts are copied: the histogram may go.
  void set(std::string_view name, const TimeHistogram& histogram);

  // A histogram over edges of its own: counts[0] lies below edges[0], counts[i] from edges[i - 1] up to (not including) edges[i], the last at or above the last.
  void set(std::string_view name, std::vector<double> edges, std::vector<uint64_t> counts);

  // In the order in which they were first set.
  const std::vector<Metric>& metrics() const { return metrics_; }
  const Metric* find(std::string_view name) const;

  // Appends {"name": value, …}; a histogram as TimeHistogram::write has it.
  void write(base::JsonWriter& json) const;

 private:
  Metric& slot(std::string_view name, MetricKind kind);

  std::vector<Metric> metrics_;
};

}  // namespace samovar::observe
