// What an experiment reads about its own place in the run: the time, its P, its goroutine.
//
// Awaitables that never suspend; on a goroutine only.
#pragma once

#include <cstdint>

#include "sched/ops.h"
#include "sched/scheduler.h"

namespace samovar::experiments {

// A goroutine's place: where it runs now. After the next suspension it may be another P.
struct Place {
  uint64_t goroutine = 0;  // its id
  uint32_t p = 0;
  uint32_t schedtick = 0;  // of that P
  uint32_t queued = 0;     // goroutines in that P's ring and runnext
};

namespace detail {

struct Now : sched::Op {
  bool await_ready() { return true; }
  void await_suspend(std::coroutine_handle<>) {}
  uint64_t await_resume() { return g->m->scheduler->now(g->m); }
};

struct Here : sched::Op {
  bool await_ready() { return true; }
  void await_suspend(std::coroutine_handle<>) {}
  Place await_resume() {
    const sched::P* p = g->m->p;
    return {g->id.get(), p->id, p->schedtick.get(), p->queue.size() + (p->queue.has_next() ? 1u : 0u)};
  }
};

}  // namespace detail

// `co_await now()`: nanoseconds since the start of the run, on its own clock. Costs a clock read in real time.
inline detail::Now now() {
  return {};
}

// `co_await here()`: where the goroutine runs.
inline detail::Here here() {
  return {};
}

}  // namespace samovar::experiments
