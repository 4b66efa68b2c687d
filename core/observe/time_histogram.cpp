#include "observe/time_histogram.h"

#include <bit>
#include <cmath>

namespace samovar::observe {

size_t TimeHistogram::bucket_of(int64_t ns) {
  if (ns < 0) return 0;
  const auto value = static_cast<uint64_t>(ns);
  const unsigned length = static_cast<unsigned>(std::bit_width(value));
  // Short durations share bucket 0, whose sub-buckets are told apart by the same two bits as bucket 1's.
  const unsigned top = length < kMinBucketBits ? kMinBucketBits : length;
  const size_t bucket = length < kMinBucketBits ? 0 : length - kMinBucketBits + 1;
  const size_t sub = (value >> (top - 1 - kSubBucketBits)) % kSubBuckets;
  const size_t index = bucket * kSubBuckets + sub;
  return index < kRegularBuckets ? 1 + index : kBuckets - 1;
}

uint64_t TimeHistogram::edge_ns(size_t i) {
  const size_t bucket = i / kSubBuckets;
  const uint64_t sub = i % kSubBuckets;
  if (bucket == 0) return sub << (kMinBucketBits - 1 - kSubBucketBits);
  const unsigned bit = kMinBucketBits + static_cast<unsigned>(bucket) - 2;  // the highest set bit of its values
  return (uint64_t{1} << bit) | sub << (bit - kSubBucketBits);
}

void TimeHistogram::merge(const TimeHistogram& other) {
  add_counts(other.counts());
}

void TimeHistogram::add_counts(std::span<const uint64_t> more) {
  for (size_t i = 0; i < kBuckets && i < more.size(); ++i) {
    if (more[i] != 0) counts_[i].fetch_add(more[i], std::memory_order_relaxed);  // relaxed, here and below: counts order nothing
  }
}

std::array<uint64_t, TimeHistogram::kBuckets> TimeHistogram::counts() const {
  std::array<uint64_t, kBuckets> out;
  for (size_t i = 0; i < kBuckets; ++i) out[i] = counts_[i].load(std::memory_order_relaxed);
  return out;
}

uint64_t TimeHistogram::total() const {
  uint64_t sum = 0;
  for (const uint64_t count : counts()) sum += count;
  return sum;
}

uint64_t TimeHistogram::quantile_ns(double q) const {
  const auto all = counts();
  uint64_t sum = 0;
  for (const uint64_t count : all) sum += count;
  if (sum == 0) return 0;
  const double wanted = std::ceil(q * static_cast<double>(sum));
  const uint64_t rank = wanted < 1 ? 1 : wanted >= static_cast<double>(sum) ? sum : static_cast<uint64_t>(wanted);
  uint64_t seen = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    seen += all[i];
    if (seen >= rank) return edge_ns(i < kRegularBuckets ? i : kRegularBuckets);
  }
  return edge_ns(kRegularBuckets);
}

void TimeHistogram::write(base::JsonWriter& json, std::span<const uint64_t> counts) {
  std::array<double, kFiniteEdges> edges;
  for (size_t i = 0; i < kFiniteEdges; ++i) edges[i] = static_cast<double>(edge_ns(i)) / 1e9;
  write_histogram(json, edges, counts);
}

void write_histogram(base::JsonWriter& json, std::span<const double> edges, std::span<const uint64_t> counts) {
  json.begin_object();
  json.key("buckets");
  json.begin_array();
  for (const double edge : edges) json.value(edge);
  json.end_array();
  json.key("counts");
  json.begin_array();
  for (const uint64_t count : counts) json.value(count);
  json.end_array();
  json.end_object();
}

}  // namespace samovar::observe
