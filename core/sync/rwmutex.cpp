#include "sync/rwmutex.h"

namespace samovar::sync {
namespace {

Task<void> wait_counted(Semaphore* semaphore, WaitReason reason) {
  G* g = co_await sched::self();
  Scheduler& scheduler = *g->m->scheduler;
  const uint64_t start = scheduler.now(g->m);
  bool acquired = false;
  while (!acquired) acquired = co_await detail::SemaphoreWait(semaphore, reason, false);
  note_mutex_wait(scheduler, scheduler.now(g->m) - start);
}

}  // namespace

Task<void> RWMutex::read_lock_slow() { return wait_counted(&readers_sleep_, WaitReason::kSyncRWMutexRLock); }

// RWMutex.rUnlockSlow
detail::Unlocked RWMutex::read_unlock_slow(M* m, int32_t rest) {
  if (rest + 1 == 0 || rest + 1 == -kMaxReaders) return detail::Unlocked::kFatal;
  // A writer waits; the last reader it waits for wakes it.
  if (departing_.add(*m->scheduler, -1) == 0) writer_sleeps_.release_on(m, false);
  return detail::Unlocked::kDone;
}

// RWMutex.Lock
Task<void> RWMutex::lock() {
  co_await writers_.lock();
  G* g = co_await sched::self();
  Scheduler& scheduler = *g->m->scheduler;
  const int32_t readers = readers_.add(scheduler, -kMaxReaders) + kMaxReaders;
  if (readers != 0 && departing_.add(scheduler, readers) != 0) {
    co_await wait_counted(&writer_sleeps_, WaitReason::kSyncRWMutexLock);
  }
}

// RWMutex.Unlock. The mutex between writers is released last, so the readers that gathered go before the next writer.
detail::Unlocked RWMutex::unlock_on(M* m) {
  const int32_t readers = readers_.add(*m->scheduler, kMaxReaders);
  if (readers >= kMaxReaders) return detail::Unlocked::kFatal;
  for (int32_t i = 0; i < readers; ++i) readers_sleep_.release_on(m, false);
  return writers_.unlock_on(m);
}

bool RWMutex::try_read_lock_on(M* m) {
  for (;;) {
    const int32_t readers = readers_.get();
    if (readers < 0) return false;
    if (readers_.exchange_if(*m->scheduler, readers, readers + 1)) return true;
  }
}

// The mutex between writers is given back if readers are in; should that mean handing it over, the yield is left out, for the
// goroutine is told at once that it has not got the lock, as in Go it is after the yield.
bool RWMutex::try_lock_on(M* m) {
  if (!writers_.try_lock_on(m)) return false;
  if (readers_.exchange_if(*m->scheduler, 0, -kMaxReaders)) return true;
  writers_.unlock_on(m);
  return false;
}

}  // namespace samovar::sync
