// Allocation: from the cache's span if it has room, else a span from the central list, else pages from the arena.
// Names in comments are those of Go 1.26's malloc.go, mcache.go, mcentral.go and mheap.go.
#include "heap/heap.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace samovar::heap {

namespace {

constexpr int kSweepsPerRefill = 100;  // cacheSpan gives up looking for room in unswept spans after so many

}  // namespace

Heap::Heap(const HeapOptions& options)
    : options_(options),
      arena_(options.arena_bytes / kPageBytes * kPageBytes),
      page_limit_(arena_.ok() ? static_cast<uint32_t>(arena_.bytes() / kPageBytes) : 0),
      pages_(page_limit_),
      released_((page_limit_ + 63) / 64) {
  if (!arena_.ok()) return;
  spans_ = std::make_unique<std::atomic<Span*>[]>(page_limit_);
  inline_classes_ = std::make_unique<base::Racy<uint8_t>[]>(page_limit_);
  empty_.elements = 0;
  zero_handle_.address.store(reinterpret_cast<uintptr_t>(zero_object()), std::memory_order_relaxed);  // relaxed: nobody else is there yet
}

Heap::~Heap() {
  permit_access(arena_.base(), uintptr_t{pages_.grown()} * kPageBytes);
  for (void* boat : lifeboats_) std::free(boat);
  for_each_span([](void*, const Span& span) {
    for (Special* special = span.specials.load(std::memory_order_relaxed); special != nullptr;) {  // relaxed: nobody else is left
      delete std::exchange(special, special->next);
    }
  }, nullptr);
}

// ---- Caches ----

void Heap::open(Cache& cache) {
  for (auto& slot : cache.spans) slot.set(&empty_);
}

// gcController.update: while marking goes on heapScan stays as it was at its beginning. What is allocated then is black, so it makes no scan work.
void Heap::tell_scan(Cache& cache) {
  const uint64_t bytes = std::exchange(cache.scan_bytes, 0);
  if (!cache.black) scan_.fetch_add(bytes, std::memory_order_relaxed);  // relaxed: a figure for the pacer
}

// releaseAll
void Heap::flush(Cache& cache) {
  tell_scan(cache);
  for (auto& slot : cache.spans) {
    Span* span = slot.get();
    if (span == &empty_) continue;
    count_span(cache, span);
    if (cache.black) cache.black_bytes -= mark_free(span, false);
    // The whole rest of the span was charged when it was taken; what was not used is paid back. relaxed: a figure for the pacer
    live_.fetch_sub(uint64_t{span->elements - span->allocated.get()} * span->elem_bytes, std::memory_order_relaxed);
    slot.set(&empty_);
    give_back(span);
  }
  cache.tiny = 0;
}

void Heap::count_span(Cache& cache, Span* span) {
  cache.counts.allocated[span->size_class()].add(span->allocated.get() - span->allocated_before_cache.get());
}

// uncacheSpan: onto the list where it belongs.
void Heap::give_back(Span* span) {
  const Fullness fullness = span->allocated.get() < span->elements ? Fullness::kPartial : Fullness::kFull;
  centrals_[span->span_class().index()].push_swept(span, fullness, sweepgen());
}

// refill: replaces the cache's full span of that class by one with room.
bool Heap::refill(Cache& cache, SpanClass span_class) {
  auto& slot = cache.spans[span_class.index()];
  if (Span* full = slot.get(); full != &empty_) {
    count_span(cache, full);
    slot.set(&empty_);
    give_back(full);
  }
  Span* span = take_span(span_class);
  if (span == nullptr) return false;
  span->allocated_before_cache.set(span->allocated.get());
  live_.fetch_add(uint64_t{span->pages.get()} * kPageBytes - uint64_t{span->allocated.get()} * span->elem_bytes, std::memory_order_relaxed);  // relaxed: as in flush()
  tell_scan(cache);
  if (cache.black) cache.black_bytes += mark_free(span, true);
  slot.publish(span);  // figures() looks
  return true;
}

