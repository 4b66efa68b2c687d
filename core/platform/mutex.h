// Mutex: a small futex lock for short critical sections.
//
// It spins for a moment, because everything guarded by it here takes some tens of nanoseconds, then sleeps, because there may
// be more threads than cores. std::mutex would do the same natively; under Emscripten it costs 17 ns uncontended against 5 ns.
//
// Unlocking is a plain release store and a look at the number of sleepers, not a read-modify-write: that halves the price of an
// uncontended pair. The price: the store may become visible after the look, and a sleeper that came in between is not woken.
// So nobody sleeps for more than kNapNs at a time; a missed wake-up costs that much, once in a very long while. And unlock() still
// looks at the lock after others may have it: a Mutex must outlive all who use it, not only the last to hold it.
#pragma once

#include <atomic>
#include <cstdint>

#include "platform/parker.h"

namespace samovar::platform {

// cpu_pause tells the processor that this is a spin loop.
inline void cpu_pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

class Mutex {
 public:
  void lock() {
    if (!try_lock()) lock_slow();
  }

  bool try_lock() {
    uint32_t expected = 0;
    // acquire: pairs with the release in unlock().
    return held_.compare_exchange_strong(expected, 1, std::memory_order_acquire, std::memory_order_relaxed);
  }

  void unlock() {
    held_.store(0, std::memory_order_release);  // pairs with try_lock()
    // relaxed: a sleeper that is overlooked wakes by itself, see above.
    if (sleepers_.load(std::memory_order_relaxed) != 0) [[unlikely]] futex_wake(held_, 1);
  }

 private:
  static constexpr int kSpins = 40;
  static constexpr int64_t kNapNs = 50'000;

  void lock_slow();

  std::atomic<uint32_t> held_{0};
  std::atomic<uint32_t> sleepers_{0};
};

// MutexLock holds a Mutex for a scope.
class MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// MutexTryLock holds a Mutex for a scope if nobody else has it: true then.
class MutexTryLock {
 public:
  explicit MutexTryLock(Mutex& mutex) : mutex_(mutex.try_lock() ? &mutex : nullptr) {}
  ~MutexTryLock() {
    if (mutex_ != nullptr) mutex_->unlock();
  }
  MutexTryLock(const MutexTryLock&) = delete;
  MutexTryLock& operator=(const MutexTryLock&) = delete;
  explicit operator bool() const { return mutex_ != nullptr; }

 private:
  Mutex* const mutex_;
};

}  // namespace samovar::platform
