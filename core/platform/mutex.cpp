#include "platform/mutex.h"

namespace samovar::platform {

void Mutex::lock_slow() {
  for (int i = 0; i < kSpins; ++i) {
    if (held_.load(std::memory_order_relaxed) == 0 && try_lock()) return;  // relaxed: only a hint
    cpu_pause();
  }
  sleepers_.fetch_add(1);
  while (!try_lock()) futex_wait(held_, 1, kNapNs);
  sleepers_.fetch_sub(1);
}

}  // namespace samovar::platform
