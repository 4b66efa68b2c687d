#include "experiments/memory.h"

#include <algorithm>

#include "experiments/work.h"
#include "sched/ops.h"

namespace samovar::experiments {

namespace {

constexpr int64_t kSettleNs = 50'000;  // between two looks at whether finalizers have run

}  // namespace

MemoryMoment memory_now() { return memory_of(gc::collector()); }

MemoryMoment memory_of(const gc::Collector& collector) {
  const heap::HeapFigures heap = collector.heap_figures();
  MemoryMoment moment;
  moment.object_bytes = heap.object_bytes();
  moment.objects = heap.objects();
  moment.allocated_bytes = heap.allocated_bytes;
  moment.in_use_bytes = heap.in_use_bytes;
  moment.mapped_bytes = heap.in_use_bytes + heap.free_bytes;
  moment.gc = collector.figures();
  moment.gc_cpu_share = collector.last_cycle().cpu_share;
  moment.collector = &collector;
  return moment;
}

void write_collections(Context& context, std::string_view runs, const MemoryMoment& before, const MemoryMoment& after) {
  write_number(context, runs, after.gc.cycles - before.gc.cycles, "collections");
  const uint64_t pause_ns = after.gc.pause_ns - before.gc.pause_ns;
  write_number(context, "gc_pause_total_ms", static_cast<double>(pause_ns) / 1e6, "ms");
  context.result().field("gc_cpu_fraction", after.gc_cpu_share);
}

void write_throughput(Context& context, uint64_t bytes, uint64_t duration_ns) {
  if (duration_ns == 0) return;
  write_number(context, "throughput_mb_per_sec", mebibytes(bytes) * 1e9 / static_cast<double>(duration_ns), "MiB/s");
}

sched::Task<void> finalizers_done() {
  const auto pending = [] {
    const gc::CollectorFigures now = gc::collector().figures();
    return now.finalizers_executed < now.finalizers_queued || now.cleanups_executed < now.cleanups_queued;
  };
  bool more = pending();
  while (more) {
    co_await sched::sleep_for(kSettleNs);
    more = pending();
  }
}

Pattern pattern_of(const Parameters& parameters) {
  const std::string& pattern = parameters.choice("pattern");
  if (pattern == "long-lived") return Pattern::kLongLived;
  return pattern == "mixed" ? Pattern::kMixed : Pattern::kShortLived;
}

namespace {

// slice.go:nextslicecap, for one element more.
uint64_t next_capacity(uint64_t old) {
  constexpr uint64_t kThreshold = 256;
  if (old < kThreshold) return std::max<uint64_t>(2 * old, 1);
  return old + (old + 3 * kThreshold) / 4;
}

}  // namespace

void Appended::add(uint8_t* bytes, size_t length) {
  if (count_ == capacity_) grow();
  Slice& slice = slices_.get()[count_++];
  slice.array = bytes;
  slice.length = slice.capacity = length;
}

// slice.go:growslice
void Appended::grow() {
  const size_t bytes = next_capacity(capacity_) * sizeof(Slice);
  capacity_ = (heap::bytes_for(bytes, true) - heap::header_bytes(bytes, true)) / sizeof(Slice);
  Slice* larger = gc::make_array<Slice>(capacity_);
  for (uint64_t i = 0; i < count_; ++i) larger[i] = slices_.get()[i];
  slices_ = larger;
}

}  // namespace samovar::experiments