// cacheSpan: a span with at least one free slot, which belongs to nobody else.
Span* Heap::take_span(SpanClass span_class) {
  Central& central = centrals_[span_class.index()];
  const uint32_t pages = kClassPages[span_class.size_class()];
  const uint32_t generation = sweepgen();
  pay_sweep(uint64_t{pages} * kPageBytes);
  Span* span = central.pop_swept(Fullness::kPartial, generation);
  for (int tries = kSweepsPerRefill; span == nullptr && tries > 0; --tries) {
    span = central.pop_unswept(Fullness::kPartial, generation);
    if (span == nullptr) span = central.pop_unswept(Fullness::kFull, generation);
    if (span == nullptr) break;
    sweep(span, true);
    if (span->allocated.get() == span->elements) {
      central.push_swept(span, Fullness::kFull, generation);
      span = nullptr;
    }
  }
  if (span == nullptr) span = allocate_span(pages, span_class);
  if (span == nullptr) {
    // Before it says that there is nothing left: all that is dead and not yet swept. That may have left room of this class, too.
    while (sweep_one()) {
    }
    await_sweepers();
    span = central.pop_swept(Fullness::kPartial, generation);
    if (span == nullptr) span = allocate_span(pages, span_class);
  }
  if (span == nullptr) return nullptr;
  // What was allocated since it was swept lies below free_index and is not in the alloc bits.
  if (span->free_index.get() < span->elements) {
    span->refill_alloc_cache();
    span->alloc_cache >>= span->free_index.get() % 64;
  }
  return span;
}

// ---- Pages ----

uint32_t Heap::allocate_pages_locked(uint32_t pages) {
  uint32_t first = pages_.allocate(pages);
  if (first == PageAllocator::kNone && pages_.grow(pages)) {
    first = pages_.allocate(pages);
    arena_bytes_in_use_.store(uintptr_t{pages_.grown()} * kPageBytes, std::memory_order_relaxed);  // relaxed: only grows; an address beyond it reaches nobody before
  }
  return first;
}

// A span record that nobody uses. Null if the memory beside the arena is used up.
Span* Heap::take_record_locked() {
  if (Span* span = free_spans_; span != nullptr) {
    free_spans_ = span->next;
    return span;
  }
  if (span_slabs_.empty() || slab_used_ == kSpanSlab) {
    std::unique_ptr<Span[]> slab(new (std::nothrow) Span[kSpanSlab]());
    if (slab == nullptr) return nullptr;
    span_slabs_.push_back(std::move(slab));
    slab_used_ = 0;
  }
  return &span_slabs_.back()[slab_used_++];
}

void Heap::put_record_locked(Span* span) {
  span->next = free_spans_;
  free_spans_ = span;
}

