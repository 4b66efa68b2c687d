#include "sync/run_lock.h"

#include "platform/mutex.h"

namespace samovar::sync {

void RunLock::lock_slow() {
  for (int i = 0; i < kSpins; ++i) {
    uint32_t expected = kFree;
    if (state_.load(std::memory_order_relaxed) == kFree &&  // relaxed: only a hint
        state_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire, std::memory_order_relaxed)) {
      return;
    }
    platform::cpu_pause();
  }
  while (state_.exchange(kContended, std::memory_order_acquire) != kFree) platform::futex_wait(state_, kContended, -1);
}

}  // namespace samovar::sync
