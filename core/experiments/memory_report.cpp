#include "experiments/memory_report.h"

#include "experiments/memory.h"

namespace samovar::experiments {

namespace {

constexpr std::string_view kReasons[] = {"heap", "time", "forced"};

// runtime.MemStats, as far as the demo reads it and it means something here.
void write_memory_stats(base::JsonWriter& json, const gc::Collector& collector, uint64_t goroutine_bytes) {
  const heap::HeapFigures heap = collector.heap_figures();
  json.begin_object();
  json.field("alloc_mb", mebibytes(heap.object_bytes()));
  json.field("total_alloc_mb", mebibytes(heap.allocated_bytes));
  json.field("sys_mb", mebibytes(heap.in_use_bytes + heap.free_bytes + heap.span_bytes + heap.span_free_bytes + goroutine_bytes));
  json.field("num_gc", collector.figures().cycles);
  json.field("heap_alloc_mb", mebibytes(heap.object_bytes()));
  json.field("heap_objects", heap.objects());
  json.field("heap_idle_mb", mebibytes(heap.free_bytes + heap.released_bytes));
  json.field("heap_in_use_mb", mebibytes(heap.in_use_bytes));
  if (heap::Heap::can_release()) json.field("heap_released_mb", mebibytes(heap.released_bytes));
  json.end_object();
}

void write_gc_stats(base::JsonWriter& json, const gc::Collector& collector, const std::vector<gc::CycleRecord>& cycles) {
  const gc::CollectorFigures figures = collector.figures();
  const uint64_t goal = collector.goal();
  json.begin_object();
  if (figures.cycles > 0) json.field("last_gc_ns", figures.last_end_ns);
  if (goal != gc::kUnlimited) json.field("next_gc_mb", mebibytes(goal));
  json.field("pause_total_ns", figures.pause_ns);
  json.field("num_forced_gc", figures.forced);
  json.field("gc_cpu_fraction", cycles.empty() ? 0.0 : cycles.back().cpu_share);
  json.end_object();
}

void write_cycle(base::JsonWriter& json, const gc::CycleRecord& cycle) {
  gc::ScanCounts scans;
  for (const gc::ScanCounts& counts : cycle.classes) scans.add(counts);
  json.begin_object();
  json.field("cycle", cycle.cycle);
  json.field("why", kReasons[cycle.why]);
  json.field("procs", cycle.procs);
  json.field("start_ns", cycle.start_ns);
  json.field("mark_ns", cycle.mark_ns);
  json.field("marked_ns", cycle.marked_ns);
  json.field("end_ns", cycle.end_ns);
  json.field("heap_start", cycle.heap_start);
  json.field("heap_end", cycle.heap_end);
  json.field("heap_marked", cycle.heap_marked);
  if (cycle.goal != gc::kUnlimited) json.field("goal", cycle.goal);
  json.field("assist_ns", cycle.assist_ns);
  json.field("dedicated_ns", cycle.dedicated_ns);
  json.field("fractional_ns", cycle.fractional_ns);
  json.field("idle_ns", cycle.idle_ns);
  json.field("scan_work", cycle.scan_work);
  json.field("objects_single", scans.single);
  json.field("objects_sparse", scans.sparse);
  json.field("objects_dense", scans.dense);
  json.field("spans_sparse", scans.sparse_spans);
  json.field("spans_dense", scans.dense_spans);
  json.end_object();
}

std::string_view name_of(gc::MarkerKind marker) { return marker == gc::MarkerKind::kGreenTea ? "green-tea" : "classic"; }

}  // namespace

void write_memory(base::JsonWriter& json, const gc::Collector& collector, uint64_t goroutine_bytes) {
  const std::vector<gc::CycleRecord> cycles = collector.cycles();
  json.begin_object();
  json.field("marker", name_of(collector.options().marker));
  json.key("memory_stats");
  write_memory_stats(json, collector, goroutine_bytes);
  json.key("gc_stats");
  write_gc_stats(json, collector, cycles);
  json.field("cycles_kept", uint64_t{gc::Collector::kKeptCycles});
  json.key("cycles");
  json.begin_array();
  for (const gc::CycleRecord& cycle : cycles) write_cycle(json, cycle);
  json.end_array();
  json.end_object();
}

}  // namespace samovar::experiments
