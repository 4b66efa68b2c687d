#include <gtest/gtest.h>

#include <tuple>

#include "gc/make.h"
#include "sched/harness.h"

namespace samovar::gc {
namespace {

using sched::Task;

struct Node {
  Ref<Node> left;
  Ref<Node> right;
  static constexpr auto slots() { return std::tuple(&Node::left, &Node::right); }
};

Node* build(int depth) {
  Node* node = make<Node>();
  if (depth > 0) {
    node->left = build(depth - 1);
    node->right = build(depth - 1);
  }
  return node;
}

int64_t count(const Node* node) { return node == nullptr ? 0 : 1 + count(node->left) + count(node->right); }

struct Shared {
  int64_t counted = 0;
  int rounds = 200;
  int goroutines = 1;
};

Task<void> worker(Shared* shared) {
  Local<Node> keep = build(12);
  for (int i = 0; i < shared->rounds; ++i) {
    Local<Node> t = build(9);
    co_await sched::checkpoint(10'000);
    if (count(t) != 1023) __builtin_trap();
  }
  shared->counted += count(keep);
}

Task<void> test_main(Shared* shared) {
  for (int i = 1; i < shared->goroutines; ++i) co_await sched::go("w", worker(shared));
  co_await worker(shared);
  co_await collector().collect();
  uint64_t left = 2;
  while (left > 1) {
    co_await sched::gosched();
    left = (co_await sched::self())->scheduler->num_goroutine();
  }
}

struct Case { uint32_t procs; bool virtual_time; MarkerKind kind; };

TEST(Smoke, Trees) {
  for (auto kind : {MarkerKind::kGreenTea, MarkerKind::kClassic}) for (bool vt : {true, false}) for (uint32_t procs : {1u, 2u, 4u}) {
    sched::Options options;
    options.procs = procs;
    options.virtual_time = vt;
    options.event_bytes = 1 << 20;
    options.workers = &sched::test_workers();
    Collector* c = nullptr;
    sched::Scheduler scheduler(options);
    Collector col(scheduler, {.arena_bytes = 64 << 20, .marker = kind, .checkmark = true, .poison = true});
    c = &col;
    Shared shared; shared.goroutines = static_cast<int>(procs) * 2;
    const auto outcome = scheduler.run([](void* s) -> Task<void> { return test_main(static_cast<Shared*>(s)); }, &shared);
    EXPECT_EQ(outcome.state, sched::RunState::kDone) << outcome.message;
    EXPECT_EQ(shared.counted, 8191 * shared.goroutines);
    printf("%s", c->gctrace(2).substr(0, 700).c_str());
    printf("procs %u virtual %d kind %d: cycles %u\n", procs, vt, (int)kind, c->figures().cycles);
  }
}

}  // namespace
}  // namespace samovar::gc
