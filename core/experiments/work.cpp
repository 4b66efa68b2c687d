#include "experiments/work.h"

#include <algorithm>
#include <bit>
#include <string>

#include "platform/worker_pool.h"

namespace samovar::experiments {

namespace {

constexpr uint64_t kPieceNs = 50'000;

// Below 256 a bucket a value; from there on 128 to each power of two.
constexpr unsigned kSubBits = 7;
constexpr uint64_t kSubBuckets = uint64_t{1} << kSubBits;

size_t bucket_of(uint64_t ns) {
  const unsigned width = static_cast<unsigned>(std::bit_width(ns));
  const unsigned shift = width > kSubBits + 1 ? width - kSubBits - 1 : 0;
  return shift * kSubBuckets + (ns >> shift);
}

// The largest value of the bucket.
uint64_t last_of(size_t bucket) {
  if (bucket < 2 * kSubBuckets) return bucket;
  const size_t shift = bucket / kSubBuckets - 1;
  return ((bucket - shift * kSubBuckets + 1) << shift) - 1;
}

}  // namespace

sched::Task<void> work_for(uint64_t ns) {
  const sched::G* g = co_await sched::self();
  const bool simulated = g->scheduler->options().virtual_time;
  for (uint64_t done = 0; done < ns;) {
    const uint64_t piece = std::min(ns - done, kPieceNs);
    if (!simulated) platform::spin_ns(piece);
    done += piece;
    co_await sched::checkpoint(piece);
  }
}

void Samples::count(uint64_t ns, uint64_t times) {
  const size_t bucket = bucket_of(ns);
  if (bucket >= counts_.size()) counts_.resize(bucket + 1);
  counts_[bucket] += times;
}

void Samples::count_first() {
  if (!counts_.empty()) return;
  for (const uint64_t ns : first_) count(ns, 1);
}

void Samples::add(uint64_t ns) {
  if (size_ < kExact) {
    first_.push_back(ns);
  } else {
    count_first();
    count(ns, 1);
  }
  ++size_;
  longest_ = std::max(longest_, ns);
}

void Samples::append(const Samples& other) {
  if (other.counts_.empty()) {
    for (const uint64_t ns : other.first_) add(ns);
    return;
  }
  count_first();
  for (size_t i = 0; i < other.counts_.size(); ++i) {
    if (other.counts_[i] > 0) count(last_of(i), other.counts_[i]);
  }
  const size_t listed = std::min(kExact - first_.size(), other.first_.size());
  first_.insert(first_.end(), other.first_.begin(), other.first_.begin() + static_cast<std::ptrdiff_t>(listed));
  size_ += other.size_;
  longest_ = std::max(longest_, other.longest_);
}

uint64_t Samples::at_percent(uint64_t per_cent) const {
  const uint64_t rank = std::max<uint64_t>((size_ * per_cent + 99) / 100, 1);
  if (counts_.empty()) {
    std::vector<uint64_t> sorted = first_;
    std::sort(sorted.begin(), sorted.end());
    return sorted[rank - 1];
  }
  uint64_t seen = 0;
  size_t bucket = 0;
  while ((seen += counts_[bucket]) < rank) ++bucket;
  return std::min(last_of(bucket), longest_);
}

void Samples::write(Context& context, std::string_view name) const {
  if (size_ == 0) return;
  const std::string prefix(name);
  write_number(context, prefix + "_median_ns", at_percent(50), "ns");
  write_number(context, prefix + "_p99_ns", at_percent(99), "ns");
  write_number(context, prefix + "_longest_ns", longest_, "ns");
}

void Samples::write_list(Context& context, std::string_view name, size_t most) const {
  const std::string field = std::string(name) + "_ns";
  base::JsonWriter& json = context.result();
  json.key(field);
  json.begin_array();
  for (size_t i = 0; i < std::min(most, first_.size()); ++i) json.value(first_[i]);
  json.end_array();
  context.unit(field, "ns");
}

void write_rate(Context& context, std::string_view name, uint64_t count, uint64_t duration_ns, std::string_view unit) {
  // What is shorter than a tick of the machine's clock has no rate.
  if (duration_ns == 0) return;
  write_number(context, name, static_cast<double>(count) * 1e9 / static_cast<double>(duration_ns), unit);
}

Totals totals_of(const sched::Scheduler& scheduler) {
  Totals totals;
  for (uint32_t i = 0; i < scheduler.procs(); ++i) {
    const sched::P& p = scheduler.proc(i);
    totals.steals += p.steals.get();
    totals.stolen += p.stolen.get();
    totals.preempted += p.preempted.get();
  }
  return totals;
}

}  // namespace samovar::experiments
