// Heap: Go's allocator (malloc.go, mcache.go, mcentral.go, mheap.go), over one arena of fixed size.
//
//   object ── size class ──> Cache of the P (no lock) ──> Central of the class (a lock) ──> pages (the heap's lock) ──> arena
//
// The heap allocates, sweeps and counts; it does not know when to collect nor what is alive. Whoever marks (gc/) uses the span table, sets
// mark bits, and calls start_sweep() when all that lives is marked.
//
// The arena is one piece of address space, so that finding an address's span is one subtraction and one load. Its size is the
// memory budget of the run: in a browser the engine's memory is fixed anyway.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "heap/asan.h"
#include "heap/cache.h"
#include "heap/central.h"
#include "heap/page_heap.h"
#include "heap/slot_bitmap.h"
#include "heap/special.h"
#include "heap/type.h"
#include "platform/mutex.h"
#include "platform/pages.h"

namespace samovar::heap {

struct HeapOptions {
  size_t arena_bytes = size_t{64} << 20;
  bool poison = false;         // fill what is swept with kPoison, so that use after free shows; AddressSanitizer names it (heap/asan.h)
  bool inline_marks = true;    // Green Tea: markers use the pages' own mark bits; else the spans'
};

inline constexpr uint8_t kPoison = 0xdb;

// What the heap asks of the collector. All are called on the thread that allocates or sweeps, with no lock of the heap held.
struct HeapHooks {
  void* context = nullptr;
  // A finalizer or cleanup is due: takes the special over.
  void (*due)(void* context, Special* special) = nullptr;
};

// Figures of the whole heap, as of one moment; bytes unless said otherwise.
struct HeapFigures {
  uint64_t in_use_bytes = 0;     // pages of spans in use
  uint64_t free_bytes = 0;       // pages of the arena that were used and are free now, and still mapped
  uint64_t released_bytes = 0;   // given back to the system, or as good as
  uint64_t budget_bytes = 0;     // all that the arena can be
  uint64_t span_bytes = 0;       // spans' own records, in use
  uint64_t span_free_bytes = 0;  // records of free spans
  uint64_t spans_in_use = 0;
  uint64_t allocated_bytes = 0;  // since the start
  uint64_t allocated_objects = 0;
  uint64_t freed_bytes = 0;
  uint64_t freed_objects = 0;
  uint64_t tiny_allocs = 0;
  uint64_t allocated_by_class[kSizeClasses] = {};
  uint64_t freed_by_class[kSizeClasses] = {};
  uint64_t object_bytes() const { return allocated_bytes - freed_bytes; }
  uint64_t objects() const { return allocated_objects - freed_objects; }
};

class Heap {
 public:
  explicit Heap(const HeapOptions& options);
  ~Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  // False if the system had no memory for the arena; nothing else may be called then.
  bool ok() const { return arena_.ok(); }
  const HeapOptions& options() const { return options_; }
  // Copies the hooks; their context must outlive the last sweep. While nobody else uses the heap, and before there is any special.
  void install(const HeapHooks& hooks) { hooks_ = hooks; }

  // Makes a cache ready for use, and gives all its spans back, as must be done before start_sweep(): a span in a cache is never swept. Holder of the cache,
  // or whoever has stopped the world.
  void open(Cache& cache);
  void flush(Cache& cache);

  // ---- Allocation. Holder of the cache. ----

  // A new object of `bytes`, all zero, without slots.
  void* allocate_bytes(Cache& cache, size_t bytes, bool* refilled) { return allocate(cache, bytes, nullptr, refilled); }

  // `count` elements of a type, all zero. Null if memory is exhausted. *refilled: a span was taken, so it is time to look whether a
  // collection is due (never set to false). Its mark bits are clear, but for begin_black().
  void* allocate(Cache& cache, size_t bytes, const Type* type, bool* refilled);

  // What such an allocation takes: its slot, or its pages; of a tiny object that shares a block only what it was asked for.
  static size_t bytes_taken(size_t bytes, const Type* type) {
    const bool has_slots = type != nullptr && type->has_slots();
    if (bytes == 0 || (bytes < kTinyBytes && !has_slots)) return bytes;
    return bytes_for(bytes, has_slots);
  }

