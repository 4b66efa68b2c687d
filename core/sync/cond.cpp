#include "sync/cond.h"

namespace samovar::sync::detail {
namespace {

// Tickets wrap around; half of them are in the past.
bool before(uint32_t a, uint32_t b) { return static_cast<int32_t>(a - b) < 0; }

}  // namespace

// notifyListNotifyOne
void NotifyList::notify_one(M* m) {
  Scheduler& scheduler = *m->scheduler;
  if (next_.get() == called_.get()) return;  // nobody new since the last call
  lock_.lock(scheduler);
  const uint32_t ticket = called_.get();
  if (ticket == next_.get()) {
    lock_.unlock(scheduler);
    return;
  }
  called_.set(ticket + 1);
  Waiter* w = waiters_.first();
  while (w != nullptr && w->index != ticket) w = w->next;
  G* g = nullptr;
  if (w != nullptr) {
    g = w->g;
    waiters_.remove(w);
  }
  lock_.unlock(scheduler);
  // Not queued yet: it will see that its ticket has been called.
  if (g != nullptr) scheduler.ready(m, g);
}

// notifyListNotifyAll
void NotifyList::notify_all(M* m) {
  Scheduler& scheduler = *m->scheduler;
  if (next_.get() == called_.get()) return;
  lock_.lock(scheduler);
  WaiterQueue released = waiters_;
  waiters_ = WaiterQueue();
  called_.set(next_.get());
  lock_.unlock(scheduler);
  while (Waiter* w = released.pop()) scheduler.ready(m, w->g);
}

bool NotifyList::unlock_parked(M* m, G*, void* list) {
  static_cast<NotifyList*>(list)->lock_.unlock(*m->scheduler);
  return true;
}

// notifyListWait
bool NotifyList::Wait::await_ready() {
  list->lock_.lock(scheduler());
  if (!before(ticket, list->called_.get())) return false;
  list->lock_.unlock(scheduler());
  return true;
}

void NotifyList::Wait::await_suspend(std::coroutine_handle<>) {
  waiter.g = g;
  waiter.index = ticket;
  list->waiters_.push_back(&waiter);
  scheduler().park(g, WaitReason::kSyncCondWait, unlock_parked, list);
}

}  // namespace samovar::sync::detail
