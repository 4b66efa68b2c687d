// ProcState: what the collector keeps for each P (P::gc): its cache, its work, its write-barrier buffer. Only the holder of the P touches it, or
// whoever has stopped the world.
#pragma once

#include <cstdint>

#include "gc/cpu_limiter.h"
#include "gc/work.h"
#include "heap/cache.h"
#include "sched/driver.h"
#include "sched/proc.h"

namespace samovar::gc {

class Collector;

// What the write barrier has seen: old and new values, to be marked together when it is full (Go: wbBuf).
struct BarrierBuffer {
  static constexpr uint32_t kCapacity = 512;
  uint32_t count = 0;
  uintptr_t entries[kCapacity];
};

struct ProcState {
  Collector* collector = nullptr;
  bool marking = false;  // barrier on, allocation black; changes while the world is stopped
  heap::Cache cache;
  Work work;
  BarrierBuffer barrier;
  LimiterEvent limiter_event;
  uint64_t fractional_ns = 0;  // time that fractional workers have had on this P in this cycle
};

// That of the calling thread's P. On a goroutine of a run that has a collector.
inline ProcState& proc_state() { return *static_cast<ProcState*>(sched::current().m->p->gc); }

}  // namespace samovar::gc
