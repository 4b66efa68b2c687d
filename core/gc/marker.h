// Marker: follows references from what is known to live. Two of them, which share everything but the order in which objects are scanned:
//
//   classic    an object is queued when it is marked, and scanned when its turn comes (LIFO): it jumps about in memory.
//   Green Tea  for objects of 16 to 512 bytes the page is queued instead, and waits (FIFO). While it waits, more of its objects are marked; then all of
//              them are scanned together, in the order of their addresses. (Go 1.26: mgcmark_greenteagc.go.)
//
// A marker is shared by all Ps; the work is in each P's Work. Marking reclaims nothing, so it may run at any point of a goroutine, in the
// middle of an allocation for instance.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gc/work.h"
#include "heap/heap.h"

namespace samovar::gc {

enum class MarkerKind : uint8_t { kClassic = 0, kGreenTea = 1 };

// A slot's value. acquire: pairs with Ref's release, so that the object is seen as it was made. (In wasm a plain load: what it leads to is reached
// through the address itself, and processors keep that order.)
inline uintptr_t load_slot(uintptr_t slot) {
#if defined(__wasm__)
  return *reinterpret_cast<const volatile uintptr_t*>(slot);
#else
  return __atomic_load_n(reinterpret_cast<const uintptr_t*>(slot), __ATOMIC_ACQUIRE);
#endif
}

// Whether drain() goes on with what other Ps have shared of their pages, when nothing else is left.
enum class Steals : bool { kNo, kYes };

class Marker {
 public:
  static constexpr int64_t kQuantum = 32 * 1024;  // bytes of slots that drain() walks at most: some 20 microseconds

  Marker(heap::Heap& heap, MarkerKind kind) : heap_(heap), kind_(kind) {}
  MarkerKind kind() const { return kind_; }

  // Marks the objects at these addresses (anywhere within them; 0 and addresses outside the heap are passed over), and queues them if they
  // are new and have slots. Holder of the P that `work` belongs to, as in all that follows.
  void mark(Work& work, const uintptr_t* addresses, size_t count);
  void mark(Work& work, uintptr_t address) { mark(work, &address, 1); }

  // Marks what the slots of a live object refer to, but not the object.
  void mark_referents(Work& work, uintptr_t object);

  // Scans until `budget` bytes of scan work have been done, or kQuantum has been walked (which is never less), or nothing is to be had; gives how much scan work.
  // True in *exhausted: there is nothing left that this P could take now.
  int64_t drain(Work& work, int64_t budget, Steals steals, bool* exhausted);

  // Calls visit for each reference in an object, which is not null; the object is known to be allocated. For checks.
  void for_each_reference(uintptr_t object, void (*visit)(void* context, uintptr_t address), void* context);

 private:
  struct PageMarks;
  void mark_in_span(Work& work, uintptr_t address);
  void mark_in_page(Work& work, const PageMarks& wanted);
  template <MarkerKind kKind>
  int64_t drain_as(Work& work, int64_t budget, Steals steals, bool* exhausted);
  template <MarkerKind kKind>
  void scan_object(Work& work, uintptr_t object);
  void scan_span(Work& work, SpanEntry entry);
  template <MarkerKind kKind>
  void mark_gathered(Work& work, const uintptr_t* addresses, size_t count);

  heap::Heap& heap_;
  const MarkerKind kind_;
};

}  // namespace samovar::gc
