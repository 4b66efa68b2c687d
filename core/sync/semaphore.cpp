#include "sync/semaphore.h"

namespace samovar::sync {

bool Semaphore::try_acquire(const Scheduler& scheduler) {
  lock_.lock(scheduler);
  const uint32_t count = count_.get();
  if (count > 0) count_.set(count - 1);
  lock_.unlock(scheduler);
  return count > 0;
}

// semrelease1
bool Semaphore::release_on(M* m, bool handoff) {
  Scheduler& scheduler = *m->scheduler;
  lock_.lock(scheduler);
  Waiter* w = waiters_.pop();
  G* g = nullptr;
  if (w != nullptr) {
    g = w->g;
    w->success = handoff;
  }
  if (w == nullptr || !handoff) count_.set(count_.get() + 1);
  lock_.unlock(scheduler);
  if (g == nullptr) return false;
  scheduler.ready(m, g);
  return handoff;
}

bool Semaphore::unlock_parked(M* m, G*, void* semaphore) {
  static_cast<Semaphore*>(semaphore)->lock_.unlock(*m->scheduler);
  return true;
}

namespace detail {

Task<void> acquire_slowly(Semaphore* semaphore, WaitReason reason, bool lifo) {
  bool acquired = false;
  while (!acquired) acquired = co_await SemaphoreWait(semaphore, reason, lifo);
}

bool SemaphoreWait::await_ready() {
  const Scheduler& s = scheduler();
  semaphore->lock_.lock(s);
  const uint32_t count = semaphore->count_.get();
  if (count == 0) return false;
  semaphore->count_.set(count - 1);
  semaphore->lock_.unlock(s);
  acquired = true;
  return true;
}

void SemaphoreWait::await_suspend(std::coroutine_handle<>) {
  waiter.g = g;
  if (lifo) {
    semaphore->waiters_.push_front(&waiter);
  } else {
    semaphore->waiters_.push_back(&waiter);
  }
  scheduler().park(g, reason, Semaphore::unlock_parked, semaphore);
}

bool SemaphoreWait::await_resume() { return acquired || waiter.success || semaphore->try_acquire(scheduler()); }

}  // namespace detail
}  // namespace samovar::sync