  // allocate() for one object of a type whose size is known when this is compiled: its fast path, without a call. Null if the cache's span has no
  // room: then allocate() finds some.
  template <size_t kBytes, bool kHasSlots>
  [[gnu::always_inline]] static void* allocate_known(Cache& cache, const Type& type) {
    static_assert(kBytes >= kTinyBytes && kBytes <= kMaxBitmappedBytes);
    constexpr SpanClass kSpanClass(size_class_of(kBytes), !kHasSlots);
    constexpr uint32_t kSlot = kClassBytes[kSpanClass.size_class()];
    bool needs_zero = false;
    void* memory = take_slot(cache, kSpanClass, &needs_zero);
    if (memory == nullptr) return nullptr;
    permit_access(reinterpret_cast<uintptr_t>(memory), kSlot);
    if (needs_zero) std::memset(memory, 0, kSlot);
    if constexpr (kHasSlots) {
      cache.scan_bytes += type.pointer_bytes;
      SlotBitmap::describe(reinterpret_cast<uintptr_t>(memory), kSpanClass.size_class(), type.slots);
    }
    return memory;
  }

  // From here on what is allocated is marked, and scanned as far as that is noted: black. Not object by object: all free slots of each of the cache's spans
  // are marked beforehand, which is one instruction for 64, and flush() takes the marks of those that were not used back. The world is stopped.
  void begin_black(Cache& cache);
  // No more. After flush(); gives the bytes of what was allocated black.
  uint64_t end_black(Cache& cache);

  // What all allocations of no bytes give: one address outside the arena, so it has no special, and weak pointers to it never become null (Go: zerobase).
  void* zero_object() { return zero_base_; }

  // Memory outside the arena for when that is exhausted: the run is about to end, but the function that asked goes on to its next suspension.
  // Zero, and freed with the heap. Null only if the system has nothing left either.
  void* allocate_lifeboat(size_t bytes);

  // ---- Addresses. Any thread. ----

  bool contains(uintptr_t address) const { return address - arena_.base() < arena_bytes_in_use_.load(std::memory_order_relaxed); }  // relaxed: only grows
  // Which page of the arena an address in it lies on, counted from 0. Checks nothing.
  uint32_t page_of(uintptr_t address) const { return static_cast<uint32_t>((address - arena_.base()) >> kPageShift); }
  uintptr_t base() const { return arena_.base(); }
  // The span at an address that contains() is true of; null if its page is free. acquire: pairs with allocate_span().
  Span* span_of(uintptr_t address) const { return spans_[page_of(address)].load(std::memory_order_acquire); }
  // One byte a page: 0, or the span class plus one of a page with inline marks that markers use. Spares them the span table.
  uint8_t inline_class(uintptr_t address) const { return inline_classes_[page_of(address)].get(); }

  // ---- Sweeping (heap/sweep.cpp). ----

  uint32_t sweepgen() const { return sweepgen_.load(std::memory_order_acquire); }  // pairs with start_sweep()

  // All that lives is marked: from here on everything else is free. The world is stopped, all caches are flushed, and everything from the last cycle
  // has been swept.
  void start_sweep();

  // How fast allocation has to sweep what is left so that all is done when the heap has grown by `distance` bytes (Go: gcPaceSweeper). The world is stopped.
  void pace_sweep(uint64_t distance);

  // Sweeps one span; false if none is left unswept. Any thread that holds a P.
  bool sweep_one();
  // True once nothing is left to sweep. (Those who sweep at this moment may not be through.)
  bool sweep_done() const { return unswept_.load(std::memory_order_acquire) == 0; }  // pairs with sweep()
  // Pages that have become free since start_sweep(), whoever swept them: all that this sweep frees once it is done. relaxed: a figure, which sweep_done() orders
  uint64_t pages_freed() const { return pages_freed_.load(std::memory_order_relaxed); }

  // ---- Specials. A goroutine of the run. ----

