// trees: complete binary trees are built, counted and dropped while one large tree lives.
//
// The Computer Language Benchmarks Game's binary-trees: a tree one level deeper than all others, which is dropped; one
// that lives on; and then, for each second depth from 4 on, so many trees that all together have as many nodes each
// time. It is the usual test of an allocator and a collector: nearly everything dies young, and all of it is nodes of
// 16 bytes with two references.
//
// With `churn` every finished tree takes the place of an equal part of the large one: so the large tree is renewed bit
// by bit, its nodes lie where the allocator found room, and every store that does it passes the write barrier.
#include <atomic>
#include <utility>
#include <vector>

#include "base/rng.h"
#include "experiments/full_mark.h"
#include "experiments/memory.h"
#include "experiments/registry.h"
#include "experiments/work.h"
#include "sync/waitgroup.h"

namespace samovar::experiments {

namespace {

constexpr int kLeastDepth = 4;
constexpr uint64_t kReportEvery = 16 * 1024;  // nodes: often enough to look at, rare enough to cost nothing
constexpr int kDepthAtOnce = 9;  // of trees that are built and counted between two suspensions: 1023 nodes, some 50 us

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::integer("depth", 14, {kLeastDepth, 20}, "levels",
                           "How deep the tree is that lives; each more doubles the work."),
    ParameterSpec::integer("goroutines", 1, {1, 64}, "goroutines",
                           "How many goroutines share the trees of each depth."),
    ParameterSpec::boolean("churn", false, "Whether finished trees replace parts of the one that lives."),
    ParameterSpec::integer("collections", 3, kFullMarks, "collections",
                           "How often the tree that lives is collected at the end."),
};

constexpr std::string_view kCharts[] = {"heap", "pauses_gc", "gc_cpu", "alloc_rate", "size_classes", "goroutines"};

struct Node {
  gc::Ref<Node> left;
  gc::Ref<Node> right;
  static constexpr auto slots() { return std::tuple(&Node::left, &Node::right); }
};
static_assert(sizeof(Node) == 16);

constexpr uint64_t nodes_of(int depth) {
  return (uint64_t{2} << depth) - 1;
}

Node* build_at_once(int depth) {
  Node* node = gc::make<Node>();
  if (depth > 0) {
    node->left = build_at_once(depth - 1);
    node->right = build_at_once(depth - 1);
  }
  return node;
}

uint64_t count_at_once(const Node* node) {
  return node == nullptr ? 0 : 1 + count_at_once(node->left) + count_at_once(node->right);
}

// Builds into *tree, a Local of the caller's.
sched::Task<void> build(gc::Local<Node>* tree, int depth) {
  if (depth <= kDepthAtOnce) {
    *tree = build_at_once(depth);
    co_await sched::checkpoint(nodes_of(depth) * kTouchNs);
    co_return;
  }
  *tree = gc::make<Node>();
  gc::Local<Node> child;
  co_await build(&child, depth - 1);
  (*tree)->left = child.get();
  co_await build(&child, depth - 1);
  (*tree)->right = child.get();
}

sched::Task<uint64_t> count(const gc::Local<Node>* tree, int depth) {
  if (depth <= kDepthAtOnce) {
    const uint64_t nodes = count_at_once(*tree);
    co_await sched::checkpoint(nodes * kTouchNs);
    co_return nodes;
  }
  gc::Local<Node> child = (*tree)->left.get();
  uint64_t nodes = co_await count(&child, depth - 1);
  child = (*tree)->right.get();
  nodes += co_await count(&child, depth - 1);
  co_return nodes + 1;
}

struct Trees {
  Context& context;
  const int depth;
  const uint32_t goroutines;
  const bool churn;
  gc::Root<Node> living;
  std::vector<std::atomic<uint64_t>> counted;  // nodes, by depth; relaxed: sums, read after all have been waited for
  std::atomic<uint64_t> finished{0};           // nodes; relaxed: a figure
  sync::WaitGroup done;

  uint64_t trees_of(int of_depth) const { return uint64_t{1} << (depth - of_depth + kLeastDepth); }
  // In all trees: the one that is dropped first, the one that lives, and the rows.
  uint64_t nodes() const {
    uint64_t all = nodes_of(depth + 1) + nodes_of(depth);
    for (int d = kLeastDepth; d <= depth; d += 2) all += trees_of(d) * nodes_of(d);
    return all;
  }
  // The end is a little further: each collection counts as one more.
  uint64_t progress_end() const { return nodes() + static_cast<uint64_t>(context.parameters().integer("collections")); }

