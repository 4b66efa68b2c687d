#include "experiments/full_mark.h"

#include <algorithm>

#include "experiments/memory.h"
#include "experiments/work.h"

namespace samovar::experiments {

namespace {

struct Marks {
  Samples all;
  uint64_t shortest = UINT64_MAX;
  gc::CycleRecord last;
};

void write_marks(Context& context, const Marks& marks) {
  if (marks.all.size() == 0) return;
  marks.all.write_list(context, "mark", marks.all.size());
  write_number(context, "mark_shortest_ns", marks.shortest, "ns");
  marks.all.write(context, "mark");
  write_number(context, "heap_marked", marks.last.heap_marked, "B");
  gc::ScanCounts all;
  for (const gc::ScanCounts& counts : marks.last.classes) all.add(counts);
  write_number(context, "objects_single", all.single, "objects");
  write_number(context, "objects_sparse", all.sparse, "objects");
  write_number(context, "objects_dense", all.dense, "objects");
  write_number(context, "spans_sparse", all.sparse_spans, "spans");
  write_number(context, "spans_dense", all.dense_spans, "spans");
}

}  // namespace

sched::Task<void> measure_full_marks(Context& context, uint64_t count, uint64_t done, uint64_t total) {
  if (count == 0) co_return;
  Marks marks;
  marks.all.reserve(count);
  SoFar so_far(context, 0, [&](uint64_t) { write_marks(context, marks); });
  for (uint64_t i = 0; i < count; ++i) {
    co_await gc::collector().collect();
    marks.last = gc::collector().last_cycle();
    const uint64_t took = marks.last.marked_ns - marks.last.mark_ns;
    marks.all.add(took);
    marks.shortest = std::min(marks.shortest, took);
    context.progress(done + i + 1, total);
  }
  so_far.over();
  write_marks(context, marks);
}

void write_half_built(Context& context, const MemoryMoment& before, uint64_t nodes, uint64_t build_ns) {
  write_number(context, "nodes", nodes, "nodes");
  write_number(context, "build_ns", build_ns, "ns");
  write_collections(context, "gc_runs", before, memory_of(*before.collector));
}

sched::Task<void> measure_built_heap(Context& context, uint64_t nodes, uint64_t build_ns) {
  const auto collections = static_cast<uint64_t>(context.parameters().integer("collections"));
  write_number(context, "nodes", nodes, "nodes");
  write_number(context, "build_ns", build_ns, "ns");
  co_await measure_full_marks(context, collections, 2 * nodes, 2 * nodes + collections);
}

}  // namespace samovar::experiments
