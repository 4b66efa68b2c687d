// Sweeping (Go: mgcsweep.go): what was not marked is free.
//
// Nothing is moved and no memory is touched: a span's mark bits become its alloc bits, and one without any goes back to the page heap. It is
// done lazily: by a goroutine in the background, by whoever needs a span (its own class first), and in proportion to what is
// allocated, so that all is swept when the next cycle begins.
#include <algorithm>
#include <cstring>
#include <utility>

#include "heap/heap.h"
#include "platform/worker_pool.h"

namespace samovar::heap {

void Heap::start_sweep() {
  unswept_.store(static_cast<uint32_t>(spans_in_use_.load(std::memory_order_relaxed)), std::memory_order_relaxed);  // relaxed: the world is stopped
  sweep_cursor_.store(0, std::memory_order_relaxed);
  pages_swept_.store(0, std::memory_order_relaxed);
  pages_freed_.store(0, std::memory_order_relaxed);
  sweepgen_.store(sweepgen() + 2, std::memory_order_release);  // pairs with sweepgen()
}

void Heap::pace_sweep(uint64_t distance) {
  constexpr uint64_t kMargin = uint64_t{1} << 20;  // all is to be done a mebibyte early
  const uint64_t in_use = pages_in_use();
  const uint64_t swept = pages_swept_.load(std::memory_order_relaxed);  // relaxed: the world is stopped
  distance = distance > kMargin + kPageBytes ? distance - kMargin : kPageBytes;
  sweep_live_basis_ = live_bytes();
  pages_swept_basis_ = swept;
  sweep_pages_per_byte_ = sweep_done() || in_use <= swept ? 0 : static_cast<double>(in_use - swept) / static_cast<double>(distance);
}

// deductSweepCredit: before `bytes` are taken, as many pages are swept as this cycle is behind with.
void Heap::pay_sweep(uint64_t bytes) {
  if (sweep_pages_per_byte_ == 0 || sweep_done()) return;
  const uint64_t live = live_bytes();
  const uint64_t grown = (live > sweep_live_basis_ ? live - sweep_live_basis_ : 0) + bytes;
  const auto wanted = pages_swept_basis_ + static_cast<uint64_t>(sweep_pages_per_byte_ * static_cast<double>(grown));
  while (pages_swept_.load(std::memory_order_relaxed) < wanted && sweep_one()) {  // relaxed: a target, not a promise
  }
}

// nextSpanForSweep: any span that nobody has swept yet, full ones first.
Span* Heap::next_unswept() {
  const uint32_t generation = sweepgen();
  for (uint32_t at = sweep_cursor_.load(std::memory_order_relaxed); at < 2 * kSpanClasses; ++at) {  // relaxed: a hint; only ever too low
    Central& central = centrals_[at / 2];
    const Fullness fullness = at % 2 == 0 ? Fullness::kFull : Fullness::kPartial;
    if (Span* span = central.pop_unswept(fullness, generation)) return span;
    uint32_t expected = at;
    sweep_cursor_.compare_exchange_strong(expected, at + 1, std::memory_order_relaxed);
  }
  return nullptr;
}

bool Heap::sweep_one() {
  if (sweep_done()) return false;
  Span* span = next_unswept();
  if (span == nullptr) return false;
  sweep(span, false);
  return true;
}

void Heap::await_sweepers() const {
  constexpr uint64_t kNapNs = 50'000;
  constexpr uint32_t kMostNaps = 20'000;
  for (uint32_t naps = 0; !sweep_done() && naps < kMostNaps; ++naps) platform::sleep_ns(kNapNs);
}

// Fills dead objects with kPoison.
void Heap::poison_dead(Span* span) {
  const uint64_t* marks = span->mark_bits();
  for (uint32_t i = 0; i < span->elements; ++i) {
    if (test_bit(marks, i) || !span->is_allocated(i)) continue;
    std::memset(reinterpret_cast<void*>(span->address_of(i)), kPoison, span->elem_bytes);
    forbid_access(span->address_of(i), span->elem_bytes);
  }
  span->needs_zero = true;
}

// The caller has taken the span off its list. With `keep` it stays the caller's even when nothing in it lives; else it goes to the page heap or a
// list.
void Heap::sweep(Span* span, bool keep) {
  uint64_t* marks = span->mark_bits();
  const uint32_t words = span->bit_words();
  const bool inline_marks = options_.inline_marks && span->inline_marks();
  InlineMarks& page = InlineMarks::of_page(span->base);
  if (inline_marks) {
    for (uint32_t i = 0; i < std::min(words, InlineMarks::kWords); ++i) store_word(&marks[i], load_word(&marks[i]) | page.marks(i));
  }
  if (span->specials.load(std::memory_order_acquire) != nullptr) sweep_specials(span);  // pairs with add_special()
  if (inline_marks) page.clear();  // not before: strong() may be looking at them
  if (options_.poison) poison_dead(span);

  uint32_t alive = 0;
  for (uint32_t i = 0; i < words; ++i) alive += count_bits(load_word(&marks[i]));
  const uint32_t dead = span->allocated.get() - alive;
  const uint32_t pages = span->pages.get();
  const SpanClass span_class = span->span_class();
  const uint32_t generation = sweepgen();
  if (dead > 0) {
    span->needs_zero = true;
    freed_[span_class.size_class()].fetch_add(dead, std::memory_order_relaxed);  // relaxed, here and below: figures
    if (span_class.size_class() == 0) large_freed_bytes_.fetch_add(span->elem_bytes, std::memory_order_relaxed);
  }
  span->allocated.set(alive);
  span->allocated_before_cache.set(alive);
  span->free_index.set(0);
  span->bits_in_use = 1 - span->bits_in_use;
  for (uint32_t i = 0; i < words; ++i) store_word(&span->mark_bits()[i], 0);
  span->refill_alloc_cache();
  span->sweepgen.set(generation);
  pages_swept_.fetch_add(pages, std::memory_order_relaxed);

  if (!keep) {
    if (alive == 0) {
      free_span(span);
      pages_freed_.fetch_add(pages, std::memory_order_relaxed);
    } else {
      centrals_[span_class.index()].push_swept(span, alive == span->elements ? Fullness::kFull : Fullness::kPartial, generation);
    }
  }
  unswept_.fetch_sub(1, std::memory_order_release);  // pairs with sweep_done()
}

// What hangs on objects that died. One with a finalizer is revived, once: its weak pointers are gone before the finalizer runs, its other
// specials wait until it really dies. (The order is Go's; marks of revived objects are set here.)
void Heap::sweep_specials(Span* span) {
  uint64_t* marks = span->mark_bits();
  Special* due = nullptr;
  Special** due_end = &due;
  {
    platform::MutexLock lock(specials_mutex_);
    Special* all = span->specials.load(std::memory_order_relaxed);  // relaxed: changed under the lock only
    Special* kept = nullptr;
    Special** kept_end = &kept;
    while (all != nullptr) {
      const uint32_t index = all->index;
      bool revived = false;
      for (const Special* s = all; s != nullptr && s->index == index; s = s->next) revived |= s->kind == SpecialKind::kFinalizer;
      const bool dead = !test_bit(marks, index);
      revived &= dead;
      while (all != nullptr && all->index == index) {
        Special* special = std::exchange(all, all->next);
        const bool goes = revived ? special->kind != SpecialKind::kCleanup : dead;
        if (!goes) {
          if (special->kind == SpecialKind::kWeakHandle) special->handle->known_at = sweepgen();
          *kept_end = special;
          kept_end = &special->next;
          continue;
        }
        if (special->kind == SpecialKind::kWeakHandle) {
          special->handle->address.store(0, std::memory_order_release);  // pairs with gc::Weak
          delete special;
          continue;
        }
        *due_end = special;
        due_end = &special->next;
      }
      if (revived) set_bit(marks, index);
    }
    *kept_end = nullptr;
    *due_end = nullptr;
    span->specials.store(kept, std::memory_order_relaxed);  // relaxed: as above
  }
  while (due != nullptr) {
    Special* special = std::exchange(due, due->next);
    special->next = nullptr;
    hooks_.due(hooks_.context, special);
  }
}

}  // namespace samovar::heap
