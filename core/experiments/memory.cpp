#include "experiments/memory.h"

#include "experiments/work.h"

namespace samovar::experiments {

MemoryMark memory_mark() {
  const gc::Collector& collector = gc::collector();
  const gc::CollectorFigures figures = collector.figures();
  const heap::HeapFigures heap = collector.heap_figures();
  return {.cycles = figures.cycles,
          .pause_ns = figures.pause_ns,
          .allocated_bytes = heap.allocated_bytes,
          .allocated_objects = heap.allocated_objects + heap.tiny_allocs,
          .object_bytes = heap.object_bytes(),
          .objects = heap.objects()};
}

void write_duration_and_gc(Context& context, uint64_t duration_ns) {
  const MemoryMark now = memory_mark();
  write_number(context, "duration_ns", duration_ns, "ns");
  write_number(context, "gc_runs", uint64_t{now.cycles}, "collections");
  write_number(context, "gc_pause_ms", static_cast<double>(now.pause_ns) / 1e6, "ms");
  const auto cycles = gc::collector().cycles();
  if (!cycles.empty()) write_number(context, "gc_cpu_fraction", cycles.back().cpu_share, "");
  write_number(context, "allocated_bytes", now.allocated_bytes, "B");
  write_number(context, "allocated_objects", now.allocated_objects, "objects");
  if (duration_ns > 0) {
    const double mib = static_cast<double>(now.allocated_bytes) / (1 << 20);
    write_number(context, "throughput_mb_per_sec", mib * 1e9 / static_cast<double>(duration_ns), "MiB/s");
  }
}

}  // namespace samovar::experiments
