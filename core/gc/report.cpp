// What the collector tells about itself: gctrace lines and metrics, in Go's format and under Go's names.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <vector>

#include "gc/collector.h"
#include "observe/metrics.h"
#include "platform/worker_pool.h"

namespace samovar::gc {

namespace {

// Milliseconds as gctrace prints them (itoaDiv, fmtNSAsMS): below 10 with two significant digits, as far as microseconds; above, whole.
std::string as_ms(uint64_t ns) {
  char text[32];
  const uint64_t us = ns / 1000;
  if (us >= 10'000) {
    std::snprintf(text, sizeof(text), "%llu", static_cast<unsigned long long>(us / 1000));
    return text;
  }
  if (us == 0) return "0";
  int decimals = 3;
  uint64_t value = us;
  while (value >= 100) {
    value /= 10;
    --decimals;
  }
  std::snprintf(text, sizeof(text), "%.*f", decimals, static_cast<double>(value) / std::pow(10.0, decimals));
  return text;
}

std::string mb(uint64_t bytes) { return std::to_string(bytes >> 20); }

// gc N @Ts U%: a+b+c ms clock, A+B/C/D+E ms cpu, h0->h1->h2 MB, G MB goal, S MB stacks, X MB globals, P P (forced)
// Of a machine with fewer processors than there are Ps a stop costs no more than it has: `processors` (Go: stwprocs).
void append_line(std::string& out, const CycleRecord& cycle, uint32_t processors) {
  const uint32_t stopped = std::min(cycle.procs, processors);
  const uint64_t sweep_ns = cycle.mark_ns - cycle.start_ns;
  const uint64_t mark_ns = cycle.marked_ns - cycle.mark_ns;
  const uint64_t termination_ns = cycle.end_ns - cycle.marked_ns;
  char head[64];
  std::snprintf(head, sizeof(head), "gc %u @%llu.%03llus %d%%: ", cycle.cycle, static_cast<unsigned long long>(cycle.start_ns / 1'000'000'000),
                static_cast<unsigned long long>(cycle.start_ns / 1'000'000 % 1000), static_cast<int>(cycle.cpu_share * 100));
  out += head;
  out += as_ms(sweep_ns) + "+" + as_ms(mark_ns) + "+" + as_ms(termination_ns) + " ms clock, ";
  out += as_ms(sweep_ns * stopped) + "+" + as_ms(cycle.assist_ns) + "/" + as_ms(cycle.dedicated_ns + cycle.fractional_ns) + "/" + as_ms(cycle.idle_ns) + "+" +
         as_ms(termination_ns * stopped) + " ms cpu, ";
  out += mb(cycle.heap_start) + "->" + mb(cycle.heap_end) + "->" + mb(cycle.heap_marked) + " MB, " + mb(cycle.goal) + " MB goal, ";
  out += mb(cycle.stack_bytes) + " MB stacks, " + mb(cycle.global_bytes) + " MB globals, " + std::to_string(cycle.procs) + " P";
  if (cycle.why == observe::kGcTriggerForced) out += " (forced)";
  out += '\n';
}

void append_counts(std::string& out, const char* label, const ScanCounts& counts) {
  out += std::string("scan: ") + label + " " + std::to_string(counts.single) + "+" + std::to_string(counts.sparse) + "+" + std::to_string(counts.dense) + "=" +
         std::to_string(counts.single + counts.sparse + counts.dense) + " objs, " + std::to_string(counts.sparse_spans) + "+" + std::to_string(counts.dense_spans) + "=" +
         std::to_string(counts.sparse_spans + counts.dense_spans) + " spans\n";
}

double seconds(uint64_t ns) { return static_cast<double>(ns) / 1e9; }

// Go: sizeClassBuckets. A size class holds what is larger than the one before and no larger than itself; a bucket what is less than its upper edge, so that each
// edge lies a byte above its class. The first is 1, the smallest object; what is large goes into the last, at or above the last edge.
std::vector<double> size_edges() {
  std::vector<double> edges{1};
  for (size_t i = 1; i < heap::kSizeClasses; ++i) edges.push_back(heap::kClassBytes[i] + 1.0);
  return edges;
}

std::vector<uint64_t> size_counts(const uint64_t (&by_class)[heap::kSizeClasses]) {
  std::vector<uint64_t> counts{0};  // nothing is smaller than a byte
  counts.insert(counts.end(), std::begin(by_class) + 1, std::end(by_class));
  counts.push_back(by_class[0]);  // class 0 stands for what is large
  return counts;
}

}  // namespace

std::string Collector::gctrace(int level, uint32_t* seen, bool pacer) const {
  std::string out;
  const uint32_t processors = scheduler_.options().virtual_time ? sched::kMaxProcs : platform::processor_count();  // simulated threads have one each
  for (const CycleRecord& cycle : cycles(seen != nullptr ? *seen : 0)) {
    if (seen != nullptr) *seen = cycle.cycle;
    if (pacer) out += pacer_lines(cycle.pacer);
    if (level < 1) continue;
    append_line(out, cycle, processors);
    if (level < 2) continue;
    ScanCounts total;
    for (const ScanCounts& counts : cycle.classes) total.add(counts);
    append_counts(out, "total", total);
    for (size_t i = 0; i < heap::kSizeClasses; ++i) {
      const ScanCounts& counts = cycle.classes[i];
      if (counts.single + counts.sparse + counts.dense == 0) continue;
      append_counts(out, i == 0 ? "class L" : ("class " + std::to_string(heap::kClassBytes[i]) + "B").c_str(), counts);
    }
  }
  return out;
}

void Collector::collect_metrics(observe::MetricSet* metrics) const {
  const CollectorFigures now = figures();
  const heap::HeapFigures heap = heap_figures();
  const uint64_t elapsed = scheduler_.elapsed_ns();
  // mstats.go:accumulate. What is neither the collector's nor idle is the program's, though Ms that look for work, and sweeping, are in it too.
  const uint64_t total_ns = all_cpu_ns(elapsed);
  const uint64_t idle_ns = scheduler_.idle_ns(elapsed);
  const uint64_t gc_ns = now.assist_ns + now.dedicated_ns + now.idle_ns + now.pause_cpu_ns;
  const uint64_t scavenge_ns = now.scavenge_assist_ns + now.scavenge_background_ns;
  const uint64_t not_user_ns = gc_ns + scavenge_ns + idle_ns;
  metrics->set("/cpu/classes/gc/mark/assist:cpu-seconds", seconds(now.assist_ns));
  metrics->set("/cpu/classes/gc/mark/dedicated:cpu-seconds", seconds(now.dedicated_ns));
  metrics->set("/cpu/classes/gc/mark/idle:cpu-seconds", seconds(now.idle_ns));
  metrics->set("/cpu/classes/gc/pause:cpu-seconds", seconds(now.pause_cpu_ns));
  metrics->set("/cpu/classes/gc/total:cpu-seconds", seconds(gc_ns));
  metrics->set("/cpu/classes/idle:cpu-seconds", seconds(idle_ns));
  metrics->set("/cpu/classes/scavenge/assist:cpu-seconds", seconds(now.scavenge_assist_ns));
  metrics->set("/cpu/classes/scavenge/background:cpu-seconds", seconds(now.scavenge_background_ns));
  metrics->set("/cpu/classes/scavenge/total:cpu-seconds", seconds(scavenge_ns));
  metrics->set("/cpu/classes/total:cpu-seconds", seconds(total_ns));
  metrics->set("/cpu/classes/user:cpu-seconds", seconds(total_ns > not_user_ns ? total_ns - not_user_ns : 0));
  metrics->set("/gc/cleanups/executed:cleanups", now.cleanups_executed);
  metrics->set("/gc/cleanups/queued:cleanups", now.cleanups_queued);
  metrics->set("/gc/cycles/automatic:gc-cycles", uint64_t{now.cycles - now.forced});
  metrics->set("/gc/cycles/forced:gc-cycles", uint64_t{now.forced});
  metrics->set("/gc/cycles/total:gc-cycles", uint64_t{now.cycles});
  metrics->set("/gc/finalizers/executed:finalizers", now.finalizers_executed);
  metrics->set("/gc/finalizers/queued:finalizers", now.finalizers_queued);
  metrics->set("/gc/gogc:percent", static_cast<uint64_t>(pacer_.settings().gogc));
  metrics->set("/gc/gomemlimit:bytes", pacer_.settings().memory_limit == kUnlimited ? uint64_t{INT64_MAX} : pacer_.settings().memory_limit);
  metrics->set("/gc/heap/allocs-by-size:bytes", size_edges(), size_counts(heap.allocated_by_class));
  metrics->set("/gc/heap/allocs:bytes", heap.allocated_bytes);
  metrics->set("/gc/heap/allocs:objects", heap.allocated_objects);
  metrics->set("/gc/heap/frees-by-size:bytes", size_edges(), size_counts(heap.freed_by_class));
  metrics->set("/gc/heap/frees:bytes", heap.freed_bytes);
  metrics->set("/gc/heap/frees:objects", heap.freed_objects);
  metrics->set("/gc/heap/goal:bytes", goal());
  metrics->set("/gc/heap/live:bytes", pacer_.heap_marked());
  metrics->set("/gc/heap/objects:objects", heap.objects());
  metrics->set("/gc/heap/tiny/allocs:objects", heap.tiny_allocs);
  metrics->set("/gc/limiter/last-enabled:gc-cycle", uint64_t{limiter_.last_limited_cycle()});
  metrics->set("/gc/scan/globals:bytes", pacer_.globals_scan());
  metrics->set("/gc/scan/heap:bytes", pacer_.last_heap_scan());
  metrics->set("/gc/scan/stack:bytes", pacer_.last_stack_scan());
  metrics->set("/gc/scan/total:bytes", pacer_.globals_scan() + pacer_.last_heap_scan() + pacer_.last_stack_scan());
  const uint64_t stacks = scheduler_.goroutine_bytes();
  const uint64_t unused = heap.in_use_bytes - std::min(heap.in_use_bytes, heap.object_bytes());
  const uint64_t caches = states_made() * sizeof(ProcState);
  const uint64_t released = heap::Heap::can_release() ? heap.released_bytes : 0;
  metrics->set("/memory/classes/heap/free:bytes", heap.free_bytes);
  metrics->set("/memory/classes/heap/objects:bytes", heap.object_bytes());
  metrics->set("/memory/classes/heap/stacks:bytes", stacks);
  metrics->set("/memory/classes/heap/unused:bytes", unused);
  metrics->set("/memory/classes/metadata/mcache/inuse:bytes", caches);
  metrics->set("/memory/classes/metadata/mspan/free:bytes", heap.span_free_bytes);
  metrics->set("/memory/classes/metadata/mspan/inuse:bytes", heap.span_bytes);
  metrics->set("/memory/classes/total:bytes", heap.free_bytes + heap.object_bytes() + stacks + unused + caches + heap.span_free_bytes + heap.span_bytes + released);
  if (heap::Heap::can_release()) metrics->set("/memory/classes/heap/released:bytes", heap.released_bytes);
}

}  // namespace samovar::gc
