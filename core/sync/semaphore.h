// Semaphore: a count that goroutines wait for (Go 1.26: runtime/sema.go). What Mutex and RWMutex sleep on, and useful by itself.
//
// Go finds the waiters of an address in a table of 251 buckets with a treap each, because a sync.Mutex there must stay two words
// small. Here each object holds its own queue: no table, nothing hashed by address (which would differ between runs), no lock
// shared with strangers; the price is 24 bytes an object.
//
// The count may be snatched: release() raises it and wakes the first waiter, and whoever comes first takes it; a waiter that finds
// nothing queues again. With hand-off the waiter gets it for certain and runs at once.
#pragma once

#include <coroutine>
#include <cstdint>

#include "sync/op.h"
#include "sync/waiter.h"

namespace samovar::sync {

class Semaphore;

namespace detail {

// One wait in the queue; gives false if the goroutine was woken but somebody else was faster: wait again.
struct SemaphoreWait : SyncOp {
  SemaphoreWait(Semaphore* semaphore_, WaitReason reason_, bool lifo_) : semaphore(semaphore_), reason(reason_), lifo(lifo_) {}
  Semaphore* semaphore;
  WaitReason reason;
  bool lifo;
  bool acquired = false;
  Waiter waiter;

  bool await_ready();
  void await_suspend(std::coroutine_handle<>);
  bool await_resume();
};

// semacquire: waits until it has the count.
Task<void> acquire_slowly(Semaphore* semaphore, WaitReason reason, bool lifo);

struct SemaphoreAcquire;
struct SemaphoreRelease;

}  // namespace detail

class Semaphore {
 public:
  explicit Semaphore(uint32_t count = 0) : count_(count) {}
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;

  // co_await: takes one from the count, waiting for it ("semacquire").
  detail::SemaphoreAcquire acquire();

  // co_await: adds one and wakes the first waiter. With `handoff` that one gets it for certain and runs next on this P.
  detail::SemaphoreRelease release(bool handoff = false);

  uint32_t count() const { return count_.get(); }

  // ---- For the other types of this folder. ----

  // Takes one if there is one.
  bool try_acquire(const Scheduler& scheduler);

  // release(); true: the goroutine has handed over and is to goyield.
  bool release_on(M* m, bool handoff);

 private:
  friend struct detail::SemaphoreWait;
  static bool unlock_parked(M* m, G* g, void* semaphore);

  RunLock lock_;  // guards what follows; count_ may be read without
  base::Racy<uint32_t> count_;
  WaiterQueue waiters_;
};

namespace detail {

struct SemaphoreAcquire : SyncOp {
  explicit SemaphoreAcquire(Semaphore* semaphore_) : semaphore(semaphore_) {}
  Semaphore* semaphore;
  bool acquired = false;
  Task<void> slow;

  bool await_ready() {
    g->m->charge(sched::costs::kMutexOp);
    acquired = semaphore->try_acquire(scheduler());
    return acquired && go_on();
  }
  void await_suspend(std::coroutine_handle<> parent) {
    if (acquired) return give_way();
    slow = acquire_slowly(semaphore, WaitReason::kSemacquire, false);
    enter(slow, parent);
  }
  void await_resume() {}
};

struct SemaphoreRelease : SyncOp {
  SemaphoreRelease(Semaphore* semaphore_, bool handoff_) : semaphore(semaphore_), handoff(handoff_) {}
  Semaphore* semaphore;
  bool handoff;
  bool yields = false;

  bool await_ready() {
    g->m->charge(sched::costs::kMutexOp);
    yields = semaphore->release_on(g->m, handoff);
    return !yields && go_on();
  }
  void await_suspend(std::coroutine_handle<>) {
    if (!yields) return give_way();
    g->m->disposition = sched::Disposition::kGoyield;
  }
  void await_resume() {}
};

}  // namespace detail

inline detail::SemaphoreAcquire Semaphore::acquire() { return detail::SemaphoreAcquire(this); }
inline detail::SemaphoreRelease Semaphore::release(bool handoff) { return {this, handoff}; }

}  // namespace samovar::sync
