// What the collector's stages cost: a store with the write barrier off and on, marking an object of three shapes, and an allocation through all of it.
//
//   gc/barrier/<state>           a store into a slot: without a collection, while one is marking, and of a plain pointer (the reference)
//   gc/mark/<shape>/<marker>     marking, per object, of a heap of 16- or 32-byte objects with the world's only P at it: a tree in the order of its making, a
//                                random graph reached from an array, a shuffled list. "ratio": how many times as fast as the classic marker in the same run
//   gc/collect/<shape>           the same, but for a whole forced collection, its sweep included, as Go's runtime.GC
//   gc/allocate/<bytes>          gc::make_bytes on one P, collections included (GOGC 100); the peer is malloc and free of as much ("ratio")
//
// Each iteration is one run of a scheduler on threads; only the part named is timed.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "base/rng.h"
#include "gc/make.h"
#include "platform/clock.h"
#include "platform/worker_pool.h"
#include "sched/ops.h"
#include "sched/scheduler.h"

namespace samovar::gc {
namespace {

using sched::Task;

platform::WorkerPool& workers() {
  static platform::WorkerPool pool(platform::max_threads() == 0 ? 0 : 16);
  return pool;
}

struct Job {
  MarkerKind marker = MarkerKind::kGreenTea;
  Task<void> (*body)(Job*) = nullptr;
  uint32_t size = 0;
  bool whole = false;  // mark: time the whole collection
  uint64_t operations = 0;
  uint64_t elapsed_ns = 0;
};

// One run on one P with 256 MiB of heap.
void carry_out(Job* job) {
  sched::Options options;
  options.procs = 1;
  options.virtual_time = platform::max_threads() == 0;
  options.event_bytes = 1 << 20;
  options.workers = &workers();
  sched::Scheduler scheduler(options);
  Collector collector(scheduler, {.arena_bytes = size_t{256} << 20, .marker = job->marker});
  scheduler.run([](void* argument) { return static_cast<Job*>(argument)->body(static_cast<Job*>(argument)); }, job);
}

// The rates of what is compared with, by name of the group.
std::map<std::string, double>& reference_rates() {
  static std::map<std::string, double> rates;
  return rates;
}

void report(benchmark::State& state, const std::string& group, bool is_reference, uint64_t operations, uint64_t elapsed_ns) {
  const double rate = static_cast<double>(operations) / static_cast<double>(elapsed_ns);
  if (is_reference) reference_rates()[group] = rate;
  const auto reference = reference_rates().find(group);
  if (reference != reference_rates().end()) state.counters["ratio"] = rate / reference->second;
  state.counters["ns_each"] = 1 / rate;
  state.SetItemsProcessed(static_cast<int64_t>(operations));
}

void measure(benchmark::State& state, const std::string& group, bool is_reference, Job job) {
  uint64_t operations = 0;
  uint64_t elapsed_ns = 0;
  for (auto _ : state) {
    carry_out(&job);
    state.SetIterationTime(static_cast<double>(job.elapsed_ns) * 1e-9);
    operations += job.operations;
    elapsed_ns += job.elapsed_ns;
  }
  report(state, group, is_reference, operations, elapsed_ns);
}

// ---- Barrier ----

struct Pair {
  Ref<Pair> left;
  Ref<Pair> right;
  static constexpr auto slots() { return std::tuple(&Pair::left, &Pair::right); }
};

constexpr uint64_t kStores = 4'000'000;
constexpr uint32_t kPairs = 256;  // few enough to stay in the first cache

template <bool kMarking>
Task<void> store(Job* job) {
  Ref<Pair>* pairs = make_array<Ref<Pair>>(kPairs);
  for (uint32_t i = 0; i < kPairs; ++i) pairs[i] = make<Pair>();
  // As between the two stops of a collection, but that nobody marks: the buffer is filled and flushed as then.
  if (kMarking) {
    proc_state().marking = true;
    marking_collectors.fetch_add(1);
  }
  const uint64_t start = platform::now_ns();
  for (uint64_t i = 0; i < kStores; ++i) pairs[i % kPairs]->left = pairs[(i + 1) % kPairs].get();
  job->elapsed_ns = platform::now_ns() - start;
  if (kMarking) {
    marking_collectors.fetch_sub(1);
    proc_state().marking = false;
  }
  job->operations = kStores;
  co_return;
}

void plain_stores(benchmark::State& state) {
  struct Plain {
    Plain* volatile left;
    Plain* right;
  };
  std::vector<Plain> pairs(kPairs);
  uint64_t elapsed_ns = 0;
  uint64_t operations = 0;
  for (auto _ : state) {
    const uint64_t start = platform::now_ns();
    for (uint64_t i = 0; i < kStores; ++i) pairs[i % kPairs].left = &pairs[(i + 1) % kPairs];
    const uint64_t took = platform::now_ns() - start;
    state.SetIterationTime(static_cast<double>(took) * 1e-9);
    elapsed_ns += took;
    operations += kStores;
  }
  report(state, "barrier", true, operations, elapsed_ns);
}

// ---- Marking ----

Pair* build_tree(int depth) {
  Pair* pair = make<Pair>();
  if (depth == 0) return pair;
  pair->left = build_tree(depth - 1);
  pair->right = build_tree(depth - 1);
  return pair;
}

// Collects, and takes marking's time from the collection's record: the first collection after the building finds all of it, the second is measured.
Task<void> measure_collection(Job* job) {
  co_await collector().collect();
  const uint64_t start = platform::now_ns();
  co_await collector().collect();
  job->elapsed_ns = platform::now_ns() - start;
  const CycleRecord cycle = collector().cycles().back();
  if (!job->whole) job->elapsed_ns = cycle.marked_ns - cycle.mark_ns;
}

Task<void> mark_tree(Job* job) {
  constexpr int kDepth = 20;
  Local<Pair> root = build_tree(kDepth);
  job->operations = (uint64_t{2} << kDepth) - 1;
  co_await measure_collection(job);
}

constexpr uint32_t kNodes = 1 << 20;

struct Node {
  Ref<Node> first;
  Ref<Node> second;
  uint64_t value[2];
  static constexpr auto slots() { return std::tuple(&Node::first, &Node::second); }
};

Ref<Node>* make_nodes() {
  Ref<Node>* nodes = make_array<Ref<Node>>(kNodes);
  for (uint32_t i = 0; i < kNodes; ++i) nodes[i] = make<Node>();
  return nodes;
}

Task<void> mark_graph(Job* job) {
  Local<Ref<Node>> nodes = make_nodes();
  base::Rng rng(1);
  for (uint32_t i = 0; i < kNodes; ++i) {
    nodes.get()[i]->first = nodes.get()[rng.below(kNodes)];
    nodes.get()[i]->second = nodes.get()[rng.below(kNodes)];
  }
  job->operations = kNodes;
  co_await measure_collection(job);
}

Task<void> mark_list(Job* job) {
  Local<Node> head;
  {
    Ref<Node>* nodes = make_nodes();
    std::vector<uint32_t> order(kNodes);
    std::iota(order.begin(), order.end(), 0u);
    base::Rng rng(1);
    for (uint32_t i = kNodes - 1; i > 0; --i) std::swap(order[i], order[rng.below(i + 1)]);
    for (uint32_t i = 0; i < kNodes; ++i) {
      nodes[order[i]]->first = head.get();
      head = nodes[order[i]].get();
    }
  }
  job->operations = kNodes;
  co_await measure_collection(job);
}

// ---- Allocation ----

constexpr uint64_t kAllocations = 200'000;

Task<void> allocate(Job* job) {
  // Memory that the system has not given yet would cost more than all the rest: what a collection has freed is used.
  while (collector().cycle() < 2) {
    benchmark::DoNotOptimize(make_bytes(job->size));
    co_await sched::checkpoint(0);
  }
  const uint64_t start = platform::now_ns();
  for (uint64_t i = 0; i < kAllocations; ++i) {
    benchmark::DoNotOptimize(make_bytes(job->size));
    co_await sched::checkpoint(0);
  }
  job->elapsed_ns = platform::now_ns() - start;
  job->operations = kAllocations;
}

void allocate_with_malloc(benchmark::State& state, size_t bytes, const std::string& group) {
  uint64_t elapsed_ns = 0;
  uint64_t operations = 0;
  for (auto _ : state) {
    const uint64_t start = platform::now_ns();
    for (uint64_t i = 0; i < kAllocations; ++i) {
      void* memory = std::calloc(1, bytes);
      benchmark::DoNotOptimize(memory);
      std::free(memory);
    }
    const uint64_t took = platform::now_ns() - start;
    state.SetIterationTime(static_cast<double>(took) * 1e-9);
    elapsed_ns += took;
    operations += kAllocations;
  }
  report(state, group, true, operations, elapsed_ns);
}

template <class Function>
void add(const std::string& name, Function function) {
  benchmark::RegisterBenchmark(name.c_str(), function)->UseManualTime()->Unit(benchmark::kMillisecond);
}

const bool kRegistered = [] {
  add("gc/barrier/plain", plain_stores);
  add("gc/barrier/off", [](benchmark::State& state) { measure(state, "barrier", false, {.body = store<false>}); });
  add("gc/barrier/on", [](benchmark::State& state) { measure(state, "barrier", false, {.body = store<true>}); });
  struct Shape {
    const char* name;
    Task<void> (*body)(Job*);
  };
  for (const Shape& shape : {Shape{"tree", mark_tree}, Shape{"graph", mark_graph}, Shape{"list", mark_list}}) {
    const std::string group = std::string("gc/mark/") + shape.name;
    add(group + "/classic", [=](benchmark::State& state) { measure(state, group, true, {.marker = MarkerKind::kClassic, .body = shape.body}); });
    add(std::string("gc/collect/") + shape.name, [=](benchmark::State& state) { measure(state, "", false, {.body = shape.body, .whole = true}); });
    add(group + "/green-tea", [=](benchmark::State& state) { measure(state, group, false, {.marker = MarkerKind::kGreenTea, .body = shape.body}); });
  }
  for (const uint32_t bytes : {16u, 64u, 1024u, 16384u}) {
    const std::string group = "gc/allocate/" + std::to_string(bytes);
    add(group + "/malloc", [=](benchmark::State& state) { allocate_with_malloc(state, bytes, group); });
    add(group, [=](benchmark::State& state) { measure(state, group, false, {.body = allocate, .size = bytes}); });
  }
  return true;
}();

}  // namespace
}  // namespace samovar::gc