Span* Heap::allocate_span(uint32_t pages, SpanClass span_class) {
  mutex_.lock();
  Span* span = take_record_locked();
  const uint32_t first = span != nullptr ? allocate_pages_locked(pages) : PageAllocator::kNone;
  if (first == PageAllocator::kNone) {
    if (span != nullptr) put_record_locked(span);
    mutex_.unlock();
    return nullptr;
  }
  const bool needs_zero = !platform::PageRange::fresh_is_zero() || first < touched_pages_;
  touched_pages_ = std::max(touched_pages_, first + pages);
  for (uint32_t page = first; page < first + pages; ++page) {
    uint64_t& word = released_[page / 64];
    if ((word >> (page % 64) & 1) != 0) {
      word &= ~(uint64_t{1} << (page % 64));
      --released_pages_;
    }
  }
  mutex_.unlock();

  const uint8_t size_class = span_class.size_class();
  span->base = arena_.base() + uintptr_t{first} * kPageBytes;
  permit_access(span->base, uintptr_t{pages} * kPageBytes);
  span->first_page = first;
  span->pages.set(pages);
  span->class_index.set(span_class.index());
  span->elem_bytes = size_class == 0 ? pages * static_cast<uint32_t>(kPageBytes) : kClassBytes[size_class];
  span->elements = objects_per_span(span_class);
  span->free_index.set(0);
  span->allocated.set(0);
  span->allocated_before_cache.set(0);
  span->needs_zero = needs_zero;
  span->large_type = nullptr;
  span->bits_in_use = 0;
  for (auto& words : span->bits) {
    for (uint32_t i = 0; i < span->bit_words(); ++i) store_word(&words[i], 0);
  }
  span->refill_alloc_cache();
  span->sweepgen.set(sweepgen());
  if (has_slot_bitmap(span_class) && needs_zero) SlotBitmap(span->base, size_class).clear();
  if (span->inline_marks()) {
    InlineMarks::of_page(span->base).init(static_cast<uint8_t>(span_class.index()));
    if (options_.inline_marks) inline_classes_[first].set(static_cast<uint8_t>(span_class.index() + 1));
  }
  span->state.set(SpanState::kInUse);
  pages_in_use_.fetch_add(pages, std::memory_order_relaxed);  // relaxed, here and below: figures
  spans_in_use_.fetch_add(1, std::memory_order_relaxed);
  for (uint32_t page = first; page < first + pages; ++page) {
    spans_[page].store(span, std::memory_order_release);  // pairs with span_of()
  }
  return span;
}

// freeSpan. Nobody else has the span.
void Heap::free_span(Span* span) {
  const uint32_t first = span->first_page;
  const uint32_t pages = span->pages.get();
  for (uint32_t page = first; page < first + pages; ++page) spans_[page].store(nullptr, std::memory_order_relaxed);  // relaxed: no live address leads there
  inline_classes_[first].set(0);
  span->state.set(SpanState::kFree);
  pages_in_use_.fetch_sub(pages, std::memory_order_relaxed);  // relaxed, here and below: figures
  spans_in_use_.fetch_sub(1, std::memory_order_relaxed);
  platform::MutexLock lock(mutex_);
  pages_.free(first, pages);
  put_record_locked(span);
}

// Free pages that have been used and not given back since. Those that nobody ever used cost nothing yet.
uint64_t Heap::free_mapped_pages_locked() const {
  const uint32_t untouched = pages_.grown() - std::min(pages_.grown(), touched_pages_);
  return pages_.free_pages() - untouched - released_pages_;
}

uint64_t Heap::release_free_pages(uint64_t keep_bytes, uint64_t most_bytes, uint32_t* below) {
  platform::MutexLock lock(mutex_);
  const uint64_t free_mapped = free_mapped_pages_locked();
  const uint64_t keep = keep_bytes / kPageBytes;
  uint64_t wanted = std::min(free_mapped > keep ? free_mapped - keep : 0, most_bytes / kPageBytes);
  if (wanted == 0) return 0;
  const uint64_t before = released_pages_;
  uint32_t run = 0;   // pages above `page` that are to be given back in one call
  uint32_t left = 0;  // page below which nobody has looked
  for (uint32_t page = std::min({pages_.grown(), touched_pages_, *below}); page-- > 0;) {  // the highest first, as Go's scavenger
    const bool takes = wanted > 0 && !pages_.in_use(page) && (released_[page / 64] >> (page % 64) & 1) == 0;
    if (takes) {
      released_[page / 64] |= uint64_t{1} << (page % 64);
      ++released_pages_;
      --wanted;
      ++run;
    }
    if (run == 0 || (takes && page > 0)) continue;
    const uint32_t first = takes ? page : page + 1;
    platform::PageRange::release(arena_.base() + uintptr_t{first} * kPageBytes, uintptr_t{run} * kPageBytes);
    run = 0;
    if (wanted == 0) {
      left = first;
      break;
    }
  }
  *below = left;
  return (released_pages_ - before) * kPageBytes;
}

// ---- Objects ----

