// Cache: what one P allocates from without a lock: a span of each class (Go: mcache).
#pragma once

#include <array>
#include <cstdint>

#include "base/racy.h"
#include "heap/size_classes.h"
#include "heap/span.h"

namespace samovar::heap {

// Figures of one cache, or of the heap: objects by class, written by one thread at a time.
struct ClassCounts {
  std::array<base::Racy<uint64_t>, kSizeClasses> allocated;
  std::array<base::Racy<uint64_t>, kSizeClasses> freed;
  base::Racy<uint64_t> large_allocated_bytes;
  base::Racy<uint64_t> large_freed_bytes;
  base::Racy<uint64_t> tiny_allocs;  // requests that found room in a block; the one that opened it counts as an object
};

// Only the holder of its P touches a cache, or whoever has stopped the world. It always has a span for each class; where nothing has been
// allocated yet that is the heap's empty one, which is full.
struct Cache {
  std::array<base::Racy<Span*>, kSpanClasses> spans;
  uintptr_t tiny = 0;  // the block that tiny objects are packed into; 0: none
  uint32_t tiny_offset = 0;
  uint64_t scan_bytes = 0;   // allocated bytes with slots, not yet told to the heap
  bool black = false;        // what is allocated is marked: Heap::begin_black()
  uint64_t black_bytes = 0;  // of slots that were marked so
  ClassCounts counts;
};

}  // namespace samovar::heap
