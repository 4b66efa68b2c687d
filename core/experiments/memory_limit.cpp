// memory-limit: GOGC is off, so the heap grows until the memory limit makes the collector come.
//
// Go 1.26 with GOGC=off and GOMEMLIMIT=64MiB allocates 1250 MiB in slices that are dropped at once with 23 collections,
// and has at most 62.6 MiB from the system: it aims 3 percent or at least 1 MiB below the limit.
#include <algorithm>

#include "experiments/memory.h"
#include "experiments/registry.h"
#include "experiments/work.h"

namespace samovar::experiments {

namespace {

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::integer("allocate", 1250, {1, 100'000}, "MiB", "How much is allocated, slice by slice."),
    ParameterSpec::integer("size_kb", 1024, {1, 4096}, "KiB", "How large a slice is."),
    ParameterSpec::integer("keep", 0, {0, 2000}, "MiB", "How much of it is kept: the first slices, until the end."),
};

constexpr std::string_view kCharts[] = {"heap", "pauses_gc", "gc_cpu", "alloc_rate"};

// What is known of the run, whether it has come to its end or not.
void write_known(Context& context, const MemoryMoment& before, uint64_t allocated, uint64_t kept, uint64_t peak, uint64_t duration_ns) {
  const MemoryMoment after = memory_of(*before.collector);
  write_number(context, "allocated_mb", mebibytes(allocated), "MiB");
  write_number(context, "peak_mb", mebibytes(std::max(peak, after.mapped_bytes)), "MiB");
  write_collections(context, "gc_runs", before, after);
  write_number(context, "duration_ns", duration_ns, "ns");
  write_throughput(context, allocated, duration_ns);
  write_number(context, "kept_mb", mebibytes(kept), "MiB");
}

sched::Task<void> memory_limit(Context& context) {
  const Parameters& parameters = context.parameters();
  const uint64_t wanted = static_cast<uint64_t>(parameters.integer("allocate")) * kMebibyte;
  const size_t bytes = static_cast<size_t>(parameters.integer("size_kb")) * kKibibyte;
  const uint64_t slices = (wanted + bytes - 1) / bytes;
  const uint64_t keep = std::min(slices, static_cast<uint64_t>(parameters.integer("keep")) * kMebibyte / bytes);

  const MemoryMoment before = memory_now();
  const uint64_t start = co_await now();
  Kept kept;
  kept.reserve(keep);
  uint64_t peak = 0;
  uint64_t looked_at = 0;
  uint64_t made = 0;
  const SoFar so_far(context, start, [&](uint64_t duration_ns) { write_known(context, before, made * bytes, kept.size() * bytes, peak, duration_ns); });
  while (made < slices) {
    uint8_t* slice = gc::make_bytes(bytes);
    *slice = static_cast<uint8_t>(made);
    if (made < keep) kept.add(slice);
    ++made;
    // Nothing but this goroutine allocates, so that a look each 64 KiB misses little; each slice would be a look too
    // many.
    if (made * bytes - looked_at >= 64 * kKibibyte) {
      looked_at = made * bytes;
      peak = std::max(peak, memory_now().mapped_bytes);
      context.progress(made, slices);
    }
    context.add_work(bytes);
    co_await sched::checkpoint(kTouchNs);
  }
  const uint64_t end = co_await now();
  write_known(context, before, made * bytes, kept.size() * bytes, peak, end - start);
  context.progress(slices, slices);
}

}  // namespace

const ExperimentSpec kMemoryLimit = {
    .name = "memory-limit",
    .title = "The memory limit",
    .verb = "Allocate",
    .group = "memory",
    .question = "Can a program live within a limit without GOGC?",
    .shows =
        "The heap grows up to the limit, and is collected there each time; what is kept makes these times come sooner.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = memory_limit,
    .heap = {.present = true, .gogc = -1, .memory_limit_mib = 64, .heap_mib = 96},
    .work_unit = "B",
};

}  // namespace samovar::experiments
