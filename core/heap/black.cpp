// Allocation while marking (Go: gcmarknewobject, which does it object by object): all free slots of a span are marked when a cache takes it, or when marking
// begins, and those that were not handed out lose their marks again before the sweep.
#include <utility>

#include "heap/heap.h"

namespace samovar::heap {

namespace {

// Calls visit(i, bits) for those words of a span's bits in which slots are free: not handed out since it was swept, nor alive then.
template <class Visit>
void for_each_free_word(Span& span, const Visit& visit) {
  const uint32_t from = span.free_index.get();
  for (uint32_t i = from / 64; i < span.bit_words(); ++i) {
    uint64_t free = ~load_word(&span.alloc_bits()[i]);
    if (i == from / 64) free &= ~uint64_t{0} << (from % 64);
    free &= low_bits(span.elements - i * 64);
    if (free != 0) visit(i, free);
  }
}

}  // namespace

// Marks a span's free slots, or takes those marks back (while the world is stopped); gives their bytes. A slot that nobody has been given is known to no marker, so
// it may be marked beforehand; its neighbours in the same word may be marked by others at the same time.
uint64_t Heap::mark_free(Span* span, bool black) {
  const bool inline_marks = options_.inline_marks && span->inline_marks();
  uint64_t bytes = 0;
  for_each_free_word(*span, [&](uint32_t i, uint64_t free) {
    if (inline_marks) {
      InlineMarks& page = InlineMarks::of_page(span->base);
      black ? page.blacken(i, free) : page.whiten(i, free);
    } else {
      black ? or_word(&span->mark_bits()[i], free) : and_word(&span->mark_bits()[i], ~free);
    }
    bytes += uint64_t{count_bits(free)} * span->elem_bytes;
  });
  return bytes;
}

void Heap::begin_black(Cache& cache) {
  cache.black = true;
  for (auto& slot : cache.spans) {
    if (Span* span = slot.get(); span != &empty_) cache.black_bytes += mark_free(span, true);
  }
}

uint64_t Heap::end_black(Cache& cache) {
  cache.black = false;
  return std::exchange(cache.black_bytes, 0);
}

}  // namespace samovar::heap
