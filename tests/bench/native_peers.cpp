// What others take for the experiment `trees` (depth 18, one thread), and bdwgc for allocation: what tests/bench/compare prints beside our figures.
//
//   gc/trees/1/malloc       each tree is freed by hand once it has been counted
//   gc/trees/1/bdwgc        Boehm, Demers and Weiser's conservative collector; as it is, but for telling it that the nodes' words are pointers
//   gc/allocate/<bytes>/bdwgc   bytes without pointers, dropped at once
//
// bdwgc's are there if the library was found when this was configured (Debian: libgc-dev).
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#if defined(SAMOVAR_HAS_BDWGC)
#include <gc/gc.h>
#endif

namespace samovar {
namespace {

constexpr int kDepth = 18;
constexpr int kLeastDepth = 4;

struct Node {
  Node* left;
  Node* right;
};

// Malloc: who makes a tree frees it.
struct Malloc {
  static Node* make() { return static_cast<Node*>(std::calloc(1, sizeof(Node))); }
  static void drop(Node* tree) {
    if (tree == nullptr) return;
    drop(tree->left);
    drop(tree->right);
    std::free(tree);
  }
};

template <class Memory>
Node* build(int depth) {
  Node* node = Memory::make();
  if (depth > 0) {
    node->left = build<Memory>(depth - 1);
    node->right = build<Memory>(depth - 1);
  }
  return node;
}

uint64_t count(const Node* node) { return node == nullptr ? 0 : 1 + count(node->left) + count(node->right); }

template <class Memory>
uint64_t build_count_and_drop(int depth) {
  Node* tree = build<Memory>(depth);
  const uint64_t nodes = count(tree);
  Memory::drop(tree);
  return nodes;
}

template <class Memory>
void trees(benchmark::State& state) {
  uint64_t nodes = 0;
  for (auto _ : state) {
    nodes += build_count_and_drop<Memory>(kDepth + 1);
    Node* living = build<Memory>(kDepth);
    for (int depth = kLeastDepth; depth <= kDepth; depth += 2) {
      for (int i = 0; i < 1 << (kDepth - depth + kLeastDepth); ++i) nodes += build_count_and_drop<Memory>(depth);
    }
    nodes += count(living);
    Memory::drop(living);
  }
  state.SetItemsProcessed(static_cast<int64_t>(nodes));
}
BENCHMARK(trees<Malloc>)->Name("gc/trees/1/malloc")->Unit(benchmark::kMillisecond);

#if defined(SAMOVAR_HAS_BDWGC)

struct Bdwgc {
  static Node* make() { return static_cast<Node*>(GC_MALLOC(sizeof(Node))); }
  static void drop(Node*) {}
};
BENCHMARK(trees<Bdwgc>)->Name("gc/trees/1/bdwgc")->Unit(benchmark::kMillisecond);

void allocate(benchmark::State& state, size_t bytes) {
  constexpr int kAtOnce = 1000;
  for (auto _ : state) {
    for (int i = 0; i < kAtOnce; ++i) {
      void* memory = GC_MALLOC_ATOMIC(bytes);
      std::memset(memory, 0, bytes);  // as Go's make does, and ours
      benchmark::DoNotOptimize(memory);
    }
  }
  state.SetItemsProcessed(state.iterations() * kAtOnce);
}

const bool kRegistered = [] {
  GC_INIT();
  for (const size_t bytes : {16, 64, 1024, 16384}) {
    benchmark::RegisterBenchmark(("gc/allocate/" + std::to_string(bytes) + "/bdwgc").c_str(), allocate, bytes);
  }
  return true;
}();

#endif

}  // namespace
}  // namespace samovar
