// What the experiments on memory share: the heap's whole vocabulary in one include, and the figures that all of them report.
#pragma once

#include <cstdint>

#include "experiments/experiment.h"
#include "experiments/probe.h"
#include "gc/collector.h"
#include "gc/local.h"
#include "gc/make.h"
#include "gc/ref.h"
#include "sched/ops.h"

namespace samovar::experiments {

// Figures of the collector at one moment; two of them, taken before and after, say what happened in between.
struct MemoryMark {
  uint32_t cycles = 0;
  uint64_t pause_ns = 0;
  uint64_t allocated_bytes = 0;
  uint64_t allocated_objects = 0;
  uint64_t object_bytes = 0;
  uint64_t objects = 0;
};

// As of now. On a goroutine of a run with a heap.
MemoryMark memory_mark();

// Writes duration_ns, gc_runs, gc_pause_ms, gc_cpu_fraction and the rate of allocation since the run began. For the main goroutine, at the end.
void write_duration_and_gc(Context& context, uint64_t duration_ns);

}  // namespace samovar::experiments
