// What every operation of this folder is made of: counters that are only indivisible where that matters, and the ends of
// await_ready() and await_suspend() that all operations share.
//
// An operation tries its fast path in await_ready(). If that completes it, the goroutine goes on unless somebody wants its
// attention (sysmon, a stop of the world, the virtual-time driver): each completed operation is a safe point, as in Go,
// where a loop of channel operations can be preempted. If it has to wait, the lock stays held until the coroutine has
// stopped; the scheduler's loop then calls the unlock function given to park().
#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <utility>

#include "sched/costs.h"
#include "sched/ops.h"
#include "sched/scheduler.h"
#include "sched/task.h"
#include "sync/run_lock.h"

namespace samovar::sync {

using sched::G;
using sched::M;
using sched::Scheduler;
using sched::Task;
using sched::WaitReason;

// A counter that several goroutines change: indivisible only where that matters (see RunLock). Without concurrency an
// addition costs as much as one of plain integers, a fifth of what a locked instruction does.
template <class T>
class RunCounter {
 public:
  constexpr explicit RunCounter(T value = 0) : value_(value) {}

  // acquire: pairs with the release in add() and exchange_if().
  T get() const { return value_.load(std::memory_order_acquire); }

  // Gives the new value.
  T add(const Scheduler& scheduler, T amount) {
    if (scheduler.concurrent()) return value_.fetch_add(amount, std::memory_order_acq_rel) + amount;
    const T sum = value_.load(std::memory_order_relaxed) + amount;  // relaxed: nobody else runs
    value_.store(sum, std::memory_order_relaxed);
    return sum;
  }

  bool exchange_if(const Scheduler& scheduler, T expected, T desired) {
    if (scheduler.concurrent()) return value_.compare_exchange_strong(expected, desired, std::memory_order_acq_rel);
    if (value_.load(std::memory_order_relaxed) != expected) return false;  // relaxed: nobody else runs
    value_.store(desired, std::memory_order_relaxed);
    return true;
  }

  void set(T value) { value_.store(value, std::memory_order_release); }  // pairs with get()

 private:
  std::atomic<T> value_;
};

// How an operation's first attempt ended.
enum class Attempt : uint8_t {
  kDone,
  kWait,    // it has to wait; the lock is still held
  kClosed,  // send on a closed channel
};

struct SyncOp : sched::Op {
  Scheduler& scheduler() const { return *g->m->scheduler; }

  // The end of await_ready() when the operation is complete: whether the goroutine goes on at once.
  bool go_on() const {
    return g->attention.load(std::memory_order_relaxed) == 0;  // relaxed: a request to be noticed soon
  }

  // The end of await_suspend() when the operation is complete but somebody wants attention.
  void give_way() const { sched::detail::give_way(g); }

  // Carries on in `slow`, the operation's slow path, and comes back when that is finished. For await_suspend().
  void enter(Task<void>& slow, std::coroutine_handle<> parent) const {
    if (!slow) return scheduler().fatal(g, "out of memory: cannot wait");
    const auto child = std::move(slow).awaiter().child;  // the frame stays that of `slow`
    child.promise().g = g;
    child.promise().continuation = parent;
    g->top = child;
  }
};

}  // namespace samovar::sync
