// Mutex: mutual exclusion between goroutines (Go 1.26: internal/sync/mutex.go).
//
//   co_await mutex.lock();
//   ...
//   co_await mutex.unlock();
//
// Normal mode: waiters queue first come, first served, but a woken one competes with those that just arrive and run already; if it
// loses it goes to the front of the queue. A waiter that has waited for more than 1 ms switches to starvation mode: unlock() then
// hands the mutex to the first waiter and yields to it, and newcomers queue without trying. The mode ends with a waiter that is
// the last or has waited for less than 1 ms.
//
// Not bound to a goroutine: another may unlock it. It must outlive every operation on it. "sync: unlock of unlocked mutex" is fatal.
#pragma once

#include <coroutine>
#include <cstdint>

#include "sync/op.h"
#include "sync/semaphore.h"

namespace samovar::sync {

// Adds what a goroutine has waited for a Mutex or RWMutex to /sync/mutex/wait/total:seconds.
void note_mutex_wait(Scheduler& scheduler, uint64_t ns);

namespace detail {

// What unlocking asks of the goroutine.
enum class Unlocked : uint8_t { kDone, kYield, kFatal };

// Any operation that locks: `kFast` at once if that needs no waiting, else `kSlow`.
template <class Lock, bool (Lock::*kFast)(const Scheduler&), Task<void> (Lock::*kSlow)()>
struct LockOp : SyncOp {
  explicit LockOp(Lock* lock_) : lock(lock_) {}
  Lock* lock;
  bool locked = false;
  Task<void> slow;

  bool await_ready() {
    g->m->charge(sched::costs::kMutexOp);
    locked = (lock->*kFast)(scheduler());
    return locked && go_on();
  }
  void await_suspend(std::coroutine_handle<> parent) {
    if (locked) return give_way();
    slow = (lock->*kSlow)();
    enter(slow, parent);
  }
  void await_resume() {}
};

// The end of await_suspend() of an operation that unlocks.
void finish_unlock(const SyncOp& op, Unlocked result, const char* fatal_text);

// Any operation that unlocks; `kFatalText` is what Go says of a lock that was not held.
template <class Lock, Unlocked (Lock::*kUnlock)(M*), const char* kFatalText>
struct UnlockOp : SyncOp {
  explicit UnlockOp(Lock* lock_) : lock(lock_) {}
  Lock* lock;
  Unlocked result = Unlocked::kDone;

  bool await_ready() {
    g->m->charge(sched::costs::kMutexOp);
    result = (lock->*kUnlock)(g->m);
    return result == Unlocked::kDone && go_on();
  }
  void await_suspend(std::coroutine_handle<>) { finish_unlock(*this, result, kFatalText); }
  void await_resume() {}
};

// Any operation that tries to lock and never waits: `kTry` says whether it did.
template <class Lock, bool (Lock::*kTry)(M*)>
struct TryLock : SyncOp {
  explicit TryLock(Lock* lock_) : lock(lock_) {}
  Lock* lock;
  bool locked = false;

  bool await_ready() {
    g->m->charge(sched::costs::kMutexOp);
    locked = (lock->*kTry)(g->m);
    return go_on();
  }
  void await_suspend(std::coroutine_handle<>) { give_way(); }
  bool await_resume() { return locked; }
};

inline constexpr char kUnlockOfUnlocked[] = "sync: unlock of unlocked mutex";

}  // namespace detail

class Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  // To be awaited.
  auto lock() { return detail::LockOp<Mutex, &Mutex::lock_fast, &Mutex::lock_slow>(this); }
  auto unlock() { return detail::UnlockOp<Mutex, &Mutex::unlock_on, detail::kUnlockOfUnlocked>(this); }

  // To be awaited: locks it if that needs no waiting; gives whether it did.
  auto try_lock() { return detail::TryLock<Mutex, &Mutex::try_lock_on>(this); }

  // A snapshot, for tests and observers.
  bool is_locked() const { return (state_.get() & kLocked) != 0; }
  bool is_starving() const { return (state_.get() & kStarving) != 0; }
  uint32_t waiters() const { return static_cast<uint32_t>(state_.get()) >> kWaiterShift; }

  // ---- For operations. ----

  // The fast path, inlined into the goroutine's code: one comparison with one P, one compare-and-swap with more.
  bool lock_fast(const Scheduler& scheduler) { return state_.exchange_if(scheduler, 0, kLocked); }
  Task<void> lock_slow();
  bool try_lock_on(M* m) {
    const int32_t old = state_.get();
    return (old & (kLocked | kStarving)) == 0 && state_.exchange_if(*m->scheduler, old, old | kLocked);
  }
  detail::Unlocked unlock_on(M* m) {
    const int32_t rest = state_.add(*m->scheduler, -kLocked);
    return rest == 0 ? detail::Unlocked::kDone : unlock_slow(m, rest);
  }

 private:
  detail::Unlocked unlock_slow(M* m, int32_t state);

  // kLocked, kWoken, kStarving, and the number of waiters above.
  static constexpr int32_t kLocked = 1;
  static constexpr int32_t kWoken = 2;
  static constexpr int32_t kStarving = 4;
  static constexpr int32_t kWaiterShift = 3;
  static constexpr int32_t kOneWaiter = 1 << kWaiterShift;
  static constexpr uint64_t kStarvationThresholdNs = 1'000'000;

  RunCounter<int32_t> state_;
  Semaphore sleepers_;
};

}  // namespace samovar::sync
