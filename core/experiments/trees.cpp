// trees: binary trees of the Computer Language Benchmarks Game. Many short-lived trees of 16-byte nodes beside one that lives on: the program that
// collectors are compared with most often.
//
// A tree is built bottom up. Small ones are built between two suspensions, with plain pointers; larger ones are put together from those, with Locals in
// between, for building them takes longer than a goroutine may go without a checkpoint.
#include <tuple>

#include "experiments/memory.h"
#include "experiments/registry.h"
#include "experiments/work.h"
#include "sync/waitgroup.h"

namespace samovar::experiments {

namespace {

constexpr int kPlainDepth = 9;  // 1023 nodes: some 30 us
constexpr int kMinDepth = 4;
constexpr uint64_t kVisitNs = 3;  // a node visited, in virtual time

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::integer("depth", 14, {4, 22}, "levels", "How deep the largest trees are; each level more doubles the work."),
    ParameterSpec::boolean("parallel", true, "Whether each depth has a goroutine of its own."),
};

constexpr std::string_view kCharts[] = {"heap", "gc_cpu", "alloc_rate", "pauses_gc", "goroutines"};

struct Node {
  gc::Ref<Node> left;
  gc::Ref<Node> right;
  static constexpr auto slots() { return std::tuple(&Node::left, &Node::right); }
};

struct Trees {
  explicit Trees(Context& context_) : context(context_) {}
  Context& context;
  sync::WaitGroup done;
  std::atomic<uint64_t> nodes{0};    // made; relaxed: a sum, read after all have been waited for
  std::atomic<uint64_t> counted{0};  // found again, one by one; relaxed: as above
};

Node* build_plain(int depth) {
  Node* node = gc::make<Node>();
  if (depth > 0) {
    node->left = build_plain(depth - 1);
    node->right = build_plain(depth - 1);
  }
  return node;
}

uint64_t count_plain(const Node* node) {
  return node == nullptr ? 0 : 1 + count_plain(node->left) + count_plain(node->right);
}

uint64_t nodes_of(int depth) { return (uint64_t{2} << depth) - 1; }

// The tree is left in *out, which is the caller's Local.
sched::Task<void> build(int depth, gc::Local<Node>* out) {
  if (depth <= kPlainDepth) {
    *out = build_plain(depth);
    co_await sched::checkpoint();
    co_return;
  }
  gc::Local<Node> left;
  gc::Local<Node> right;
  co_await build(depth - 1, &left);
  co_await build(depth - 1, &right);
  Node* node = gc::make<Node>();
  node->left = left.get();
  node->right = right.get();
  *out = node;
}

sched::Task<uint64_t> count(const gc::Local<Node>* tree, int depth) {
  if (depth <= kPlainDepth) {
    const uint64_t found = count_plain(*tree);
    co_await sched::checkpoint(found * kVisitNs);
    co_return found;
  }
  const gc::Local<Node> left((*tree)->left.get());
  const gc::Local<Node> right((*tree)->right.get());
  const uint64_t in_left = co_await count(&left, depth - 1);
  const uint64_t in_right = co_await count(&right, depth - 1);
  co_return 1 + in_left + in_right;
}

// `trees` of one depth, one after another.
sched::Task<void> row(Trees* run, int depth, uint64_t trees) {
  gc::Local<Node> tree;
  for (uint64_t i = 0; i < trees; ++i) {
    co_await build(depth, &tree);
    const uint64_t found = co_await count(&tree, depth);
    run->nodes.fetch_add(nodes_of(depth), std::memory_order_relaxed);
    run->counted.fetch_add(found, std::memory_order_relaxed);
    run->context.add_work(found);
  }
}

sched::Task<void> row_goroutine(Trees* run, int depth, uint64_t trees) {
  co_await row(run, depth, trees);
  co_await run->done.done();
}

sched::Task<void> trees(Context& context) {
  Trees run(context);
  const int max_depth = static_cast<int>(context.parameters().integer("depth"));
  const bool parallel = context.parameters().boolean("parallel");
  const uint64_t start = co_await now();

  {
    gc::Local<Node> stretch;
    co_await build(max_depth + 1, &stretch);
    const uint64_t found = co_await count(&stretch, max_depth + 1);
    write_number(context, "stretch_nodes", found, "nodes");
  }
  gc::Local<Node> long_lived;
  co_await build(max_depth, &long_lived);

  for (int depth = kMinDepth; depth <= max_depth; depth += 2) {
    const uint64_t count_of_depth = uint64_t{1} << (max_depth - depth + kMinDepth);
    if (parallel) {
      co_await run.done.add(1);
      co_await sched::go("row", row_goroutine(&run, depth, count_of_depth));
    } else {
      co_await row(&run, depth, count_of_depth);
    }
  }
  co_await run.done.wait();

  const uint64_t kept = co_await count(&long_lived, max_depth);
  const uint64_t duration_ns = co_await now() - start;
  write_number(context, "long_lived_nodes", kept, "nodes");
  write_number(context, "nodes", run.nodes.load(std::memory_order_relaxed), "nodes");
  write_number(context, "counted", run.counted.load(std::memory_order_relaxed), "nodes");
  write_duration_and_gc(context, duration_ns);
}

}  // namespace

const ExperimentSpec kTrees = {
    .name = "trees",
    .title = "Binary trees",
    .verb = "Grow",
    .group = "memory",
    .question = "What does it cost to collect many small objects?",
    .shows = "Trees of 16-byte nodes come and go beside one that stays; the collector runs each time the heap has grown by GOGC percent.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = trees,
    .work_unit = "nodes",
    .heap = true,
};

}  // namespace samovar::experiments
