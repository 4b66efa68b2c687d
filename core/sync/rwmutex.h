// RWMutex: many readers or one writer (Go 1.26: sync/rwmutex.go). A waiting writer keeps new readers out, so that writers do not starve;
// the readers that gathered meanwhile go before the next writer.
//
// Fatal: "sync: RUnlock of unlocked RWMutex", "sync: Unlock of unlocked RWMutex". It must outlive every operation on it.
#pragma once

#include <cstdint>

#include "sync/mutex.h"
#include "sync/op.h"
#include "sync/semaphore.h"

namespace samovar::sync {

namespace detail {

inline constexpr char kRUnlockOfUnlocked[] = "sync: RUnlock of unlocked RWMutex";
inline constexpr char kUnlockOfUnlockedRW[] = "sync: Unlock of unlocked RWMutex";

}  // namespace detail

class RWMutex {
 public:
  RWMutex() = default;
  RWMutex(const RWMutex&) = delete;
  RWMutex& operator=(const RWMutex&) = delete;

  // To be awaited. Not bound to a goroutine: another may unlock it.
  // read_lock waits while a writer has it or waits for it: who reads already must not ask again, or both may wait for ever. read_unlock undoes one read_lock.
  auto read_lock() { return detail::LockOp<RWMutex, &RWMutex::read_lock_fast, &RWMutex::read_lock_slow>(this); }
  auto read_unlock() { return detail::UnlockOp<RWMutex, &RWMutex::read_unlock_on, detail::kRUnlockOfUnlocked>(this); }
  // lock waits for the writers before it, then for the readers that are in. unlock lets in all readers that have gathered, then the next writer.
  Task<void> lock();
  auto unlock() { return detail::UnlockOp<RWMutex, &RWMutex::unlock_on, detail::kUnlockOfUnlockedRW>(this); }

  // To be awaited: lock it if that needs no waiting; give whether they did.
  auto try_read_lock() { return detail::TryLock<RWMutex, &RWMutex::try_read_lock_on>(this); }
  auto try_lock() { return detail::TryLock<RWMutex, &RWMutex::try_lock_on>(this); }

  // ---- For operations. ----

  // Counts one more reader; false if a writer has it or waits for it: then read_lock_slow() must follow, which waits for that one's unlock.
  bool read_lock_fast(const Scheduler& scheduler) { return readers_.add(scheduler, 1) >= 0; }
  Task<void> read_lock_slow();
  // These on the M that runs the goroutine, without suspending it. What Unlocked asks for is left to the caller, as UnlockOp does it.
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

}  // namespace samovar::sync
