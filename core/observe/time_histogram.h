// TimeHistogram: a distribution of durations in exactly the buckets of Go's runtime/metrics.
//
// Go 1.26 (runtime/histogram.go) sorts a duration by its highest set bit, then by the two bits after it: 64 ns
// steps up to 512 ns, then four steps a power of two up to 2^47 ns (39 hours). One more bucket takes what is
// negative (clocks do step back), one what is longer: 162 in all, between 163 edges, of which the outermost
// are -Inf and +Inf.
//
// Any number of threads may record at once; reading meanwhile gives a sum that was never quite true at one
// moment, which is what Go gives too. All accesses are relaxed: a count orders nothing.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/json.h"

namespace samovar::observe {

// Appends {"buckets": [edges], "counts": [counts]} of any histogram: counts[0] lies below edges[0], the last at or above the last edge.
void write_histogram(base::JsonWriter& json, std::span<const double> edges, std::span<const uint64_t> counts);

class TimeHistogram {
 public:
  static constexpr unsigned kMinBucketBits = 9;   // below 2^8 ns only the steps differ
  static constexpr unsigned kMaxBucketBits = 48;  // from 2^47 ns on: overflow
  static constexpr unsigned kSubBucketBits = 2;
  static constexpr size_t kSubBuckets = size_t{1} << kSubBucketBits;
  static constexpr size_t kRegularBuckets = (kMaxBucketBits - kMinBucketBits + 1) * kSubBuckets;
  static constexpr size_t kBuckets = kRegularBuckets + 2;      // below zero first, overflow last
  static constexpr size_t kFiniteEdges = kRegularBuckets + 1;  // 0 first, 2^47 ns last

  // Index into counts() of the bucket that takes `ns`.
  static size_t bucket_of(int64_t ns);

  // The lower edge of regular bucket `i`, in nanoseconds; i == kRegularBuckets gives the last edge, 2^47.
  static uint64_t edge_ns(size_t i);

  // Adds one duration; any thread. Unsigned values from 2^63 on count as overflow.
  void record(uint64_t ns) { record_signed(ns > INT64_MAX ? INT64_MAX : static_cast<int64_t>(ns)); }
  void record_signed(int64_t ns) { counts_[bucket_of(ns)].fetch_add(1, std::memory_order_relaxed); }  // relaxed: a count

  // Adds all that `other` holds.
  void merge(const TimeHistogram& other);

  // Adds counts as counts() gives them; a longer list's rest is ignored.
  void add_counts(std::span<const uint64_t> more);

  // A copy of the counts: [0] below zero, [1 + i] from edge_ns(i) up to edge_ns(i + 1), [161] overflow.
  std::array<uint64_t, kBuckets> counts() const;

  // How many durations were recorded.
  uint64_t total() const;

  // The duration in nanoseconds that a share `q` (0 to 1) of all is not above: the upper edge of its bucket, so
  // an overestimate of at most a quarter (of 64 ns below 512). 0 when nothing was recorded; the last edge, 2^47,
  // for overflow.
  uint64_t quantile_ns(double q) const;

  // Appends {"buckets": […], "counts": […]}. JSON has no infinities, so `buckets` holds the 161 finite edges in
  // seconds and `counts` 162 numbers: counts[0] lies below buckets[0], counts[i] from buckets[i - 1] up to (not
  // including) buckets[i], and the last at or above the last edge.
  void write(base::JsonWriter& json) const { write(json, counts()); }
  static void write(base::JsonWriter& json, std::span<const uint64_t> counts);

 private:
  std::array<std::atomic<uint64_t>, kBuckets> counts_{};
};

}  // namespace samovar::observe
