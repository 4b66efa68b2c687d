// Worker: a mark worker and what it was last told to do. Private to the collector.
#pragma once

#include "gc/collector.h"

namespace samovar::gc {

struct Collector::Worker {
  Collector* collector = nullptr;
  sched::G* g = nullptr;
  WorkerMode mode = WorkerMode::kIdle;
  bool queue_given_away = false;  // a dedicated worker that outlived its slice has let others have its P's queue
  uint64_t started_ns = 0;
  Worker* next = nullptr;         // among those that are parked
};

}  // namespace samovar::gc
