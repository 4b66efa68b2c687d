// Checkmark (Go: gccheckmark): marks once more, alone and as simply as possible, into bits of its own, and compares.
//
// Everything that can be reached must be marked, and scanned if it has slots; in pages with inline marks nothing may be grey any more, whether it can be reached
// or not; and what the markers have counted must be the sum of what is marked, so that nothing was counted twice. A difference is a broken invariant: the run
// ends with a message that names the object or the page.
#include <cstdio>
#include <string>
#include <unordered_set>
#include <vector>

#include "gc/collector.h"
#include "sched/driver.h"

namespace samovar::gc {

using heap::InlineMarks;
using heap::Span;
using sched::G;
using sched::M;

namespace {

struct Check {
  heap::Heap* heap;
  std::unordered_set<uintptr_t> seen;
  std::vector<uintptr_t> todo;
  std::string fault;
  uint64_t bytes_marked = 0;

  void reach(uintptr_t address) {
    if (!heap->contains(address)) return;
    const Span* span = heap->span_of(address);
    if (span == nullptr) {
      fail(address, "lies in a free page");
      return;
    }
    const uintptr_t object = span->address_of(span->index_of(address));
    if (!seen.insert(object).second) return;
    check(*span, object);
    todo.push_back(object);
  }

  void check(const Span& span, uintptr_t object) {
    const uint32_t index = span.index_of(object);
    if (heap->inline_class(object) == 0) {
      if (!heap::test_bit(span.mark_bits(), index)) fail(object, "is reachable and not marked");
      return;
    }
    const InlineMarks& marks = InlineMarks::of_page(span.base);
    if (!marks.marked(index)) {
      fail(object, "is reachable and not marked");
    } else if (!span.noscan() && !marks.scanned(index)) {
      fail(object, "is marked and was never scanned");
    }
  }

  // Of every span in use.
  void sum(const Span& span) {
    if (span.state.get() != heap::SpanState::kInUse) return;
    uint64_t marked = 0;
    if (heap->inline_class(span.base) == 0) {
      for (uint32_t i = 0; i < span.bit_words(); ++i) marked += heap::count_bits(heap::load_word(&span.mark_bits()[i]));
    } else {
      const InlineMarks& marks = InlineMarks::of_page(span.base);
      for (uint32_t i = 0; i < InlineMarks::kWords; ++i) {
        marked += heap::count_bits(marks.marks(i));
        if (!span.noscan() && marks.marks(i) != marks.scans(i)) fail(span.base, "begins a page in which marks and scans differ");
      }
    }
    bytes_marked += marked * span.elem_bytes;
  }

  void fail(uintptr_t object, const char* what) {
    if (!fault.empty()) return;
    const Span* span = heap->span_of(object);
    fault = "checkmark: object " + std::to_string(object - heap->base()) + " of the arena";
    if (span != nullptr) fault += " (" + std::to_string(span->elem_bytes) + " bytes" + (span->noscan() ? ", no slots)" : ")");
    fault += std::string(" ") + what;
  }
};

}  // namespace

void Collector::check_marks(M* m, uint64_t counted) {
  Check check{&heap_, {}, {}, {}, 0};
  scheduler_.for_each_goroutine([](void* context, G* g) {
    for (auto* local = static_cast<LocalBase*>(g->gc_roots); local != nullptr; local = local->next()) static_cast<Check*>(context)->reach(local->value());
  }, &check);
  for (const RootBase* root = roots_; root != nullptr; root = root->next_) check.reach(root->value());
  for (const auto* queue : {&due_, &running_}) {
    for (const heap::Special* special : *queue) {
      if (special->kind == heap::SpecialKind::kFinalizer) check.reach(special->object);
    }
  }
  const auto reach = [](void* context, uintptr_t address) { static_cast<Check*>(context)->reach(address); };
  struct Specials {
    Marker* marker;
    Check* check;
    void (*reach)(void*, uintptr_t);
  } specials{&marker_, &check, reach};
  heap_.for_each_special([](void* context, heap::Special* special) {
    auto* s = static_cast<Specials*>(context);
    if (special->kind == heap::SpecialKind::kFinalizer) s->marker->for_each_reference(special->object, s->reach, s->check);
  }, &specials);
  while (!check.todo.empty()) {
    const uintptr_t object = check.todo.back();
    check.todo.pop_back();
    marker_.for_each_reference(object, reach, &check);
  }
  heap_.for_each_span([](void* context, const Span& span) { static_cast<Check*>(context)->sum(span); }, &check);
  if (check.fault.empty() && check.bytes_marked != counted) {
    check.fault = "checkmark: " + std::to_string(check.bytes_marked) + " bytes are marked, " + std::to_string(counted) + " were counted";
  }
  if (!check.fault.empty()) scheduler_.fail_running(m->current, check.fault.c_str());
}

}  // namespace samovar::gc