  // Adds a special to the live object at `object`, which may be anywhere within its slot; the heap owns it until it is due. Null for what lies
  // outside the arena.
  Special* add_special(uintptr_t object, SpecialKind kind);
  // The special of that kind that was made for this very address, or null; removed from its list if `take`.
  Special* find_special(uintptr_t object, SpecialKind kind, bool take);
  // Deletes one that is on no list: taken by find_special(), or handed to HeapHooks::due. Any thread; takes no lock.
  void release(Special* special);
  // The handle for this address, one for all who ask; null for what lies outside the arena, but for zero_object().
  WeakHandle* weak_handle(uintptr_t object);
  // The object that a handle stands for; 0 if it has died, even if nobody has swept it yet. Not while the world is stopped for the end of marking.
  uintptr_t strong(WeakHandle* handle);
  // Calls visit for each special of a span. The list does not change meanwhile.
  void for_each_special(void (*visit)(void* context, Special* special), void* context);

  // ---- What is counted. Any thread; sums of figures that go on changing. ----

  // Go's heapLive: bytes that may be in use, whole spans once a cache has taken them; and heapScan, of those with slots what marking would have to look at, as
  // before marking began if that goes on.
  uint64_t live_bytes() const { return live_.load(std::memory_order_relaxed); }        // relaxed: figures for the pacer
  uint64_t scan_bytes() const { return scan_.load(std::memory_order_relaxed); }        // relaxed: as above; without what caches have not told of yet
  // Sets both, bytes, to what a collection has found. The world is stopped, else what is counted meanwhile would be lost.
  void set_live(uint64_t live, uint64_t scan) {
    live_.store(live, std::memory_order_relaxed);  // relaxed, here and below: the world is stopped
    scan_.store(scan, std::memory_order_relaxed);
  }
  uint64_t pages_in_use() const { return pages_in_use_.load(std::memory_order_relaxed); }  // of spans, unswept ones included; relaxed: a figure
  // All that the arena can ever be, in whole pages. Never changes.
  uint64_t budget_bytes() const { return uint64_t{page_limit_} * kPageBytes; }
  // Pages the arena can still give, free or not there yet.
  uint64_t pages_left() const { return page_limit_ - pages_in_use(); }

  // `caches`: those in use, whose own counts are added.
  HeapFigures figures(const std::vector<const Cache*>& caches) const;

  // Calls visit(context, span) for every span that was ever made, in the order of their making. Spans' Racy fields may change meanwhile.
  void for_each_span(void (*visit)(void* context, const Span& span), void* context) const;
  // Pages the arena has grown to.
  uint32_t grown_pages() const { return static_cast<uint32_t>(arena_bytes_in_use_.load(std::memory_order_relaxed) >> kPageShift); }
  // The span on a page of the arena, below budget_bytes() / kPageBytes; null if the page is free or not there yet. As span_of().
  const Span* span_at_page(uint32_t page) const { return spans_[page].load(std::memory_order_acquire); }  // pairs with allocate_span()

  // Whether the platform can take pages back at all.
  static bool can_release() { return platform::PageRange::fresh_is_zero(); }
  // Gives free pages back to the system, the highest first, until `keep_bytes` of free memory are left; gives how many bytes. Where the platform cannot, they are
  // only counted off: so what follows from the figures is the same everywhere.
  uint64_t release_free_pages(uint64_t keep_bytes) {
    uint32_t below = kTop;
    return release_free_pages(keep_bytes, UINT64_MAX, &below);
  }
  // The same in bites of `most_bytes`: looks below page *below, at first kTop, and leaves there where the next is to go on.
  uint64_t release_free_pages(uint64_t keep_bytes, uint64_t most_bytes, uint32_t* below);
  static constexpr uint32_t kTop = UINT32_MAX;

