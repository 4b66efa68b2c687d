// weak-and-cleanups: what happens to an object after the last reference to it, and in which order.
//
// Go 1.26's rules, one after the other:
//   - a weak pointer is nil before the finalizer of its object runs;
//   - finalizers and cleanups that become due together run in the order that the queue has, the last one first;
//   - a finalizer revives its object, so that in a chain a -> b one is finalized in each collection, a first;
//   - a cycle with a finalizer is never freed, for the object would have to die before itself; one with a cleanup is.
// Go promises no order; these are those that a Go program shows on one P.
#include <atomic>
#include <vector>

#include "experiments/memory.h"
#include "experiments/registry.h"
#include "experiments/work.h"
#include "platform/mutex.h"

namespace samovar::experiments {

namespace {

constexpr uint32_t kFinalizers = 5;
constexpr uint32_t kCleanups = 4;

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::integer("collections", 4, {2, 100}, "collections",
                           "How often is collected after the cycles are dropped."),
};

constexpr std::string_view kCharts[] = {"heap", "goroutines"};

struct Node {
  gc::Ref<Node> other;
  uint64_t number;
  static constexpr auto slots() { return std::tuple(&Node::other); }
};

// What finalizers and cleanups write down. They run on a goroutine of their own, so a lock guards it.
class Observed {
 public:
  // What a finalizer or cleanup is to write down: one of these, whose address is its argument.
  struct Note {
    Observed* observed;
    uint32_t number;
    gc::Weak<Node> weak;
  };

  Note* note(uint32_t number, Node* object) {
    notes_.push_back(
        std::make_unique<Note>(Note{this, number, object == nullptr ? gc::Weak<Node>() : gc::Weak<Node>(object)}));
    return notes_.back().get();
  }

  static void finalized(void*, uint64_t argument) {
    const Note& note = *reinterpret_cast<Note*>(argument);
    const bool gone = note.weak.get() == nullptr;
    platform::MutexLock guard(note.observed->mutex_);
    note.observed->weak_was_nil_ &= gone;
    note.observed->ran_.push_back(note.number);
  }

  static void cleaned(uint64_t argument) {
    const Note& note = *reinterpret_cast<Note*>(argument);
    platform::MutexLock guard(note.observed->mutex_);
    note.observed->ran_.push_back(note.number);
  }

  // What has run since the last call.
  std::vector<uint32_t> take() {
    platform::MutexLock guard(mutex_);
    return std::exchange(ran_, {});
  }
  bool weak_was_nil() {
    platform::MutexLock guard(mutex_);
    return weak_was_nil_;
  }

 private:
  std::vector<std::unique_ptr<Note>> notes_;  // the main goroutine's
  platform::Mutex mutex_;
  std::vector<uint32_t> ran_;  // guarded by mutex_
  bool weak_was_nil_ = true;   // guarded by mutex_
};

Node* make_finalized(Observed* observed, uint32_t number, Node* other) {
  Node* node = gc::make<Node>();
  node->number = number;
  node->other = other;
  gc::set_finalizer(node, Observed::finalized, reinterpret_cast<uintptr_t>(observed->note(number, node)));
  return node;
}

void add_cleanup(Observed* observed, uint32_t number, Node* node) {
  gc::add_cleanup(node, Observed::cleaned, reinterpret_cast<uintptr_t>(observed->note(number, nullptr)));
}

sched::Task<void> collect(Context* context, uint64_t done) {
  co_await gc::collector().collect();
  co_await finalizers_done();
  context->progress(done, 4 + static_cast<uint64_t>(context->parameters().integer("collections")));
}

void write_order(Context& context, std::string_view name, const std::vector<uint32_t>& order) {
  base::JsonWriter& json = context.result();
  json.key(name);
  json.begin_array();
  for (const uint32_t number : order) json.value(number);
  json.end_array();
}

sched::Task<void> look_at_orders(Context* context, Observed* observed) {
  for (uint32_t i = 0; i < kFinalizers; ++i) make_finalized(observed, i, nullptr);
  co_await collect(context, 1);
  write_order(*context, "finalizer_order", observed->take());
  for (uint32_t i = 0; i < kCleanups; ++i) add_cleanup(observed, i, gc::make<Node>());
  co_await collect(context, 2);
  write_order(*context, "cleanup_order", observed->take());
}

// a refers to b: number 0 and 1.
sched::Task<void> look_at_chain(Context* context, Observed* observed) {
  make_finalized(observed, 0, make_finalized(observed, 1, nullptr));
  co_await collect(context, 3);
  write_order(*context, "chain_first_collection", observed->take());
  co_await collect(context, 4);
  write_order(*context, "chain_second_collection", observed->take());
}

// Two objects that refer to each other, once with a finalizer on one of them and once with a cleanup.
sched::Task<void> look_at_cycles(Context* context, Observed* observed, uint64_t collections) {
  constexpr uint32_t kFinalizer = 0;
  constexpr uint32_t kCleanup = 1;
  Node* a = make_finalized(observed, kFinalizer, nullptr);
  a->other = gc::make<Node>();
  a->other->other = a;
  const gc::Weak<Node> kept(a);
  Node* b = gc::make<Node>();
  b->other = gc::make<Node>();
  b->other->other = b;
  const gc::Weak<Node> freed(b);
  add_cleanup(observed, kCleanup, b);
  a = b = nullptr;
  for (uint64_t i = 0; i < collections; ++i) co_await collect(context, 5 + i);
  bool finalizer_ran = false;
  bool cleanup_ran = false;
  for (const uint32_t number : observed->take()) {
    finalizer_ran |= number == kFinalizer;
    cleanup_ran |= number == kCleanup;
  }
  base::JsonWriter& json = context->result();
  json.field("cycle_with_finalizer_freed", finalizer_ran || kept.get() == nullptr);
  json.field("cycle_with_cleanup_freed", cleanup_ran && freed.get() == nullptr);
}

sched::Task<void> weak_and_cleanups(Context& context) {
  auto& observed = context.make_lasting<Observed>();
  const gc::Local<Node> living = gc::make<Node>();
  const gc::Weak<Node> weak(living.get());
  co_await look_at_orders(&context, &observed);
  co_await look_at_chain(&context, &observed);
  co_await look_at_cycles(&context, &observed, static_cast<uint64_t>(context.parameters().integer("collections")));
  context.result().field("weak_nil_before_finalizer", observed.weak_was_nil());
  context.result().field("weak_finds_what_lives", weak.get() == living.get());
}

}  // namespace

const ExperimentSpec kWeakAndCleanups = {
    .name = "weak-and-cleanups",
    .title = "Weak pointers and cleanups",
    .verb = "Drop",
    .group = "memory",
    .question = "What happens to an object that nobody can reach, and in which order?",
    .shows =
        "Weak pointers go to nil, finalizers revive their objects once, cleanups run after them; and one cycle stays "
        "forever.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = weak_and_cleanups,
    .heap = {.present = true},
};

}  // namespace samovar::experiments
