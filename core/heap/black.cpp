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
    if (span.elements - i * 64 < 64) free &= (uint64_t{1} << (span.elements % 64)) - 1;
    if (free != 0) visit(i, free);
  }
}

}  // namespace

// A slot that nobody has been given is known to no marker, so it may be marked beforehand; its neighbours in the same word may be marked by others at the
// same time.
void Heap::blacken_free(Cache& cache, Span* span) {
  const bool inline_marks = options_.inline_marks && span->inline_marks();
  for_each_free_word(*span, [&](uint32_t i, uint64_t free) {
    if (inline_marks) {
      InlineMarks::of_page(span->base).blacken(i, free);
    } else {
      or_word(&span->mark_bits()[i], free);
    }
    cache.black_bytes += uint64_t{count_bits(free)} * span->elem_bytes;
  });
}

void Heap::begin_black(Cache& cache) {
  cache.black = true;
  for (auto& slot : cache.spans) {
    if (Span* span = slot.get(); span != &empty_) blacken_free(cache, span);
  }
}

// Takes the marks of what was not used back. The world is stopped.
void Heap::whiten_free(Cache& cache, Span* span) {
  const bool inline_marks = options_.inline_marks && span->inline_marks();
  for_each_free_word(*span, [&](uint32_t i, uint64_t free) {
    if (inline_marks) {
      InlineMarks::of_page(span->base).whiten(i, free);
    } else {
      and_word(&span->mark_bits()[i], ~free);
    }
    cache.black_bytes -= uint64_t{count_bits(free)} * span->elem_bytes;
  });
}

uint64_t Heap::end_black(Cache& cache) {
  cache.black = false;
  return std::exchange(cache.black_bytes, 0);
}

}  // namespace samovar::heap
