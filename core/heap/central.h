// Central: the spans of one class that no P holds (Go: mcentral).
//
// Two lists, of spans with room and of full ones, each in two halves: swept in this cycle and not yet. The halves change roles when a cycle
// ends, so nothing is moved then. Who takes a span off a list owns it. Go's lists are lock-free because its servers have a hundred
// threads; here at most 64 Ps come by once in hundreds of allocations, and a lock that is held for two stores does.
#pragma once

#include <cstdint>

#include "heap/span.h"
#include "platform/mutex.h"

namespace samovar::heap {

enum class Fullness : uint8_t { kPartial = 0, kFull = 1 };

class Central {
 public:
  // Any thread. `swept_at` is the heap's sweepgen: which half is which.
  void push_swept(Span* span, Fullness fullness, uint32_t sweepgen) { push(half(sweepgen, true), fullness, span); }
  Span* pop_swept(Fullness fullness, uint32_t sweepgen) { return pop(half(sweepgen, true), fullness); }
  Span* pop_unswept(Fullness fullness, uint32_t sweepgen) { return pop(half(sweepgen, false), fullness); }

 private:
  static uint32_t half(uint32_t sweepgen, bool swept) { return (sweepgen / 2 + (swept ? 0 : 1)) % 2; }

  void push(uint32_t half, Fullness fullness, Span* span) {
    platform::MutexLock lock(mutex_);
    Span*& head = lists_[half][static_cast<int>(fullness)];
    span->next = head;
    head = span;
  }
  Span* pop(uint32_t half, Fullness fullness) {
    platform::MutexLock lock(mutex_);
    Span*& head = lists_[half][static_cast<int>(fullness)];
    Span* span = head;
    if (span != nullptr) head = span->next;
    return span;
  }

  platform::Mutex mutex_;
  Span* lists_[2][2] = {};  // guarded by mutex_
};

}  // namespace samovar::heap
