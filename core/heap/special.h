// Special: something that is to happen when an object dies: a finalizer, a cleanup, a weak handle going to null (Go: mheap.go, special).
//
// Specials hang on the object's span, sorted by slot. They are rare, so one lock of the heap guards all lists. What lies outside the arena
// (see Heap::allocate_lifeboat) can have none: asking for one is ignored, as Go ignores finalizers of global variables
// and of objects without a size.
#pragma once

#include <atomic>
#include <cstdint>

namespace samovar::heap {

enum class SpecialKind : uint8_t {
  kFinalizer,   // the object is revived once and handed to a function
  kCleanup,     // a function is called with an argument of its own; the object is gone
  kWeakHandle,  // a handle becomes null
};

// What weak pointers to one object share: its address, null once it has died. Lives as long as the heap.
struct WeakHandle {
  std::atomic<uintptr_t> address{0};
  uint32_t known_at = 0;  // the sweepgen at which the object was last known to live; guarded by the heap's specials lock
};

using FinalizerFunction = void (*)(void* object, uint64_t argument);
using CleanupFunction = void (*)(uint64_t argument);

struct Special {
  Special* next = nullptr;      // on the span's list, or on the queue of those to be run
  uintptr_t object = 0;         // the address it was made for: need not be the start of the slot (tiny objects share one, some have a header)
  uint32_t index = 0;           // the slot: it dies as a whole
  SpecialKind kind = SpecialKind::kFinalizer;
  FinalizerFunction finalizer = nullptr;
  CleanupFunction cleanup = nullptr;
  uint64_t argument = 0;
  WeakHandle* handle = nullptr;
};

}  // namespace samovar::heap
