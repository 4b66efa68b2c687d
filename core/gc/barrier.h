// The write barrier (Go: mbarrier.go): while marking goes on, a store into a slot shades the value it overwrites and the one it writes.
//
// Hybrid, as Go's: shading the old value (Yuasa) keeps what was reachable when marking began, so that roots need to be looked at only once and stores
// to Locals need no barrier; shading the new one (Dijkstra) covers goroutines whose roots have not been looked at yet.
#pragma once

#include <atomic>
#include <cstdint>

namespace samovar::gc {

// How many collectors of this process are marking. The one thing that runtimes share: a store has no other way to know at the price of one load whether
// it has to look further; which runtime it belongs to is found out then.
inline std::atomic<uint32_t> marking_collectors{0};

// relaxed: it changes while the world of the store's goroutine is stopped, which orders it.
inline bool barrier_may_be_on() { return marking_collectors.load(std::memory_order_relaxed) != 0; }

// Shades both, if the runtime of the calling goroutine is marking.
void shade(uintptr_t old_value, uintptr_t new_value);

}  // namespace samovar::gc
