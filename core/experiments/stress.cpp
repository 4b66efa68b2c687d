// stress: goroutines allocate large byte slices, hash them and drop them, or keep them.
//
// The original demo's /stress, with its numbers and names. Slices of a mebibyte hold no references, so a collection has
// next to nothing to mark: what it costs is that it happens at all, and the zeroing of memory that is used again.
//
// In the original what is kept is garbage when the goroutines have ended, and whether it still counts depends on when
// the next collection comes. Here it is kept to the end, and the result says how much that is.
#include <algorithm>
#include <atomic>
#include <cstring>
#include <vector>

#include "chain/sha256.h"
#include "experiments/memory.h"
#include "experiments/registry.h"
#include "experiments/work.h"
#include "sync/waitgroup.h"

namespace samovar::experiments {

namespace {

constexpr size_t kPiece = 8 * kKibibyte;  // bytes hashed between two checkpoints
constexpr uint64_t kYieldEvery = 10;      // allocations, as in the original

// Go's SHA-256 does 1730 MiB a second on a core with SHA instructions.
constexpr uint64_t hashing_ns(uint64_t bytes) {
  return bytes * 11 / 20;
}

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::integer("allocations", 10, {1, 100'000}, "allocations", "How many slices each goroutine allocates."),
    ParameterSpec::integer("goroutines", 1, {1, 1024}, "goroutines", "How many goroutines allocate."),
    ParameterSpec::choice("pattern", "short-lived", kPatterns, "What becomes of a slice."),
    ParameterSpec::integer("size", 1024, {1, 4096}, "KiB", "How large a slice is."),
};

constexpr std::string_view kCharts[] = {"heap", "alloc_rate", "pauses_gc", "gc_cpu", "goroutines"};

struct Stress {
  Context& context;
  const uint64_t allocations;
  const uint32_t goroutines;
  const Pattern pattern;
  const size_t bytes;
  std::vector<Appended> kept;         // one a goroutine
  std::atomic<uint64_t> finished{0};  // allocations; relaxed: a figure
  sync::WaitGroup done;
};

// Hashes the slice, and makes a string of the hash, as the original does.
sched::Task<void> hash(const gc::Local<uint8_t>* slice, size_t bytes) {
  chain::Sha256 sha;
  for (size_t at = 0; at < bytes; at += kPiece) {
    const size_t piece = std::min(kPiece, bytes - at);
    sha.update(slice->get() + at, piece);
    co_await sched::checkpoint(hashing_ns(piece));
  }
  const std::string hex = chain::to_hex(sha.finish());
  std::memcpy(gc::make_bytes(hex.size()), hex.data(), hex.size());
}

sched::Task<void> allocate(Stress* run, uint32_t index) {
  Appended& kept = run->kept[index];
  for (uint64_t i = 0; i < run->allocations; ++i) {
    gc::Local<uint8_t> slice = gc::make_bytes(run->bytes);
    *slice = static_cast<uint8_t>(index);
    if (keeps(run->pattern, i)) {
      kept.add(slice, run->bytes);
    } else {
      co_await hash(&slice, run->bytes);
    }
    run->context.add_work(run->bytes);
    const uint64_t finished = run->finished.fetch_add(1, std::memory_order_relaxed) + 1;
    run->context.progress(finished, run->allocations * run->goroutines);
    co_await sched::checkpoint(kTouchNs);
    if (i % kYieldEvery == 0) co_await sched::gosched();
  }
  co_await run->done.done();
}

// What is known of the run, whether it has come to its end or not.
void write_known(Context& context, const Stress& run, const MemoryMoment& before, uint64_t duration_ns) {
  const MemoryMoment after = memory_of(*before.collector);
  const uint64_t finished = run.finished.load(std::memory_order_relaxed);
  uint64_t kept = 0;
  for (const Appended& of_one : run.kept) kept += of_one.size();
  write_number(context, "duration_ns", duration_ns, "ns");
  write_number(context, "goroutines", run.goroutines, "goroutines");
  if (finished == run.allocations * run.goroutines) {
    write_number(context, "allocations", run.allocations, "allocations");
  } else {
    write_number(context, "allocations_finished", finished, "allocations");
  }
  context.result().field("pattern", context.parameters().choice("pattern"));
  write_collections(context, "gc_collections", before, after);
  write_number(context, "heap_objects_delta", static_cast<int64_t>(after.objects - before.objects), "objects");
  write_number(context, "memory_delta_mb", mebibytes(after.object_bytes) - mebibytes(before.object_bytes), "MiB");
  write_number(context, "final_alloc_mb", mebibytes(after.object_bytes), "MiB");
  write_number(context, "num_goroutines", context.scheduler().num_goroutine(), "goroutines");
  write_throughput(context, finished * run.bytes, duration_ns);
  write_number(context, "kept_objects", kept, "objects");
  write_number(context, "kept_mb", mebibytes(kept * run.bytes), "MiB");
}

sched::Task<void> stress(Context& context) {
  const Parameters& parameters = context.parameters();
  Stress run{.context = context,
             .allocations = static_cast<uint64_t>(parameters.integer("allocations")),
             .goroutines = static_cast<uint32_t>(parameters.integer("goroutines")),
             .pattern = pattern_of(parameters),
             .bytes = static_cast<size_t>(static_cast<uint64_t>(parameters.integer("size")) * kKibibyte),
             .kept = {},
             .done = sync::WaitGroup(static_cast<int32_t>(parameters.integer("goroutines")))};
  run.kept = std::vector<Appended>(run.goroutines);
  const uint64_t start = co_await now();
  const MemoryMoment before = memory_now();
  const SoFar so_far(context, start, [&](uint64_t duration_ns) { write_known(context, run, before, duration_ns); });
  for (uint32_t i = 0; i < run.goroutines; ++i) {
    co_await sched::go("allocate", allocate(&run, i));
    co_await sched::checkpoint();
  }
  co_await run.done.wait();
  const uint64_t end = co_await now();
  write_known(context, run, before, end - start);
}

}  // namespace

const ExperimentSpec kStress = {
    .name = "stress",
    .title = "Memory under stress",
    .verb = "Allocate",
    .group = "memory",
    .question = "What does it cost to allocate a lot?",
    .shows = "Goroutines allocate megabytes at a time; collections follow as fast as the heap fills.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = stress,
    .heap = {.present = true},
    .work_unit = "B",
    .progress_unit = "objects",
};

}  // namespace samovar::experiments
