// list: a linked list whose nodes lie in random order, marked again and again.
//
// The worst case for Green Tea, and for every collector that works in parallel: one node leads to the next and to
// nothing else, so that there is never a second one to scan on the same page, nor for a second P. Go 1.26 is no faster
// here with Green Tea than without, and up to a third slower on 2 Ps.
#include <utility>

#include "base/rng.h"
#include "experiments/full_mark.h"
#include "experiments/memory.h"
#include "experiments/registry.h"
#include "experiments/work.h"

namespace samovar::experiments {

namespace {

constexpr uint64_t kBatch = 512;  // nodes between two checkpoints: up to 50 us, for each may miss the cache

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::integer("nodes", 100'000, {2, 4'194'304}, "nodes", "How many nodes of 32 bytes the list has."),
    ParameterSpec::boolean("shuffled", true, "Whether they are linked in random order, or as they lie in memory."),
    ParameterSpec::integer("collections", 5, kFullMarks, "collections", "How often the finished list is collected."),
};

constexpr std::string_view kCharts[] = {"heap", "gc_cpu", "size_classes", "pauses_gc"};

struct Node {
  gc::Ref<Node> next;
  uint64_t unused[3];
  static constexpr auto slots() { return std::tuple(&Node::next); }
};
static_assert(sizeof(Node) == 32);

// By Fisher and Yates.
sched::Task<void> shuffle(const gc::Local<gc::Ref<Node>>* nodes, uint64_t count, uint64_t seed) {
  base::Rng rng(seed);
  for (uint64_t i = count - 1; i > 0; --i) {
    const uint32_t other = rng.below(static_cast<uint32_t>(i) + 1);
    Node* node = nodes->get()[i];
    nodes->get()[i] = nodes->get()[other].get();
    nodes->get()[other] = node;
    if (i % kBatch == 0) co_await sched::checkpoint(kBatch * kMissNs);
  }
}

// Makes the list; the array that it is made with is garbage afterwards.
sched::Task<void> build(Context* context, gc::Local<Node>* head, uint64_t count, uint64_t* made) {
  const gc::Local<gc::Ref<Node>> nodes = gc::make_array<gc::Ref<Node>>(count);
  for (uint64_t i = 0; i < count; ++i) {
    nodes.get()[i] = gc::make<Node>();
    *made = i + 1;
    if (i % kBatch == 0) {
      context->progress(i, 2 * count);
      co_await sched::checkpoint(kBatch * kTouchNs);
    }
  }
  if (context->parameters().boolean("shuffled")) {
    co_await shuffle(&nodes, count, static_cast<uint64_t>(context->parameters().integer("seed")));
  }
  for (uint64_t i = 0; i + 1 < count; ++i) {
    nodes.get()[i]->next = nodes.get()[i + 1].get();
    if (i % kBatch == 0) {
      context->progress(count + i, 2 * count);
      co_await sched::checkpoint(kBatch * kMissNs);
    }
  }
  *head = nodes.get()[0].get();
}

sched::Task<uint64_t> length(const gc::Local<Node>* head) {
  gc::Local<Node> node = *head;
  uint64_t count = 0;
  while (node.get() != nullptr) {
    node = node->next.get();
    if (++count % kBatch == 0) co_await sched::checkpoint(kBatch * kMissNs);
  }
  co_return count;
}

sched::Task<void> list(Context& context) {
  const auto count = static_cast<uint64_t>(context.parameters().integer("nodes"));
  gc::Local<Node> head;
  const MemoryMoment before = memory_now();
  uint64_t made = 0;
  const uint64_t start = co_await now();
  SoFar so_far(context, start, [&](uint64_t duration_ns) { write_half_built(context, before, made, duration_ns); });
  co_await build(&context, &head, count, &made);
  const uint64_t built = co_await now();
  so_far.over();
  co_await measure_built_heap(context, count, built - start);
  const uint64_t found = co_await length(&head);
  context.result().field("intact", found == count);
}

}  // namespace

const ExperimentSpec kList = {
    .name = "list",
    .title = "Marking a long list",
    .verb = "Mark",
    .group = "memory",
    .question = "What if there is never more than one object to scan?",
    .shows =
        "Each node leads to one other, anywhere: nothing can be gathered or shared, and Green Tea has no advantage.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = list,
    .heap = {.present = true},
};

}  // namespace samovar::experiments
