// RWMutex: many readers or one writer (Go 1.26: sync/rwmutex.go). A waiting writer keeps new readers out, so that writers do not starve;
// the readers that gathered meanwhile go before the next writer.
//
// Fatal: "sync: RUnlock of unlocked RWMutex", "sync: Unlock of unlocked RWMutex". It must outlive every operation on it.
#pragma once

#include <coroutine>
#include <cstdint>

#include "sync/mutex.h"
#include "sync/op.h"
#include "sync/semaphore.h"

namespace samovar::sync {

class RWMutex;

namespace detail {

struct ReadLock : SyncOp {
  explicit ReadLock(RWMutex* mutex_) : mutex(mutex_) {}
  RWMutex* mutex;
  bool locked = false;
  Task<void> slow;

  bool await_ready();
  void await_suspend(std::coroutine_handle<> parent) {
    if (locked) return give_way();
    start_slow();
    enter(slow, parent);
  }
  void await_resume() {}
  void start_slow();
};

struct ReadUnlock : SyncOp {
  explicit ReadUnlock(RWMutex* mutex_) : mutex(mutex_) {}
  RWMutex* mutex;
  Unlocked result = Unlocked::kDone;

  bool await_ready();
  void await_suspend(std::coroutine_handle<>) {
    MutexUnlock::finish_unlock(*this, result, "sync: RUnlock of unlocked RWMutex");
  }
  void await_resume() {}
};

struct WriteUnlock : SyncOp {
  explicit WriteUnlock(RWMutex* mutex_) : mutex(mutex_) {}
  RWMutex* mutex;
  Unlocked result = Unlocked::kDone;

  bool await_ready();
  void await_suspend(std::coroutine_handle<>) {
    MutexUnlock::finish_unlock(*this, result, "sync: Unlock of unlocked RWMutex");
  }
  void await_resume() {}
};

}  // namespace detail

class RWMutex {
 public:
  RWMutex() = default;
  RWMutex(const RWMutex&) = delete;
  RWMutex& operator=(const RWMutex&) = delete;

  // To be awaited.
  detail::ReadLock read_lock() { return detail::ReadLock(this); }
  detail::ReadUnlock read_unlock() { return detail::ReadUnlock(this); }
  Task<void> lock();
  detail::WriteUnlock unlock() { return detail::WriteUnlock(this); }

  // To be awaited: lock it if that needs no waiting; give whether they did.
  auto try_read_lock() { return detail::TryLock<RWMutex, &RWMutex::try_read_lock_on>(this); }
  auto try_lock() { return detail::TryLock<RWMutex, &RWMutex::try_lock_on>(this); }

  // ---- For operations. ----

  bool read_lock_fast(const Scheduler& scheduler) { return readers_.add(scheduler, 1) >= 0; }
  Task<void> read_lock_slow();
  detail::Unlocked read_unlock_on(M* m) {
    const int32_t rest = readers_.add(*m->scheduler, -1);
    return rest >= 0 ? detail::Unlocked::kDone : read_unlock_slow(m, rest);
  }
  detail::Unlocked unlock_on(M* m);
  bool try_read_lock_on(M* m);
  bool try_lock_on(M* m);

 private:
  detail::Unlocked read_unlock_slow(M* m, int32_t rest);

  static constexpr int32_t kMaxReaders = 1 << 30;

  Mutex writers_;                    // held by the writer, or the one that waits for readers to leave
  Semaphore writer_sleeps_;
  Semaphore readers_sleep_;
  RunCounter<int32_t> readers_;      // readers; minus kMaxReaders while a writer is there or waits
  RunCounter<int32_t> departing_;    // readers the writer still waits for
};

namespace detail {

inline bool ReadLock::await_ready() {
  g->m->charge(sched::costs::kMutexOp);
  locked = mutex->read_lock_fast(scheduler());
  return locked && go_on();
}

inline bool ReadUnlock::await_ready() {
  g->m->charge(sched::costs::kMutexOp);
  result = mutex->read_unlock_on(g->m);
  return result == Unlocked::kDone && go_on();
}

inline bool WriteUnlock::await_ready() {
  g->m->charge(sched::costs::kMutexOp);
  result = mutex->unlock_on(g->m);
  return result == Unlocked::kDone && go_on();
}

}  // namespace detail
}  // namespace samovar::sync
