// Waiter: a goroutine on the queue of what it waits for (Go: sudog).
//
// It lives in the awaiter, in the frame of the coroutine that waits, so waiting allocates nothing. It is touched under the lock of
// what it is queued on; once its goroutine has been made ready it may be gone at any moment.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/racy.h"
#include "sched/goroutine.h"

namespace samovar::sync {

class ChannelBase;

struct Waiter {
  Waiter* next = nullptr;
  Waiter* previous = nullptr;
  sched::G* g = nullptr;
  void* element = nullptr;     // channels: where the value is, or is to go
  uint32_t index = 0;          // select: which case;  condition: its ticket
  bool queued = false;
  bool is_select = false;      // whoever wakes it must win G::select_done first
  bool success = false;        // woken by a value, not by close;  semaphore: the count was handed over
};

// A FIFO of waiters. Guarded by its owner's lock; only empty() may be asked without, and is then a guess.
class WaiterQueue {
 public:
  bool empty() const { return first_.look() == nullptr; }

  void push_back(Waiter* w) {
    w->queued = true;
    w->next = nullptr;
    w->previous = last_;
    if (last_ != nullptr) last_->next = w; else first_.set(w);
    last_ = w;
  }

  void push_front(Waiter* w) {
    Waiter* first = first_.get();
    w->queued = true;
    w->previous = nullptr;
    w->next = first;
    if (first != nullptr) first->previous = w; else last_ = w;
    first_.set(w);
  }

  // The first, or null.
  Waiter* pop() {
    Waiter* w = first_.get();
    if (w != nullptr) unlink(w);
    return w;
  }

  // The first that is still to be had (a select may have been won by another of its cases), or null. It is marked as what
  // woke its goroutine. (chan.go: waitq.dequeue)
  Waiter* take() {
    while (Waiter* w = pop()) {
      if (w->is_select) {
        uint32_t undecided = 0;
        // acq_rel: pairs with the same exchange by wakers on other channels.
        if (!w->g->select_done.compare_exchange_strong(undecided, 1, std::memory_order_acq_rel)) continue;
      }
      w->g->wait_param = w;
      return w;
    }
    return nullptr;
  }

  // Removes w if it is still queued.
  void remove(Waiter* w) {
    if (w->queued) unlink(w);
  }

  Waiter* first() const { return first_.get(); }

 private:
  void unlink(Waiter* w) {
    if (w->previous != nullptr) w->previous->next = w->next; else first_.set(w->next);
    if (w->next != nullptr) w->next->previous = w->previous; else last_ = w->previous;
    w->queued = false;
  }

  base::Racy<Waiter*> first_{nullptr};
  Waiter* last_ = nullptr;
};

}  // namespace samovar::sync
