// What experiments share that compute for a while and measure how long something took.
#pragma once

#include <algorithm>
#include <cstddef>
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

// Durations, with what one wants to know of them: exact as long as they are few; of more than kExact only the longest is, and quantiles are taken from a log-linear
// histogram (as HdrHistogram's) whose buckets are 1/128 of their value wide, so that however many there are they take some 40 KiB. For one goroutine at a time.
class Samples {
 public:
  static constexpr size_t kExact = 1024;

  void reserve(size_t count) { first_.reserve(std::min(count, kExact)); }
  void add(uint64_t ns);
  void append(const Samples& other);
  size_t size() const { return size_; }
  uint64_t operator[](size_t i) const { return first_[i]; }  // i < kExact

  // The one at rank ceil(per_cent / 100 * size()) in ascending order; of more than kExact up to 1/128 above it. There must be one.
  uint64_t at_percent(uint64_t per_cent) const;
  uint64_t longest() const { return longest_; }

  // Writes <name>_median_ns, <name>_p99_ns and <name>_longest_ns with their units; nothing if there are none.
  void write(Context& context, std::string_view name) const;

  // Writes the first `most` (up to kExact) as the list <name>_ns.
  void write_list(Context& context, std::string_view name, size_t most) const;

 private:
  void count(uint64_t ns, uint64_t times);
  void count_first();

  std::vector<uint64_t> first_;   // kExact at most
  std::vector<uint64_t> counts_;  // by bucket, of all; empty while first_ has them all
  size_t size_ = 0;
  uint64_t longest_ = 0;
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
