#include "experiments/full_mark.h"

#include <algorithm>

#include "experiments/memory.h"
#include "experiments/work.h"

namespace samovar::experiments {

sched::Task<void> measure_full_marks(Context& context, uint64_t count, uint64_t done, uint64_t total) {
  if (count == 0) co_return;
  Samples marks;
  marks.reserve(count);
  uint64_t shortest = UINT64_MAX;
  gc::CycleRecord cycle;
  for (uint64_t i = 0; i < count; ++i) {
    co_await gc::collector().collect();
    cycle = gc::collector().last_cycle();
    const uint64_t took = cycle.marked_ns - cycle.mark_ns;
    marks.add(took);
    shortest = std::min(shortest, took);
    context.progress(done + i + 1, total);
  }
  marks.write_list(context, "mark", count);
  write_number(context, "mark_shortest_ns", shortest, "ns");
  marks.write(context, "mark");
  write_number(context, "heap_marked", cycle.heap_marked, "B");
  gc::ScanCounts all;
  for (const gc::ScanCounts& counts : cycle.classes) all.add(counts);
  write_number(context, "objects_single", all.single, "objects");
  write_number(context, "objects_sparse", all.sparse, "objects");
  write_number(context, "objects_dense", all.dense, "objects");
  write_number(context, "spans_sparse", all.sparse_spans, "spans");
  write_number(context, "spans_dense", all.dense_spans, "spans");
}

sched::Task<void> measure_built_heap(Context& context, uint64_t nodes, uint64_t build_ns) {
  const auto collections = static_cast<uint64_t>(context.parameters().integer("collections"));
  write_number(context, "nodes", nodes, "nodes");
  write_number(context, "build_ns", build_ns, "ns");
  co_await measure_full_marks(context, collections, 2 * nodes, 2 * nodes + collections);
}

}  // namespace samovar::experiments
