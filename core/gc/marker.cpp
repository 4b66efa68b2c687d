// Scanning. The hot loops gather a page's or object's references into a buffer first and mark them afterwards: so that the mark bits of those further on
// are being fetched while the first are marked.
#include "gc/marker.h"

#include <algorithm>

namespace samovar::gc {

using heap::InlineMarks;
using heap::kPageBytes;
using heap::Span;
using heap::SpanClass;

namespace {

constexpr uint32_t kGathered = kPageBytes / heap::kSlotBytes;  // as many slots as a page has
[[maybe_unused]] constexpr uint32_t kPrefetchAhead = 8;  // not in wasm, which has no such instruction
constexpr uintptr_t kObletBytes = 128 * 1024;  // maxObletBytes: larger objects are scanned in pieces
constexpr uintptr_t kPageMask = ~(uintptr_t{kPageBytes} - 1);

// Where an object's slots are, by what `bits` says. That is known from the page's bitmaps alone; so the loads, most of which miss the caches, come in a
// loop of their own, short enough for the processor to have many of them under way at once.
inline size_t addresses_of(uintptr_t object, uint64_t bits, uintptr_t* out) {
  size_t count = 0;
  for (; bits != 0; bits &= bits - 1) out[count++] = object + static_cast<uintptr_t>(__builtin_ctzll(bits)) * heap::kSlotBytes;
  return count;
}

inline size_t load_all(uintptr_t* slots, size_t count) {
  size_t kept = 0;
  for (size_t i = 0; i < count; ++i) {
    const uintptr_t value = load_slot(slots[i]);
    slots[kept] = value;
    kept += value != 0 ? 1 : 0;
  }
  return kept;
}

// The references in an object's slots.
inline size_t gather(uintptr_t object, uint64_t bits, uintptr_t* out) { return load_all(out, addresses_of(object, bits, out)); }

}  // namespace

// An object outside pages with inline marks, or anything for the classic marker.
inline void Marker::mark_in_span(Work& work, uintptr_t address) {
  Span* span = heap_.span_of(address);
  if (span == nullptr) return;  // outside the heap after all: a lifeboat cannot be here, a wild pointer could
  const uint32_t index = span->index_of(address);
  if (!heap::set_bit(span->mark_bits(), index)) return;
  work.bytes_marked += span->elem_bytes;
  if (!span->noscan()) work.put_object(span->address_of(index));
}

// Objects of one page, all in one word of its marks.
struct Marker::PageMarks {
  uintptr_t page = 0;
  uint32_t word = 0;
  uint8_t tag = 0;  // Heap::inline_class()
  uint64_t bits = 0;
};

inline void Marker::mark_in_page(Work& work, const PageMarks& wanted) {
  InlineMarks& marks = InlineMarks::of_page(wanted.page);
  const uint64_t fresh = marks.set_marks(wanted.word, wanted.bits);
  if (fresh == 0) return;
  const SpanClass span_class = SpanClass::of_index(wanted.tag - 1);
  if (span_class.noscan()) {
    work.bytes_marked += uint64_t{heap::count_bits(fresh)} * heap::kClassBytes[span_class.size_class()];  // black at once
    return;
  }
  if (marks.acquire(fresh)) work.put_span(wanted.page | (wanted.word * 64 + static_cast<uint32_t>(__builtin_ctzll(fresh))));
}

template <MarkerKind kKind>
inline void Marker::mark_gathered(Work& work, const uintptr_t* addresses, size_t count) {
  if constexpr (kKind == MarkerKind::kClassic) {
    for (size_t i = 0; i < count; ++i) {
      if (heap_.contains(addresses[i])) mark_in_span(work, addresses[i]);
    }
    return;
  }
  // Neighbours, as a tree's nodes are when they were made one after another, are marked by one indivisible instruction.
  PageMarks wanted;
  for (size_t i = 0; i < count; ++i) {
#if !defined(__wasm__)
    if (i + kPrefetchAhead < count) __builtin_prefetch(reinterpret_cast<const void*>((addresses[i + kPrefetchAhead] & kPageMask) + kPageBytes - 64), 1);
#endif
    const uintptr_t address = addresses[i];
    if (!heap_.contains(address)) continue;
    const uint8_t tag = heap_.inline_class(address);
    if (tag == 0) {
      mark_in_span(work, address);
      continue;
    }
    const uintptr_t page = address & kPageMask;
    const uint32_t index = heap::divide_by_class(static_cast<uint32_t>(address - page), SpanClass::of_index(tag - 1).size_class());
    if (page != wanted.page || index / 64 != wanted.word) {
      if (wanted.bits != 0) mark_in_page(work, wanted);
      wanted = {.page = page, .word = index / 64, .tag = tag, .bits = 0};
    }
    wanted.bits |= uint64_t{1} << (index % 64);
  }
  if (wanted.bits != 0) mark_in_page(work, wanted);
}

void Marker::mark(Work& work, const uintptr_t* addresses, size_t count) {
  if (kind_ == MarkerKind::kGreenTea) {
    mark_gathered<MarkerKind::kGreenTea>(work, addresses, count);
  } else {
    mark_gathered<MarkerKind::kClassic>(work, addresses, count);
  }
}

namespace {

// Scan work (Go: heapScanWork) is what lies before the end of an object's last slot; what remains need not be looked at. last_slot(): of bits that are not 0.
inline uint32_t last_slot(uint64_t bits) { return 63 ^ static_cast<uint32_t>(__builtin_clzll(bits)); }
inline int64_t work_of(uint64_t bits) { return (int64_t{last_slot(bits | 1)} + 1) * heap::kSlotBytes; }

struct Walked {
  int64_t bytes = 0;
  int64_t scan_work = 0;
};

// Calls visit(piece of references, count) for the slots of an object that is not in a page with inline marks, or of a piece of a large one. Inline, for
// what it gives would else go through memory: 2 ns an object for the classic marker.
template <class Visit>
[[gnu::always_inline]] inline Walked for_each_slot_batch(Span* span, uintptr_t object, const Visit& visit) {
  uintptr_t found[64];
  if (heap::has_slot_bitmap(span->span_class())) {
    const uint64_t bits = heap::SlotBitmap::of_object(object, span->size_class());
    visit(found, gather(object, bits, found));
    return {span->elem_bytes, work_of(bits)};
  }
  const heap::Type* type = span->large_type;
  uintptr_t at = object;
  uintptr_t end = object + span->elem_bytes;
  uintptr_t limit = end;
  if (type == nullptr) {
    type = *reinterpret_cast<const heap::Type* const*>(object);
    at += heap::kTypeHeaderBytes;
  } else {
    // Pieces begin with the element that begins in them.
    const uintptr_t piece = object - span->base;
    at = span->base + (piece + type->bytes - 1) / type->bytes * type->bytes;
    limit = span->end();
    end = std::min(limit, object + kObletBytes);
  }
  const uintptr_t begin = at;
  for (; at < end && at + type->pointer_bytes <= limit; at += type->bytes) visit(found, gather(at, type->slots, found));
  if (at == begin) return {};
  const uintptr_t last_slot_end = at - type->bytes + type->pointer_bytes;
  return {static_cast<int64_t>(std::min(end, at) - object), static_cast<int64_t>(std::min(end, last_slot_end) - object)};
}

}  // namespace

template <MarkerKind kKind>
void Marker::scan_object(Work& work, uintptr_t object) {
  Span* span = heap_.span_of(object);
  if (span->large_type != nullptr && object == span->base) {
    for (uintptr_t piece = object + kObletBytes; piece < span->end(); piece += kObletBytes) work.put_object(piece);
  }
  const Walked walked = for_each_slot_batch(span, object, [&](const uintptr_t* found, size_t count) { mark_gathered<kKind>(work, found, count); });
  work.bytes_walked += walked.bytes;
  work.scan_work += walked.scan_work;
  ++work.counts[span->size_class()].single;
}

void Marker::mark_referents(Work& work, uintptr_t object) {
  Span* span = heap_.span_of(object);
  if (span->noscan()) return;
  const uintptr_t start = span->address_of(span->index_of(object));
  for_each_slot_batch(span, start, [&](const uintptr_t* found, size_t count) { mark(work, found, count); });
  for (uintptr_t piece = start + kObletBytes; span->large_type != nullptr && piece < span->end(); piece += kObletBytes) {
    for_each_slot_batch(span, piece, [&](const uintptr_t* found, size_t count) { mark(work, found, count); });
  }
}

void Marker::for_each_reference(uintptr_t object, void (*visit)(void* context, uintptr_t address), void* context) {
  Span* span = heap_.span_of(object);
  if (span->noscan()) return;
  const uintptr_t start = span->address_of(span->index_of(object));
  const auto pass_on = [&](const uintptr_t* found, size_t count) {
    for (size_t i = 0; i < count; ++i) visit(context, found[i]);
  };
  for_each_slot_batch(span, start, pass_on);
  for (uintptr_t piece = start + kObletBytes; span->large_type != nullptr && piece < span->end(); piece += kObletBytes) {
    for_each_slot_batch(span, piece, pass_on);
  }
}

// scanSpan: the page's turn has come. If no more objects were marked since it was queued, only the one that it was queued for is new.
void Marker::scan_span(Work& work, SpanEntry entry) {
  const uintptr_t page = entry & kPageMask;
  InlineMarks& marks = InlineMarks::of_page(page);
  const SpanClass span_class = SpanClass::of_index(heap_.inline_class(page) - 1);
  const uint8_t size_class = span_class.size_class();
  const uint32_t bytes = heap::kClassBytes[size_class];
  const uint32_t words = bytes / heap::kSlotBytes;
  const heap::SlotBitmap slots(page, size_class);
  ScanCounts& counts = work.counts[size_class];
  uintptr_t found[kGathered];

  if (marks.release() == heap::kOneMark) {
    const auto index = static_cast<uint32_t>(entry & ~kPageMask);
    if (!marks.set_scan(index)) return;
    const uintptr_t object = page + uintptr_t{index} * bytes;
    const uint64_t bits = slots.get(index * words, words);
    const size_t count = gather(object, bits, found);
    work.bytes_marked += bytes;
    work.bytes_walked += bytes;
    work.scan_work += work_of(bits);
    ++counts.single;
    mark_gathered<MarkerKind::kGreenTea>(work, found, count);
    return;
  }

  size_t count = 0;
  uint32_t objects = 0;
  uint32_t last_slots = 0;  // the sum of their numbers
  for (uint32_t word = 0; word < InlineMarks::kWords; ++word) {
    uint64_t grey = marks.take_grey(word);
    objects += heap::count_bits(grey);
    for (; grey != 0; grey &= grey - 1) {
      const uint32_t index = word * 64 + static_cast<uint32_t>(__builtin_ctzll(grey));
      const uint64_t bits = slots.get(index * words, words);
      if (bits == 0) [[unlikely]] continue;  // cannot be; but last_slot() counts on it
      last_slots += last_slot(bits);
      count += addresses_of(page + uintptr_t{index} * bytes, bits, found + count);
    }
  }
  if (objects == 0) return;
  work.bytes_marked += uint64_t{objects} * bytes;
  work.bytes_walked += int64_t{objects} * bytes;
  work.scan_work += int64_t{last_slots + objects} * heap::kSlotBytes;
  counts.sparse += objects;
  ++counts.sparse_spans;
  mark_gathered<MarkerKind::kGreenTea>(work, found, load_all(found, count));
}

template <MarkerKind kKind>
int64_t Marker::drain_as(Work& work, int64_t budget, Steals steals, bool* exhausted) {
  const int64_t before = work.scan_work;
  const int64_t walked_before = work.bytes_walked;
  *exhausted = false;
  while (work.scan_work - before < budget && work.bytes_walked - walked_before < kQuantum) {
    // Objects first: pages gain by waiting.
    uintptr_t object;
    SpanEntry entry;
    if (work.get_own_object(&object)) {
      scan_object<kKind>(work, object);
      continue;
    }
    if constexpr (kKind == MarkerKind::kGreenTea) {
      if (work.get_own_span(&entry)) {
        scan_span(work, entry);
        continue;
      }
    }
    if (work.get_shared_objects()) continue;
    if constexpr (kKind == MarkerKind::kGreenTea) {
      if (work.get_own_shared_spans() || (steals == Steals::kYes && work.steal_spans())) continue;
    }
    *exhausted = true;
    break;
  }
  work.balance();
  return work.scan_work - before;
}

int64_t Marker::drain(Work& work, int64_t budget, Steals steals, bool* exhausted) {
  return kind_ == MarkerKind::kGreenTea ? drain_as<MarkerKind::kGreenTea>(work, budget, steals, exhausted)
                                        : drain_as<MarkerKind::kClassic>(work, budget, steals, exhausted);
}

}  // namespace samovar::gc
