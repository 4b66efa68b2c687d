// Cond: goroutines wait for a condition that others announce (Go 1.26: sync/cond.go, runtime/sema.go:notifyList).
//
//   co_await mutex.lock();
//   while (!condition) co_await cond.wait();
//   ...
//   co_await mutex.unlock();
//
// Each waiter draws a ticket before it releases the lock, so no announcement after that is missed; signal() serves the lowest ticket,
// broadcast() readies all in order of arrival (with one P the last one then runs first, out of runnext).
#pragma once

#include <coroutine>
#include <cstdint>

#include "sync/mutex.h"
#include "sync/op.h"
#include "sync/waiter.h"

namespace samovar::sync {

namespace detail {

class NotifyList {
 public:
  // The ticket of one who is about to wait.
  uint32_t draw(const Scheduler& scheduler) { return next_.add(scheduler, 1) - 1; }

  // Calls the lowest ticket not yet called, or all that have been drawn; nothing if there is none. Readies the waiters into runnext of m's P; who has drawn
  // but not queued yet will see that its ticket has been called. On the M that runs the goroutine.
  void notify_one(M* m);
  void notify_all(M* m);

  // Waits until the ticket has been called.
  struct Wait : SyncOp {
    Wait(NotifyList* list_, uint32_t ticket_) : list(list_), ticket(ticket_) {}
    NotifyList* list;
    uint32_t ticket;
    Waiter waiter;

    bool await_ready();
    void await_suspend(std::coroutine_handle<>);
    void await_resume() {}
  };

 private:
  static bool unlock_parked(M* m, G* g, void* list);

  RunCounter<uint32_t> next_;       // the next ticket to be drawn
  RunLock lock_;                    // guards what follows
  base::Racy<uint32_t> called_{0};  // tickets below this have been called; both wrap around
  WaiterQueue waiters_;             // mostly in order of tickets, for some dawdle between drawing and queueing
};

template <void (NotifyList::*kNotify)(M*)>
struct Notify : SyncOp {
  explicit Notify(NotifyList* list_) : list(list_) {}
  NotifyList* list;

  bool await_ready() {
    g->m->charge(sched::costs::kMutexOp);
    (list->*kNotify)(g->m);
    return go_on();
  }
  void await_suspend(std::coroutine_handle<>) { give_way(); }
  void await_resume() {}
};

}  // namespace detail

// Lock: Mutex, or whatever has awaitable lock() and unlock(). Both must outlive every operation.
template <class Lock = Mutex>
class Cond {
 public:
  explicit Cond(Lock* lock) : lock_(lock) {}
  Cond(const Cond&) = delete;
  Cond& operator=(const Cond&) = delete;

  // Releases the lock, waits to be called, takes the lock again. The caller must hold it.
  Task<void> wait() {
    G* g = co_await sched::self();
    const uint32_t ticket = list_.draw(*g->m->scheduler);
    co_await lock_->unlock();
    co_await detail::NotifyList::Wait(&list_, ticket);
    co_await lock_->lock();
  }

  // To be awaited; with or without the lock held.
  auto signal() { return detail::Notify<&detail::NotifyList::notify_one>(&list_); }
  auto broadcast() { return detail::Notify<&detail::NotifyList::notify_all>(&list_); }

 private:
  Lock* lock_;
  detail::NotifyList list_;
};

}  // namespace samovar::sync
