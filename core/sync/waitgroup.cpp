#include "sync/waitgroup.h"

namespace samovar::sync {

// WaitGroup.Add, from where the counter is not simply positive. Waiters are counted and queued under one lock, so the ones that the
// state shows are on the queue as soon as that lock is ours.
const char* WaitGroup::add_slow(M* m, int32_t amount, int64_t state) {
  static constexpr const char* kMisuse = "sync: WaitGroup misuse: Add called concurrently with Wait";
  if (counter_of(state) < 0) return "sync: negative WaitGroup counter";
  if (waiters_of(state) == 0) return nullptr;
  if (amount > 0 && counter_of(state) == amount) return kMisuse;
  Scheduler& scheduler = *m->scheduler;
  lock_.lock(scheduler);
  if (!state_.exchange_if(scheduler, state, 0)) {
    lock_.unlock(scheduler);
    return kMisuse;
  }
  WaiterQueue released = waiters_;
  waiters_ = WaiterQueue();
  lock_.unlock(scheduler);
  while (Waiter* w = released.pop()) scheduler.ready(m, w->g);
  return nullptr;
}

// True if it has to wait: then the lock is held.
bool WaitGroup::wait_on(M* m) {
  Scheduler& scheduler = *m->scheduler;
  if (counter_of(state_.get()) == 0) return false;
  lock_.lock(scheduler);
  for (;;) {
    const int64_t state = state_.get();
    if (counter_of(state) == 0) {
      lock_.unlock(scheduler);
      return false;
    }
    if (state_.exchange_if(scheduler, state, state + 1)) return true;
  }
}

bool WaitGroup::unlock_parked(M* m, G*, void* group) {
  static_cast<WaitGroup*>(group)->lock_.unlock(*m->scheduler);
  return true;
}

void detail::WaitGroupWait::await_suspend(std::coroutine_handle<>) {
  if (!waits) return give_way();
  waiter.g = g;
  group->waiters_.push_back(&waiter);
  scheduler().park(g, WaitReason::kSyncWaitGroupWait, WaitGroup::unlock_parked, group);
}

}  // namespace samovar::sync
