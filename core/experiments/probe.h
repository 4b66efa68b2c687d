// What an experiment reads about its own place in the run (the time, its P, its goroutine), and the marks that it leaves in the run's events.
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

// What an experiment can mark: the `a` of an event of kind kUser. The page has words for these numbers.
enum class MarkKind : uint32_t {
  kBlockSolved = 1,  // the goroutine has found a nonce that fits; the value is the block's index
};

namespace detail {

struct Mark : sched::Op {
  Mark(MarkKind kind_, uint64_t value_) : kind(kind_), value(value_) {}
  MarkKind kind;
  uint64_t value;
  bool await_ready() { return true; }
  void await_suspend(std::coroutine_handle<>) {}
  void await_resume() {
    sched::Scheduler& scheduler = *g->m->scheduler;
    scheduler.now(g->m);  // what is marked should not lie where the slice began
    scheduler.emit(g->m, observe::EventKind::kUser, g->id.get(), static_cast<uint32_t>(kind), value);
  }
};

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

// `co_await mark(kind, value)`: says in the run's events that this happened here and now.
inline detail::Mark mark(MarkKind kind, uint64_t value) {
  return {kind, value};
}

// `co_await here()`: where the goroutine runs.
inline detail::Here here() {
  return {};
}

}  // namespace samovar::experiments