void* Heap::allocate(Cache& cache, size_t bytes, const Type* type, bool* refilled) {
  if (bytes == 0) [[unlikely]] return zero_object();
  if (type != nullptr && !type->has_slots()) type = nullptr;
  if (bytes > kMaxSmallBytes) return allocate_large(cache, bytes, type, refilled);
  if (type == nullptr && bytes < kTinyBytes) return allocate_tiny(cache, bytes, refilled);
  return allocate_small(cache, bytes, type, bytes + header_bytes(bytes, type != nullptr), refilled);
}

// `total`: with the type header, if there is one.
void* Heap::allocate_small(Cache& cache, size_t bytes, const Type* type, size_t total, bool* refilled) {
  const SpanClass span_class(size_class_of(total), type == nullptr);
  bool needs_zero = false;
  void* memory = take_slot(cache, span_class, &needs_zero);
  if (memory == nullptr) [[unlikely]] {
    Span* span = cache.spans[span_class.index()].get();
    uint32_t index = span->take_free();
    if (index == span->elements) {
      if (!refill(cache, span_class)) return nullptr;
      *refilled = true;
      span = cache.spans[span_class.index()].get();
      index = span->take_free();
    }
    span->allocated.add(1);
    needs_zero = span->needs_zero;
    memory = reinterpret_cast<void*>(span->address_of(index));
  }
  const uint32_t slot_bytes = kClassBytes[span_class.size_class()];
  permit_access(reinterpret_cast<uintptr_t>(memory), slot_bytes);
  if (needs_zero) std::memset(memory, 0, slot_bytes);
  if (type == nullptr) return memory;
  const size_t header = total - bytes;
  if (header != 0) {
    cache.scan_bytes += slot_bytes;  // heapSetTypeSmallHeader
    *static_cast<const Type**>(memory) = type;
    return static_cast<char*>(memory) + header;
  }
  // writeHeapBitsSmall: up to the last slot of the last element. A single one, which is what most are, needs no division.
  const size_t before_last = bytes == type->bytes ? 0 : bytes / type->bytes * type->bytes - type->bytes;
  cache.scan_bytes += before_last + type->pointer_bytes;
  uint64_t slots = type->slots;
  for (size_t at = type->bytes; at < bytes; at += type->bytes) slots |= type->slots << (at / kSlotBytes);
  SlotBitmap::describe(reinterpret_cast<uintptr_t>(memory), span_class.size_class(), slots);
  return memory;
}

// Packs objects without slots and smaller than 16 bytes into blocks of 16, each aligned as its size allows.
void* Heap::allocate_tiny(Cache& cache, size_t bytes, bool* refilled) {
  uint32_t offset = cache.tiny_offset;
  if (bytes % 8 == 0) {
    offset = (offset + 7) & ~7u;
  } else if (bytes % 4 == 0) {
    offset = (offset + 3) & ~3u;
  } else if (bytes % 2 == 0) {
    offset = (offset + 1) & ~1u;
  }
  if (cache.tiny != 0 && offset + bytes <= kTinyBytes) {
    cache.counts.tiny_allocs.add(1);
    cache.tiny_offset = offset + static_cast<uint32_t>(bytes);
    return reinterpret_cast<void*>(cache.tiny + offset);
  }
  void* block = allocate_small(cache, kTinyBytes, nullptr, kTinyBytes, refilled);
  if (block == nullptr) return nullptr;
  // The block with more room left is kept.
  if (cache.tiny == 0 || bytes < cache.tiny_offset) {
    cache.tiny = reinterpret_cast<uintptr_t>(block);
    cache.tiny_offset = static_cast<uint32_t>(bytes);
  }
  return block;
}

