// How the tests of core/gc run things: a scheduler and a collector that distrusts itself.
//
//   Ran ran = run({.procs = 2}, main_of_the_test, &state);
//   EXPECT_DONE(ran);
//   EXPECT_EQ(ran.figures.cycles, 3u);
//
// Unless a test says otherwise every cycle is marked twice and compared (checkmark) and what is freed is poisoned, so a broken invariant ends the run
// with a fatal error, which EXPECT_DONE prints.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "gc/make.h"
#include "observe/metrics.h"
#include "sched/harness.h"

namespace samovar::gc {

using sched::EveryRun;
using sched::RunState;
using sched::Task;
using sched::Time;
using sched::test_seed;
using sched::threads_available;

inline constexpr uint64_t kMiB = uint64_t{1} << 20;
inline constexpr uint64_t kKiB = uint64_t{1} << 10;

struct Conditions {
  uint32_t procs = 1;
  Time time = Time::kVirtual;
  MarkerKind marker = MarkerKind::kGreenTea;
  PacerSettings pacing = {};
  size_t arena_bytes = 64 * kMiB;
  bool checkmark = true;
  bool poison = true;
  bool stress = false;
  uint64_t seed = test_seed();
  size_t event_bytes = 1 << 20;
  uint64_t slice_ns = sched::Options().slice_ns;
  // Called while the run goes on, from another thread (threads) or between portions (virtual time).
  std::function<void(Collector&)> meanwhile = nullptr;
  // Called after the run, while its scheduler is still there.
  std::function<void(Collector&)> afterwards = nullptr;
};

struct Ran : sched::Ran {
  CollectorFigures figures;
  std::vector<CycleRecord> cycles;
  heap::HeapFigures heap;
};

inline CollectorOptions collector_options(const Conditions& conditions) {
  CollectorOptions options;
  options.pacing = conditions.pacing;
  options.arena_bytes = conditions.arena_bytes;
  options.marker = conditions.marker;
  options.checkmark = conditions.checkmark;
  options.poison = conditions.poison;
  options.stress = conditions.stress;
  return options;
}

// Runs main(argument) as goroutine 1 of a run with a collector, to the end.
template <class T>
Ran run(const Conditions& conditions, Task<void> (*main)(T*), T* argument) {
  std::unique_ptr<Collector> collector;
  Ran ran;
  sched::Settings settings{.procs = conditions.procs, .time = conditions.time, .seed = conditions.seed, .event_bytes = conditions.event_bytes, .slice_ns = conditions.slice_ns};
  settings.beforehand = [&](sched::Scheduler& scheduler) { collector = std::make_unique<Collector>(scheduler, collector_options(conditions)); };
  if (conditions.meanwhile) settings.meanwhile = [&](sched::Scheduler&) { conditions.meanwhile(*collector); };
  settings.afterwards = [&](sched::Scheduler&) {
    ran.figures = collector->figures();
    ran.cycles = collector->cycles();
    ran.heap = collector->heap_figures();
    if (conditions.afterwards) conditions.afterwards(*collector);
  };
  static_cast<sched::Ran&>(ran) = sched::run(settings, main, argument);
  return ran;
}

// A test for each number of Ps, with real threads and in virtual time, with each marker.
class EveryMarker : public testing::TestWithParam<std::tuple<uint32_t, Time, MarkerKind>> {
 protected:
  void SetUp() override {
    if (time() == Time::kReal && !sched::threads_available()) GTEST_SKIP() << "built without threads";
  }
  uint32_t procs() const { return std::get<0>(GetParam()); }
  Time time() const { return std::get<1>(GetParam()); }
  MarkerKind marker() const { return std::get<2>(GetParam()); }
  Conditions conditions() const {
    Conditions conditions;
    conditions.procs = procs();
    conditions.time = time();
    conditions.marker = marker();
    return conditions;
  }
};

inline const char* marker_name(MarkerKind kind) { return kind == MarkerKind::kGreenTea ? "GreenTea" : "Classic"; }

inline std::string marker_run_name(const testing::TestParamInfo<std::tuple<uint32_t, Time, MarkerKind>>& info) {
  return std::string(std::get<1>(info.param) == Time::kReal ? "Threads" : "Virtual") + std::to_string(std::get<0>(info.param)) + marker_name(std::get<2>(info.param));
}

#define SAMOVAR_EVERY_MARKER(Suite)                                                                                                           \
  INSTANTIATE_TEST_SUITE_P(Procs, Suite,                                                                                                      \
                           testing::Combine(testing::Values(1u, 2u, 4u, 8u), testing::Values(Time::kReal, Time::kVirtual),                    \
                                            testing::Values(MarkerKind::kGreenTea, MarkerKind::kClassic)),                                    \
                           marker_run_name)

// ---- What programs of several tests are made of. ----

struct Node {
  Ref<Node> left;
  Ref<Node> right;
  static constexpr auto slots() { return std::tuple(&Node::left, &Node::right); }
};

// A complete binary tree of 2^(depth + 1) - 1 nodes. Without a suspension: raw pointers are safe.
inline Node* build_tree(int depth) {
  Node* node = make<Node>();
  if (depth > 0) {
    node->left = build_tree(depth - 1);
    node->right = build_tree(depth - 1);
  }
  return node;
}

inline int64_t count_nodes(const Node* node) { return node == nullptr ? 0 : 1 + count_nodes(node->left) + count_nodes(node->right); }

constexpr int64_t tree_size(int depth) { return (int64_t{2} << depth) - 1; }

// Lets whatever else can run do so until it is done: sweepers, finalizers.
inline Task<void> settle_down(int turns = 50) {
  for (int i = 0; i < turns; ++i) co_await sched::gosched();
}

// Collects and waits until the finalizers and cleanups that this made due have run.
inline Task<void> collect_and_finalize() {
  co_await collector().collect();
  bool more = true;
  while (more) {
    const CollectorFigures now = collector().figures();
    more = now.finalizers_executed < now.finalizers_queued || now.cleanups_executed < now.cleanups_queued;
    if (more) co_await sched::gosched();
  }
}

}  // namespace samovar::gc
