#include "platform/parker.h"

#include "platform/clock.h"
#include "platform/mutex.h"

#if defined(__EMSCRIPTEN__)
#if defined(__EMSCRIPTEN_PTHREADS__)
#include <emscripten/threading.h>
#endif
#elif defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#else
#include <condition_variable>
#include <mutex>
#endif

namespace samovar::platform {

#if defined(__EMSCRIPTEN__) && defined(__EMSCRIPTEN_PTHREADS__)

namespace {

int32_t wait32(int32_t* word, int32_t expected, int64_t timeout_ns) {
  return __builtin_wasm_memory_atomic_wait32(word, expected, timeout_ns);
}

// A function of its own, which no optimiser can merge into its caller: V8 11.3 (node 20, Chrome 113) forgets what a function
// has in registers over this instruction. A loop around it then waits for another word, or until another time, for ever.
int32_t (*const volatile wait32_apart)(int32_t*, int32_t, int64_t) = wait32;

}  // namespace

void futex_wait(std::atomic<uint32_t>& word, uint32_t expected, int64_t timeout_ns) {
  if (emscripten_is_main_browser_thread()) return;  // it may not sleep: callers loop, so it spins on a lock held for a moment
  wait32_apart(reinterpret_cast<int32_t*>(&word), static_cast<int32_t>(expected), timeout_ns);
}

void futex_wake(std::atomic<uint32_t>& word, uint32_t count) {
  __builtin_wasm_memory_atomic_notify(reinterpret_cast<int32_t*>(&word), count);
}

#elif defined(__EMSCRIPTEN__)

// Without threads nobody could ever wake the sleeper: a wait is a broken invariant.
void futex_wait(std::atomic<uint32_t>&, uint32_t, int64_t) { __builtin_trap(); }
void futex_wake(std::atomic<uint32_t>&, uint32_t) {}

#elif defined(__linux__)

void futex_wait(std::atomic<uint32_t>& word, uint32_t expected, int64_t timeout_ns) {
  timespec ts{};
  timespec* limit = nullptr;
  if (timeout_ns >= 0) {
    ts.tv_sec = static_cast<time_t>(timeout_ns / 1'000'000'000);
    ts.tv_nsec = static_cast<long>(timeout_ns % 1'000'000'000);
    limit = &ts;
  }
  syscall(SYS_futex, reinterpret_cast<uint32_t*>(&word), FUTEX_WAIT_PRIVATE, expected, limit, nullptr, 0);
}

void futex_wake(std::atomic<uint32_t>& word, uint32_t count) {
  syscall(SYS_futex, reinterpret_cast<uint32_t*>(&word), FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

#else

// Where there is no futex: one condition variable for a table of words. Slow, correct, enough to develop on.
namespace {
struct Bucket {
  std::mutex mutex;
  std::condition_variable changed;
};
Bucket& bucket_of(const void* word) {
  static Bucket buckets[64];
  return buckets[(reinterpret_cast<uintptr_t>(word) >> 4) % 64];
}
}  // namespace

void futex_wait(std::atomic<uint32_t>& word, uint32_t expected, int64_t timeout_ns) {
  Bucket& bucket = bucket_of(&word);
  std::unique_lock lock(bucket.mutex);
  if (word.load() != expected) return;
  if (timeout_ns < 0) {
    bucket.changed.wait(lock);
  } else {
    bucket.changed.wait_for(lock, std::chrono::nanoseconds(timeout_ns));
  }
}

void futex_wake(std::atomic<uint32_t>& word, uint32_t) {
  Bucket& bucket = bucket_of(&word);
  { std::lock_guard lock(bucket.mutex); }
  bucket.changed.notify_all();
}

#endif

void Parker::park() {
  for (;;) {
    uint32_t expected = kToken;
    // acquire: pairs with the release in unpark(), so that what the waker wrote is seen.
    if (state_.compare_exchange_strong(expected, kEmpty, std::memory_order_acquire)) return;
    expected = kEmpty;
    if (state_.compare_exchange_strong(expected, kAsleep, std::memory_order_relaxed) || expected == kAsleep) {
      futex_wait(state_, kAsleep, -1);
    }
  }
}

bool Parker::park_for(uint64_t timeout_ns) {
  const uint64_t deadline = now_ns() + timeout_ns;
  for (;;) {
    uint32_t expected = kToken;
    // acquire: pairs with the release in unpark().
    if (state_.compare_exchange_strong(expected, kEmpty, std::memory_order_acquire)) return true;
    const uint64_t now = now_ns();
    if (now >= deadline) {
      // A token may arrive until the very last moment: whoever sees kAsleep would send a wake to nobody.
      return state_.exchange(kEmpty, std::memory_order_acquire) == kToken;
    }
    expected = kEmpty;
    if (state_.compare_exchange_strong(expected, kAsleep, std::memory_order_relaxed) || expected == kAsleep) {
      futex_wait(state_, kAsleep, static_cast<int64_t>(deadline - now));
    }
  }
}

bool Parker::spin_for(uint64_t timeout_ns) {
  constexpr int kLooksPerClock = 64;  // a look is cheap, the clock is not
  const uint64_t deadline = now_ns() + timeout_ns;
  do {
    for (int i = 0; i < kLooksPerClock; ++i) {
      uint32_t expected = kToken;
      // relaxed: a look, so that the line stays with the one who will write it. acquire: pairs with the release in unpark().
      if (state_.load(std::memory_order_relaxed) == kToken && state_.compare_exchange_strong(expected, kEmpty, std::memory_order_acquire)) return true;
      cpu_pause();
    }
  } while (now_ns() < deadline);
  return false;
}

void Parker::unpark() {
  // release: pairs with the acquire of whoever takes the token.
  if (state_.exchange(kToken, std::memory_order_release) == kAsleep) futex_wake(state_, 1);
}

}  // namespace samovar::platform
