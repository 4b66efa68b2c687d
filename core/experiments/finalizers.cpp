// finalizers: objects are made and dropped, each with a finalizer; how many of these have run after two collections?
//
// The original demo's /gc/finalizers. Its objects are 8 bytes without references, and one finalizer is always missing:
// 99 of 100. Objects under 16 bytes without references share blocks of 16 (Go: the tiny allocator), and a block lives
// as long as anything in it does. The counter that the finalizers count in is such an object too, made just before the
// first of the others, and so keeps that one company. `object` = tiny does the same, counter included. (With several Ps
// the counter and the first object may have come from two Ps' blocks: then nothing is missing.)
//
// The original's latency is its whole duration divided by the number of finalizers. Here it is measured: from the
// moment that a batch of 64 objects was begun to be made, each to be dropped at once, to the moment that the finalizer
// runs.
#include <atomic>
#include <vector>

#include "experiments/memory.h"
#include "experiments/registry.h"
#include "experiments/work.h"
#include "sched/driver.h"

namespace samovar::experiments {

namespace {

constexpr uint64_t kBatch = 64;                  // objects between two readings of the clock
constexpr int64_t kPauseNs = 10 * kMillisecond;  // the original's, for finalizers to run in

constexpr Choice kObjects[] = {
    {"small", "Of 16 bytes with a reference: each has a slot of its own, and none is missing."},
    {"tiny", "Of 8 bytes without references: two share a block, and one of them with the counter, which lives on."},
};

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::integer("count", 100, {1, 100'000}, "objects", "How many objects are made."),
    ParameterSpec::boolean("trigger_gc", true,
                           "Whether to collect twice once they are dropped; otherwise nothing has to happen in time."),
    ParameterSpec::choice("object", "small", kObjects, "What the objects are like."),
};

constexpr std::string_view kCharts[] = {"heap", "pauses_gc", "goroutines"};

constexpr std::string_view kWarning =
    "Not all finalizers have run: Go promises neither that they run soon nor that they run at all.";

struct Tiny {
  uint64_t number;
};

struct Small {
  uint64_t number;
  gc::Ref<Small> other;
  static constexpr auto slots() { return std::tuple(&Small::other); }
};

// The counter, as the original has it: an object in the heap, 8 bytes.
struct Counter {
  std::atomic<uint64_t> executed;  // relaxed: a figure
};

struct Finalizers {
  gc::Root<Counter> counter;
  uint64_t made = 0;                    // objects; the main goroutine's own
  std::vector<uint64_t> made_ns;        // by batch; written before its objects are made
  std::atomic<uint64_t> latency_ns{0};  // of all that have run; relaxed: a sum

  void ran(uint64_t number) {
    counter->executed.fetch_add(1, std::memory_order_relaxed);
    sched::M* m = sched::current().m;
    latency_ns.fetch_add(m->scheduler->now(m) - made_ns[number / kBatch], std::memory_order_relaxed);
  }
};

template <class Object>
void finalize(void* object, uint64_t run) {
  reinterpret_cast<Finalizers*>(run)->ran(static_cast<Object*>(object)->number);
}

template <class Object>
void make_one(Finalizers* run, uint64_t number) {
  Object* object = gc::make<Object>();
  object->number = number;
  gc::set_finalizer(object, finalize<Object>, reinterpret_cast<uintptr_t>(run));
}

sched::Task<void> make_objects(Context* context, Finalizers* run, uint64_t count, bool tiny) {
  run->made_ns.resize((count + kBatch - 1) / kBatch);
  run->counter = gc::make<Counter>();
  for (uint64_t i = 0; i < count; ++i) {
    if (i % kBatch == 0) {
      const uint64_t made_ns = co_await now();
      run->made_ns[i / kBatch] = made_ns;
      context->progress(i, count);
    }
    if (tiny) {
      make_one<Tiny>(run, i);
    } else {
      make_one<Small>(run, i);
    }
    run->made = i + 1;
    co_await sched::checkpoint(kMissNs);
  }
}

// What is known of the run, whether it has come to its end or not.
void write_known(Context& context, const Finalizers& run, const MemoryMoment& before, uint64_t duration_ns) {
  const uint64_t executed = run.counter.get() == nullptr ? 0 : run.counter->executed.load(std::memory_order_relaxed);
  const MemoryMoment after = memory_of(*before.collector);
  write_number(context, "objects_created", run.made, "objects");
  write_number(context, "finalizers_executed", executed, "finalizers");
  write_number(context, "duration_ms", static_cast<double>(duration_ns) / 1e6, "ms");
  write_number(context, "gc_runs", after.gc.cycles - before.gc.cycles, "collections");
  if (executed == 0) return;
  const auto latency_ns = static_cast<double>(run.latency_ns.load(std::memory_order_relaxed));
  write_number(context, "finalizer_latency_ms", latency_ns / 1e6 / static_cast<double>(executed), "ms");
}

sched::Task<void> finalizers(Context& context) {
  const Parameters& parameters = context.parameters();
  const auto count = static_cast<uint64_t>(parameters.integer("count"));
  const bool tiny = parameters.choice("object") == "tiny";
  auto& run = context.make_lasting<Finalizers>();
  const MemoryMoment before = memory_now();
  const uint64_t start = co_await now();
  const SoFar so_far(context, start, [&](uint64_t duration_ns) { write_known(context, run, before, duration_ns); });
  co_await make_objects(&context, &run, count, tiny);
  if (parameters.boolean("trigger_gc")) {
    for (int i = 0; i < 2; ++i) co_await gc::collector().collect();
    co_await finalizers_done();
  }
  co_await sched::sleep_for(kPauseNs);
  const uint64_t end = co_await now();
  write_known(context, run, before, end - start);
  if (run.counter->executed.load(std::memory_order_relaxed) < count) context.result().field("warning", kWarning);
  context.progress(count, count);
}

}  // namespace

const ExperimentSpec kFinalizers = {
    .name = "finalizers",
    .title = "Finalizers",
    .verb = "Drop",
    .group = "memory",
    .question = "When does a finalizer run, and does it always?",
    .shows =
        "Objects are dropped, collections find them dead, and one goroutine runs their finalizers; tiny ones may be "
        "spared.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = finalizers,
    .heap = {.present = true},
    .progress_unit = "objects",
};

}  // namespace samovar::experiments