  void report(uint64_t more) {
    context.add_work(more);
    context.progress(finished.fetch_add(more, std::memory_order_relaxed) + more, progress_end());
  }
};

// Hangs the tree into the living one, in place of a random part of the same size.
void replace_part(Trees* run, Node* tree, int depth, base::Rng* rng) {
  Node* parent = run->living;
  for (int level = run->depth - 1; level > depth; --level) parent = rng->below(2) == 0 ? parent->left : parent->right;
  (rng->below(2) == 0 ? parent->left : parent->right) = tree;
}

// The index-th goroutine makes each so-many-th tree.
sched::Task<void> grow(Trees* run, uint32_t index) {
  base::Rng rng(static_cast<uint64_t>(run->context.parameters().integer("seed")) * 1000 + index);
  for (int depth = kLeastDepth; depth <= run->depth; depth += 2) {
    const uint64_t trees = run->trees_of(depth);
    uint64_t counted = 0;
    uint64_t reported = 0;
    for (uint64_t i = index; i < trees; i += run->goroutines) {
      gc::Local<Node> tree;
      co_await build(&tree, depth);
      counted += co_await count(&tree, depth);
      if (run->churn && depth < run->depth) replace_part(run, tree, depth, &rng);
      if (counted - reported >= kReportEvery) run->report(counted - std::exchange(reported, counted));
    }
    run->report(counted - reported);
    run->counted[static_cast<size_t>(depth)].fetch_add(counted, std::memory_order_relaxed);
  }
  co_await run->done.done();
}

// Writes the rows, and gives how many nodes were counted in them, or 0 if any was wrong.
uint64_t write_rows(Context& context, const Trees& run) {
  base::JsonWriter& json = context.result();
  uint64_t all = 0;
  bool right = true;
  json.key("rows");
  json.begin_array();
  for (int depth = kLeastDepth; depth <= run.depth; depth += 2) {
    const uint64_t nodes = run.counted[static_cast<size_t>(depth)].load(std::memory_order_relaxed);
    right &= nodes == run.trees_of(depth) * nodes_of(depth);
    all += nodes;
    json.begin_object();
    json.field("depth", depth);
    json.field("trees", run.trees_of(depth));
    json.field("nodes", nodes);
    json.end_object();
  }
  json.end_array();
  return right ? all : 0;
}

// What the nodes built so far have cost.
void write_growth(Context& context, const MemoryMoment& before, uint64_t nodes, uint64_t duration_ns) {
  write_number(context, "nodes", nodes, "nodes");
  write_number(context, "duration_ns", duration_ns, "ns");
  write_rate(context, "nodes_per_second", nodes, duration_ns, "nodes/s");
  write_collections(context, "gc_runs", before, memory_of(*before.collector));
}

sched::Task<void> trees(Context& context) {
  const Parameters& parameters = context.parameters();
  Trees run{.context = context,
            .depth = static_cast<int>(parameters.integer("depth")),
            .goroutines = static_cast<uint32_t>(parameters.integer("goroutines")),
            .churn = parameters.boolean("churn"),
            .living = {},
            .counted = std::vector<std::atomic<uint64_t>>(static_cast<size_t>(parameters.integer("depth")) + 1),
            .done = sync::WaitGroup(static_cast<int32_t>(parameters.integer("goroutines")))};
  const MemoryMoment before = memory_now();
  const uint64_t start = co_await now();
  SoFar so_far(context, start, [&](uint64_t duration_ns) { write_growth(context, before, run.finished.load(std::memory_order_relaxed), duration_ns); });
  gc::Local<Node> tree;
  co_await build(&tree, run.depth + 1);
  const uint64_t stretched = co_await count(&tree, run.depth + 1);
  run.report(stretched);
  co_await build(&tree, run.depth);
  run.living = tree.get();
  tree = nullptr;
  for (uint32_t i = 0; i < run.goroutines; ++i) {
    co_await sched::go("grow", grow(&run, i));
    co_await sched::checkpoint();
  }
  co_await run.done.wait();
  tree = run.living.get();
  const uint64_t living = co_await count(&tree, run.depth);
  run.report(living);
  const uint64_t duration_ns = co_await now() - start;

  so_far.over();
  const uint64_t in_rows = write_rows(context, run);
  const bool right = in_rows > 0 && stretched == nodes_of(run.depth + 1) && living == nodes_of(run.depth);
  const uint64_t nodes = in_rows + stretched + living;
  context.result().field("intact", right);
  write_number(context, "living_nodes", living, "nodes");
  write_growth(context, before, nodes, duration_ns);
  const auto collections = static_cast<uint64_t>(parameters.integer("collections"));
  co_await measure_full_marks(context, collections, nodes, run.progress_end());
}

}  // namespace

const ExperimentSpec kTrees = {
    .name = "trees",
    .title = "Binary trees",
    .verb = "Grow",
    .group = "memory",
    .question = "What do many small objects that die young cost?",
    .shows =
        "Trees by the thousand are built and dropped beside one that lives; the collector runs again and again to keep "
        "up.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = trees,
    .heap = {.present = true},
    .work_unit = "nodes",
};

}  // namespace samovar::experiments