 private:
  // nextFreeFast: a slot of the cache's span, if there is one below its next multiple of 64. Some 10 instructions, no lock, no call.
  static void* take_slot(Cache& cache, SpanClass span_class, bool* needs_zero) {
    Span* span = cache.spans[span_class.index()].get();
    const uint64_t bits = span->alloc_cache;
    if (bits == 0) return nullptr;
    const auto skip = static_cast<uint32_t>(__builtin_ctzll(bits));
    const uint32_t index = span->free_index.get() + skip;
    const uint32_t next = index + 1;
    if (index >= span->elements || (next % 64 == 0 && next != span->elements)) return nullptr;
    span->alloc_cache = skip == 63 ? 0 : bits >> (skip + 1);
    span->free_index.set(next);
    span->allocated.add(1);
    *needs_zero = span->needs_zero;
    return reinterpret_cast<void*>(span->address_of(index));
  }
  void* allocate_small(Cache& cache, size_t bytes, const Type* type, size_t total, bool* refilled);
  void* allocate_tiny(Cache& cache, size_t bytes, bool* refilled);
  void* allocate_large(Cache& cache, size_t bytes, const Type* type, bool* refilled);
  bool refill(Cache& cache, SpanClass span_class);
  void tell_scan(Cache& cache);
  uint64_t mark_free(Span* span, bool black);
  Span* take_span(SpanClass span_class);
  void give_back(Span* span);
  void count_span(Cache& cache, Span* span);
  Span* allocate_span(uint32_t pages, SpanClass span_class);
  Span* take_record_locked();
  void put_record_locked(Span* span);
  uint32_t allocate_pages_locked(uint32_t pages);
  void free_span(Span* span);
  void sweep(Span* span, bool keep);
  // Nobody has anything left to begin, but some may be in the middle of a span whose pages are just what is missing: waits until they are through. They never
  // wait for anybody, so this takes microseconds, or as long as the machine has put one of them aside; no longer than a second or two.
  void await_sweepers() const;
  void sweep_specials(Span* span);
  void poison_dead(Span* span);
  bool is_marked(const Span& span, uint32_t index) const;
  Span* next_unswept();
  void pay_sweep(uint64_t bytes);
  uint64_t free_mapped_pages_locked() const;
  Special* add_special_locked(uintptr_t object, SpecialKind kind);
  Special* find_special_locked(uintptr_t object, SpecialKind kind, bool take);

  static constexpr uint32_t kSpanSlab = 64;  // span records allocated together

  const HeapOptions options_;
  platform::PageRange arena_;
  const uint32_t page_limit_;
  HeapHooks hooks_;
  std::atomic<uintptr_t> arena_bytes_in_use_{0};
  std::unique_ptr<std::atomic<Span*>[]> spans_;              // by page
  std::unique_ptr<base::Racy<uint8_t>[]> inline_classes_;    // by page

  Central centrals_[kSpanClasses];
  Span empty_;  // what a cache holds where it has nothing
  alignas(kTinyBytes) unsigned char zero_base_[kTinyBytes] = {};
  WeakHandle zero_handle_;  // of zero_object()

  mutable platform::Mutex mutex_;                        // guards what follows, up to the next blank line
  PageAllocator pages_;
  uint32_t touched_pages_ = 0;                           // pages from here on were never used
  Span* free_spans_ = nullptr;
  std::vector<std::unique_ptr<Span[]>> span_slabs_;
  uint32_t slab_used_ = 0;
  std::vector<uint64_t> released_;                       // a bit a page: free and given back to the system
  uint64_t released_pages_ = 0;
  std::vector<void*> lifeboats_;

  platform::Mutex specials_mutex_;                       // guards all spans' lists, and what follows, up to the next blank line
  std::vector<std::unique_ptr<WeakHandle>> weak_handles_;

  std::atomic<uint32_t> sweepgen_{2};
  std::atomic<uint32_t> unswept_{0};                     // spans
  std::atomic<uint32_t> sweep_cursor_{0};                // classes below it have nothing left
  std::atomic<uint64_t> live_{0};                        // bytes, as the next. Relaxed everywhere, these four: figures, which order nothing
  std::atomic<uint64_t> scan_{0};
  std::atomic<uint64_t> pages_in_use_{0};
  std::atomic<uint64_t> spans_in_use_{0};

  // Proportional sweeping. The first three are set while the world is stopped.
  double sweep_pages_per_byte_ = 0;
  uint64_t sweep_live_basis_ = 0;
  uint64_t pages_swept_basis_ = 0;
  std::atomic<uint64_t> pages_swept_{0};                 // in this cycle, as the next; relaxed everywhere: how much, and nothing of which
  std::atomic<uint64_t> pages_freed_{0};

  // What was swept, by class; sweepers add to it a span at a time.
  std::atomic<uint64_t> freed_[kSizeClasses] = {};
  std::atomic<uint64_t> large_freed_bytes_{0};
  // Counts of caches that have been flushed stay in the caches.
};

}  // namespace samovar::heap
