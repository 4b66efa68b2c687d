// RunLock: the lock on what the goroutines of one run share.
//
// With one P, and in virtual time, goroutines only stop where they say so, and nothing is locked (Scheduler::concurrent(), which
// changes only while the world is stopped and so while nobody holds such a lock).
//
// Not platform::Mutex: that one looks at its sleepers after it has let go. What is locked here may be freed by whoever gets it
// next (a channel by its last user, a WaitGroup with the frame it lies in), so the release must be the last access; waking a
// sleeper afterwards takes only the address. Three states, as in Drepper's "Futexes are tricky".
#pragma once

#include <atomic>
#include <cstdint>

#include "platform/parker.h"
#include "sched/scheduler.h"

namespace samovar::sync {

class RunLock {
 public:
  void lock(const sched::Scheduler& scheduler) {
    if (!scheduler.concurrent()) return;
    uint32_t expected = kFree;
    // acquire: pairs with the release in unlock().
    if (!state_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire, std::memory_order_relaxed)) lock_slow();
  }

  void unlock(const sched::Scheduler& scheduler) {
    if (!scheduler.concurrent()) return;
    // release: pairs with lock().
    if (state_.exchange(kFree, std::memory_order_release) == kContended) [[unlikely]] platform::futex_wake(state_, 1);
  }

 private:
  enum : uint32_t { kFree = 0, kHeld = 1, kContended = 2 };
  static constexpr int kSpins = 40;

  void lock_slow();

  std::atomic<uint32_t> state_{kFree};
};

}  // namespace samovar::sync
