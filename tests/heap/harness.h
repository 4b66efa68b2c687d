// How the tests of core/heap use a heap: as a collector that already knows what is alive.
//
//   World world({.poison = true});
//   void* kept = world.bytes(100);
//   world.collect({kept});
//
// The collector's part (finding what is alive) is played by the test, which hands in the objects; the heap's part (mark bits, sweeping,
// counting) is real.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/rng.h"
#include "heap/heap.h"
#include "platform/worker_pool.h"

#define SKIP_WITHOUT_THREADS() \
  if (platform::max_threads() == 0) GTEST_SKIP() << "built without threads"

namespace samovar::heap {

// The seed of this go: SAMOVAR_TEST_SEED, or 1.
inline uint64_t test_seed() {
  const char* text = std::getenv("SAMOVAR_TEST_SEED");
  return text == nullptr || *text == 0 ? 1 : std::strtoull(text, nullptr, 10);
}

// Stands in for gc::Ref<T>: eight bytes that hold an address.
template <class T>
struct Slot {
  using SlotTarget = T;
  uint64_t address = 0;
};

inline uintptr_t address_of(const void* object) { return reinterpret_cast<uintptr_t>(object); }

// Runs job(i) on `count` threads and waits for all.
template <class Job>
void on_threads(uint32_t count, Job job) {
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < count; ++i) threads.emplace_back(job, i);
  for (std::thread& thread : threads) thread.join();
}

// Marks one object of a page; false if it was marked already.
inline bool set_mark(InlineMarks& marks, uint32_t index) { return marks.set_marks(index / 64, uint64_t{1} << (index % 64)) != 0; }

// Sets the mark bit of the object that holds `address`, wherever it is kept; false if it was set already.
inline bool mark(Heap& heap, uintptr_t address) {
  if (const uint8_t inline_class = heap.inline_class(address)) {
    const uintptr_t page = address & ~(uintptr_t{kPageBytes} - 1);
    const uint8_t size_class = SpanClass::of_index(inline_class - 1u).size_class();
    return set_mark(InlineMarks::of_page(page), divide_by_class(static_cast<uint32_t>(address - page), size_class));
  }
  Span* span = heap.span_of(address);
  return set_bit(span->mark_bits(), span->index_of(address));
}

// Calls visit(slot) for each slot of the object that holds `address`, as far as the heap's own book-keeping knows them.
template <class Visit>
void for_each_slot(Heap& heap, uintptr_t address, Visit visit) {
  Span* span = heap.span_of(address);
  if (span->noscan()) return;
  const uintptr_t start = span->address_of(span->index_of(address));
  const auto visit_bits = [&](uintptr_t at, uint64_t bits) {
    for (; bits != 0; bits &= bits - 1) visit(reinterpret_cast<uint64_t*>(at) + __builtin_ctzll(bits));
  };
  if (has_slot_bitmap(span->span_class())) return visit_bits(start, SlotBitmap::of_object(start, span->size_class()));
  const bool large = span->size_class() == 0;
  const Type* type = large ? span->large_type : *reinterpret_cast<const Type**>(start);
  uintptr_t at = large ? start : start + kTypeHeaderBytes;
  for (; at + type->bytes <= start + span->elem_bytes; at += type->bytes) visit_bits(at, type->slots);
}

class World {
 public:
  explicit World(const HeapOptions& options = {}, size_t caches = 1) : heap(options) {
    for (size_t i = 0; i < caches; ++i) {
      caches_.push_back(std::make_unique<Cache>());
      heap.open(*caches_.back());
    }
    heap.install({this, [](void* self, Special* special) { static_cast<World*>(self)->due.push_back(special); }});
  }
  ~World() {
    for (Special* special : due) heap.release(special);
  }

  Cache& cache(size_t index = 0) { return *caches_[index]; }
  void* bytes(size_t count) { return heap.allocate_bytes(cache(), count, &refilled); }
  void* objects(const Type& type, size_t count = 1) {
    return heap.allocate(cache(), type.bytes * count, &type, &refilled);
  }
  Span* span_of(const void* object) { return heap.span_of(address_of(object)); }

  void mark_all(const std::vector<void*>& alive) {
    for (void* object : alive) mark(heap, address_of(object));
  }
  void flush() {
    for (auto& cache : caches_) heap.flush(*cache);
  }
  void start_sweep() {
    flush();
    heap.start_sweep();
  }
  void sweep_all() {
    while (heap.sweep_one()) {
    }
  }
  void collect(const std::vector<void*>& alive) {
    mark_all(alive);
    start_sweep();
    sweep_all();
  }

  HeapFigures figures() const {
    std::vector<const Cache*> all;
    for (const auto& cache : caches_) all.push_back(cache.get());
    return heap.figures(all);
  }
  // What is wrong with the heap's books, "" if nothing is: figures against the spans themselves, one by one.
  std::string audit() const;

  Heap heap;
  bool refilled = false;
  std::vector<Special*> due;  // what the heap said was due, in its order

 private:
  std::vector<std::unique_ptr<Cache>> caches_;
};

inline std::string World::audit() const {
  struct Sums {
    const Heap* heap;
    uint64_t spans = 0, pages = 0, objects = 0, bytes = 0;
    std::string wrong;
  } sums{&heap, 0, 0, 0, 0, ""};
  heap.for_each_span([](void* context, const Span& span) {
    auto* sum = static_cast<Sums*>(context);
    if (span.state.get() != SpanState::kInUse) return;
    ++sum->spans;
    sum->pages += span.pages.get();
    sum->objects += span.allocated.get();
    sum->bytes += uint64_t{span.allocated.get()} * span.elem_bytes;
    uint32_t allocated = 0;
    for (uint32_t i = 0; i < span.elements; ++i) allocated += span.is_allocated(i) ? 1 : 0;
    if (allocated != span.allocated.get()) sum->wrong += "a span's count differs from its bits; ";
    for (uint32_t i = 0; i < span.pages.get(); ++i) {
      if (sum->heap->span_at_page(span.first_page + i) != &span) sum->wrong += "a page does not lead to its span; ";
    }
  }, &sums);
  uint64_t mapped = 0;
  for (uint32_t page = 0; page < heap.grown_pages(); ++page) mapped += heap.span_at_page(page) != nullptr ? 1 : 0;
  const HeapFigures shown = figures();
  const auto compare = [&sums](const char* what, uint64_t is, uint64_t expected) {
    if (is == expected) return;
    sums.wrong += std::string(what) + " " + std::to_string(is) + " instead of " + std::to_string(expected) + "; ";
  };
  compare("pages in the table", mapped, sums.pages);
  compare("spans_in_use", shown.spans_in_use, sums.spans);
  compare("in_use_bytes", shown.in_use_bytes, sums.pages * kPageBytes);
  compare("objects", shown.objects(), sums.objects);
  compare("object_bytes", shown.object_bytes(), sums.bytes);
  return sums.wrong;
}

}  // namespace samovar::heap
