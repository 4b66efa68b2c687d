// Span: some pages in a row that hold objects of one size, and what is known of them (Go: mspan).
//
// The objects' memory is never touched by the allocator's book-keeping: no list runs through free slots. A slot is free if its bit in
// `alloc_bits` is clear; sweeping makes last cycle's mark bits the new alloc bits.
//
// Who may touch what: a span in a P's cache belongs to that P; one on a central list to whoever took it off; a free one to the page heap.
// Observers look at the Racy fields at any time. Spans are never given back to the system before their heap is, so a stale pointer
// to one can be looked at.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/racy.h"
#include "heap/bits.h"
#include "heap/inline_marks.h"
#include "heap/size_classes.h"
#include "heap/type.h"

namespace samovar::heap {

struct Special;

enum class SpanState : uint8_t { kFree = 0, kInUse = 1 };

struct Span {
  static constexpr uint32_t kBitWords = kMaxObjectsPerSpan / 64;

  // Set when it is taken into use (Heap::allocate_span), and then the same until it is free.
  uintptr_t base = 0;                      // address of its first page
  uint32_t first_page = 0;                 // that page's index in the arena
  base::Racy<uint32_t> pages;
  base::Racy<SpanState> state{SpanState::kFree};
  base::Racy<uint8_t> class_index;         // of its SpanClass
  uint32_t elem_bytes = 0;                 // of a slot; for a large object all its pages
  uint32_t elements = 0;                   // slots; 1 for a large object

  base::Racy<uint32_t> sweepgen;           // the heap's when it was swept last; two behind: not swept yet

  // Allocation: the holder's. alloc_cache holds the complement of alloc_bits from free_index on, so that its lowest set bit is the next free slot.
  uint64_t alloc_cache = 0;
  base::Racy<uint32_t> free_index;
  base::Racy<uint32_t> allocated;          // slots in use
  base::Racy<uint32_t> allocated_before_cache;  // when a P took it: the difference is that P's to count
  bool needs_zero = false;                 // its memory has been used before

  const Type* large_type = nullptr;        // of a large object with slots, else null

  // The bits in use now and those that marking sets; sweeping swaps them. For pages with inline marks the second set is only
  // used while sweeping, or by the classic marker.
  uint8_t bits_in_use = 0;
  uint64_t bits[2][kBitWords] = {};
  // One bit a slot, in bit_words() words. alloc_bits(): what the last sweep found alive; what has been handed out since lies below free_index. Holder.
  uint64_t* alloc_bits() { return bits[bits_in_use]; }
  // Any thread while marking goes on, by the functions of heap/bits.h; then whoever sweeps the span.
  uint64_t* mark_bits() { return bits[1 - bits_in_use]; }
  const uint64_t* mark_bits() const { return bits[1 - bits_in_use]; }
  uint32_t bit_words() const { return (elements + 63) / 64; }

  std::atomic<Special*> specials{nullptr};  // finalizers and the like, by object; guarded by the heap's specials lock

  Span* next = nullptr;                     // on a central or free list

  // Any thread, but end() only of a span in use. size_class(): 0 for a large object. noscan(): no object has slots. inline_marks(): its page has room for marks of its own,
  // though the heap may not use them (HeapOptions). end(): the address after its last page.
  SpanClass span_class() const { return SpanClass::of_index(class_index.get()); }
  uint8_t size_class() const { return span_class().size_class(); }
  bool noscan() const { return span_class().noscan(); }
  bool inline_marks() const { return has_inline_marks(size_class()); }
  uintptr_t end() const { return base + uintptr_t{pages.get()} * kPageBytes; }

  // The slot that `address`, anywhere within an object of this span, belongs to.
  uint32_t index_of(uintptr_t address) const {
    if (size_class() == 0) return 0;
    return divide_by_class(static_cast<uint32_t>(address - base), size_class());
  }
  // Where a slot begins: at its object, or at the type header that some have before it.
  uintptr_t address_of(uint32_t index) const { return base + uintptr_t{index} * elem_bytes; }

  // Whether that slot holds an object. Holder, or while nobody allocates.
  bool is_allocated(uint32_t index) const {
    return index < free_index.get() || test_bit(bits[bits_in_use], index);
  }

  // Loads alloc_cache with the 64 slots of free_index's word: from free_index on if that is a multiple of 64, else the caller shifts. Holder.
  void refill_alloc_cache() { alloc_cache = ~load_word(&alloc_bits()[free_index.get() / 64]); }

  // The next free slot at or after free_index, taken; `elements` if there is none. Does not count it as allocated. Holder. Go: nextFreeIndex.
  uint32_t take_free() {
    uint32_t at = free_index.get();
    if (at == elements) return elements;  // without a store: all Ps share the heap's empty span
    while (at < elements) {
      if (alloc_cache == 0) {
        at = (at + 64) & ~63u;
        free_index.set(at);
        if (at >= elements) break;
        refill_alloc_cache();
        continue;
      }
      const uint32_t skip = static_cast<uint32_t>(__builtin_ctzll(alloc_cache));
      const uint32_t index = at + skip;
      if (index >= elements) break;
      alloc_cache = skip == 63 ? 0 : alloc_cache >> (skip + 1);
      free_index.set(index + 1);
      if ((index + 1) % 64 == 0 && index + 1 < elements) refill_alloc_cache();
      return index;
    }
    free_index.set(elements);
    return elements;
  }
};

}  // namespace samovar::heap
