// What experiments share that compute for a while and measure how long something took.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "experiments/experiment.h"
#include "experiments/probe.h"
#include "sched/ops.h"

namespace samovar::experiments {

// Computes for about ns: the processor is busy, with a checkpoint each 50 microseconds. In virtual time the time is
// only charged. What is counted in real time is the time of the clock, so a thread that the machine sets aside works
// less.
sched::Task<void> work_for(uint64_t ns);

// Durations, with what one wants to know of them. For one goroutine at a time.
class Samples {
 public:
  void reserve(size_t count) { values_.reserve(count); }
  void add(uint64_t ns) { values_.push_back(ns); }
  void append(const Samples& other) { values_.insert(values_.end(), other.values_.begin(), other.values_.end()); }
  size_t size() const { return values_.size(); }
  uint64_t operator[](size_t i) const { return values_[i]; }

  // Writes <name>_median_ns, <name>_p99_ns and <name>_longest_ns with their units; nothing if there are none.
  // What is given is one of the samples (the one at rank ceil(q * n)), never a value in between.
  void write(Context& context, std::string_view name) const;

  // Writes the first `most` as the list <name>_ns.
  void write_list(Context& context, std::string_view name, size_t most) const;

 private:
  std::vector<uint64_t> values_;
};

// Writes the number and its unit.
template <class T>
void write_number(Context& context, std::string_view name, T value, std::string_view unit) {
  context.result().field(name, value);
  context.unit(name, unit);
}

// Writes <name> = count per second of duration_ns, unless that is too short to be known.
void write_rate(Context& context, std::string_view name, uint64_t count, uint64_t duration_ns, std::string_view unit);

// What all Ps together have counted. On a goroutine; approximate while others run.
struct Totals {
  uint64_t steals = 0;
  uint64_t stolen = 0;
  uint64_t preempted = 0;
};
Totals totals_of(const sched::Scheduler& scheduler);

}  // namespace samovar::experiments