void* Heap::allocate_large(Cache& cache, size_t bytes, const Type* type, bool* refilled) {
  if (bytes > size_t{page_limit_} * kPageBytes) return nullptr;
  const auto pages = static_cast<uint32_t>(pages_for(bytes));
  pay_sweep(uint64_t{pages} * kPageBytes);
  const SpanClass span_class(0, type == nullptr);
  Span* span = allocate_span(pages, span_class);
  while (span == nullptr && sweep_one()) span = allocate_span(pages, span_class);
  if (span == nullptr) {
    await_sweepers();
    span = allocate_span(pages, span_class);
  }
  if (span == nullptr) return nullptr;
  *refilled = true;
  span->large_type = type;
  span->free_index.set(1);
  span->alloc_cache = 0;
  span->allocated.set(1);
  if (cache.black) {
    set_bit(span->mark_bits(), 0);
    cache.black_bytes += span->elem_bytes;
  }
  cache.counts.allocated[0].add(1);
  cache.counts.large_allocated_bytes.add(span->elem_bytes);
  live_.fetch_add(span->elem_bytes, std::memory_order_relaxed);  // relaxed: figures for the pacer
  if (type != nullptr) cache.scan_bytes += span->elem_bytes;  // heapSetTypeLarge
  if (span->needs_zero) std::memset(reinterpret_cast<void*>(span->base), 0, type == nullptr ? bytes : span->elem_bytes);
  void* memory = reinterpret_cast<void*>(span->base);
  centrals_[span_class.index()].push_swept(span, Fullness::kFull, sweepgen());
  return memory;
}

void* Heap::allocate_lifeboat(size_t bytes) {
  void* boat = std::calloc(1, std::max<size_t>(bytes, kTinyBytes));
  if (boat == nullptr) return nullptr;
  platform::MutexLock lock(mutex_);
  lifeboats_.push_back(boat);
  return boat;
}

// ---- Figures ----

void Heap::for_each_span(void (*visit)(void* context, const Span& span), void* context) const {
  platform::MutexLock lock(mutex_);
  for (size_t slab = 0; slab < span_slabs_.size(); ++slab) {
    const uint32_t used = slab + 1 == span_slabs_.size() ? slab_used_ : kSpanSlab;
    for (uint32_t i = 0; i < used; ++i) visit(context, span_slabs_[slab][i]);
  }
}

HeapFigures Heap::figures(const std::vector<const Cache*>& caches) const {
  HeapFigures out;
  {
    platform::MutexLock lock(mutex_);
    out.free_bytes = free_mapped_pages_locked() * kPageBytes;
    out.released_bytes = released_pages_ * kPageBytes;
    out.spans_in_use = spans_in_use_.load(std::memory_order_relaxed);  // relaxed, here and below: figures
    const uint64_t spans = span_slabs_.size() * kSpanSlab;
    out.span_bytes = out.spans_in_use * sizeof(Span);
    out.span_free_bytes = spans * sizeof(Span) - out.span_bytes;
  }
  out.in_use_bytes = pages_in_use() * kPageBytes;
  out.budget_bytes = uint64_t{page_limit_} * kPageBytes;
  for (const Cache* cache : caches) {
    for (size_t i = 0; i < kSizeClasses; ++i) out.allocated_by_class[i] += cache->counts.allocated[i].get();
    out.allocated_bytes += cache->counts.large_allocated_bytes.get();
    out.tiny_allocs += cache->counts.tiny_allocs.get();
    for (const auto& slot : cache->spans) {
      const Span* span = slot.look();
      if (span == nullptr || span == &empty_) continue;
      // The span may have left the cache since, and be swept: then its two numbers are of different moments.
      const uint32_t now = span->allocated.get();
      const uint32_t before = span->allocated_before_cache.get();
      if (now > before) out.allocated_by_class[span->size_class()] += now - before;
    }
  }
  out.freed_bytes = large_freed_bytes_.load(std::memory_order_relaxed);  // relaxed, here and below: figures that sweep() adds to, not of one moment
  for (size_t i = 0; i < kSizeClasses; ++i) {
    out.freed_by_class[i] = freed_[i].load(std::memory_order_relaxed);
    out.allocated_objects += out.allocated_by_class[i];
    out.freed_objects += out.freed_by_class[i];
    out.allocated_bytes += out.allocated_by_class[i] * kClassBytes[i];
    out.freed_bytes += out.freed_by_class[i] * kClassBytes[i];
  }
  return out;
}

}  // namespace samovar::heap
