// Parker: one thread sleeps, any other wakes it.
//
// The contract is that of a token: unpark() leaves one token, park() takes it and returns, waiting for it if
// there is none. Tokens do not add up. So a wake-up sent before the sleep is never lost.
//
// One 32-bit word and the platform's futex: std::atomic::wait and std::condition_variable cost 3 to 20 times
// as much under Emscripten (libc++ polls there).
#pragma once

#include <atomic>
#include <cstdint>

namespace samovar::platform {

// futex_wait sleeps while `word` holds `expected`, for at most timeout_ns (negative: no limit). It may return
// early for no reason: callers loop. futex_wake wakes up to `count` sleepers.
void futex_wait(std::atomic<uint32_t>& word, uint32_t expected, int64_t timeout_ns);
void futex_wake(std::atomic<uint32_t>& word, uint32_t count);

class Parker {
 public:
  // Takes the token, waiting for it. Only one thread at a time may park here.
  void park();

  // As park(), but gives up after timeout_ns. True if it took the token.
  bool park_for(uint64_t timeout_ns);

  // As park_for(), but stays awake, for a token that is expected within some microseconds: it is taken at once, where a sleeper would first have to be woken.
  bool spin_for(uint64_t timeout_ns);

  // Leaves the token and wakes the sleeper, if there is one. Any thread.
  void unpark();

 private:
  enum : uint32_t { kEmpty = 0, kToken = 1, kAsleep = 2 };
  std::atomic<uint32_t> state_{kEmpty};
};

}  // namespace samovar::platform
