// Full marks: how long it takes to mark a heap that lives, once and again. What the experiments share that compare the
// two markers on heaps of different shapes.
#pragma once

#include <cstdint>

#include "experiments/experiment.h"
#include "experiments/memory.h"
#include "sched/task.h"

namespace samovar::experiments {

// How many collections there may be; no marks are measured at 0.
inline constexpr Range kFullMarks = {0, 1000};

// Collects `count` times and writes how long marking took each time (mark_ns, and of these mark_shortest_ns,
// mark_median_ns, …), and what was scanned in the last: heap_marked, objects_single, objects_sparse, objects_dense,
// spans_sparse, spans_dense. In virtual time marking is charged by the byte, so that there the markers take the same
// time: to be compared in real time. Nothing else should run meanwhile. Reports progress from `done` of `total` on.
sched::Task<void> measure_full_marks(Context& context, uint64_t count, uint64_t done, uint64_t total);

// The same for a heap of `nodes` that took build_ns to make and reported 2 * nodes of progress meanwhile, as often as the parameter `collections` says. Writes
// nodes and build_ns too.
sched::Task<void> measure_built_heap(Context& context, uint64_t nodes, uint64_t build_ns);

// What is known of such a heap while it is being made: nodes (so many are there), build_ns and gc_runs.
void write_half_built(Context& context, const MemoryMoment& before, uint64_t nodes, uint64_t build_ns);

}  // namespace samovar::experiments
