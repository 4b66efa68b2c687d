#include "experiments/work.h"

#include <algorithm>
#include <string>

#include "platform/worker_pool.h"

namespace samovar::experiments {

namespace {

constexpr uint64_t kPieceNs = 50'000;

uint64_t at_rank(const std::vector<uint64_t>& sorted, uint64_t per_cent) {
  const size_t rank = (sorted.size() * per_cent + 99) / 100;
  return sorted[std::max<size_t>(rank, 1) - 1];
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

void Samples::write(Context& context, std::string_view name) const {
  if (values_.empty()) return;
  std::vector<uint64_t> sorted = values_;
  std::sort(sorted.begin(), sorted.end());
  const std::string prefix(name);
  write_number(context, prefix + "_median_ns", at_rank(sorted, 50), "ns");
  write_number(context, prefix + "_p99_ns", at_rank(sorted, 99), "ns");
  write_number(context, prefix + "_longest_ns", sorted.back(), "ns");
}

void Samples::write_list(Context& context, std::string_view name, size_t most) const {
  const std::string field = std::string(name) + "_ns";
  base::JsonWriter& json = context.result();
  json.key(field);
  json.begin_array();
  for (size_t i = 0; i < std::min(most, values_.size()); ++i) json.value(values_[i]);
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
