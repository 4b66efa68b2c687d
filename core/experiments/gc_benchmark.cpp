// gc-benchmark: one goroutine allocates many slices of one size, writes every byte, and collects at the end.
//
// The original demo's /gc/benchmark. How often the collector has to come depends on GOGC: a Go 1.26 program collects
// 50,000 slices of a kibibyte, each dropped at once, 30, 14 and 7 times at GOGC 50, 100 and 200.
//
// The original's list of what it keeps is not used after the loop, so that its forced collection frees that too, and
// "long-lived" ends as small as "short-lived". Here what is kept is there to the end.
#include "experiments/memory.h"
#include "experiments/registry.h"
#include "experiments/work.h"

namespace samovar::experiments {

namespace {

constexpr uint64_t kBatch = 64;  // allocations between two reports

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::integer("allocations", 10'000, {1, 10'000'000}, "allocations", "How many slices are allocated."),
    ParameterSpec::integer("size_kb", 1, {1, 1024}, "KiB", "How large a slice is."),
    ParameterSpec::choice("pattern", "short-lived", kPatterns, "What becomes of a slice."),
};

constexpr std::string_view kCharts[] = {"heap", "pauses_gc", "gc_cpu", "alloc_rate"};

void fill(uint8_t* slice, size_t bytes, uint64_t from) {
  for (size_t i = 0; i < bytes; ++i) slice[i] = static_cast<uint8_t>(from + i);
}

// What is known of the run, whether it has come to its end or not.
void write_known(Context& context, const MemoryMoment& before, uint64_t made, uint64_t kept, size_t bytes, uint64_t duration_ns) {
  const MemoryMoment after = memory_of(*before.collector);
  write_number(context, "duration_ms", static_cast<double>(duration_ns) / 1e6, "ms");
  write_number(context, "alloc_before_mb", mebibytes(before.object_bytes), "MiB");
  write_number(context, "alloc_after_mb", mebibytes(after.object_bytes), "MiB");
  write_number(context, "heap_objects_delta", static_cast<int64_t>(after.objects - before.objects), "objects");
  write_collections(context, "gc_runs", before, after);
  write_throughput(context, made * bytes, duration_ns);
  write_number(context, "kept_objects", kept, "objects");
  write_number(context, "kept_mb", mebibytes(kept * bytes), "MiB");
}

sched::Task<void> gc_benchmark(Context& context) {
  const Parameters& parameters = context.parameters();
  const auto allocations = static_cast<uint64_t>(parameters.integer("allocations"));
  const size_t bytes = static_cast<size_t>(parameters.integer("size_kb")) * kKibibyte;
  const Pattern pattern = pattern_of(parameters);

  const MemoryMoment before = memory_now();
  const uint64_t start = co_await now();
  Appended kept;
  uint64_t made = 0;
  const SoFar so_far(context, start, [&](uint64_t duration_ns) { write_known(context, before, made, kept.size(), bytes, duration_ns); });
  while (made < allocations) {
    uint8_t* slice = gc::make_bytes(bytes);
    fill(slice, bytes, made);
    if (keeps(pattern, made)) kept.add(slice, bytes);
    if (++made % kBatch == 0) {
      context.add_work(kBatch);
      context.progress(made, allocations);
    }
    co_await sched::checkpoint(bytes / kFilledBytesPerNs);
  }
  context.add_work(allocations % kBatch);
  co_await gc::collector().collect();
  const uint64_t end = co_await now();
  write_known(context, before, made, kept.size(), bytes, end - start);
  context.progress(allocations, allocations);
}

}  // namespace

const ExperimentSpec kGcBenchmark = {
    .name = "gc-benchmark",
    .title = "How often it collects",
    .verb = "Allocate",
    .group = "memory",
    .question = "How does GOGC trade memory for collections?",
    .shows =
        "The heap grows to its goal, is collected, and grows again: a saw whose teeth GOGC makes larger or smaller.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = gc_benchmark,
    .heap = {.present = true, .heap_mib = 96},
    .work_unit = "objects",
    .progress_unit = "objects",
};

}  // namespace samovar::experiments
