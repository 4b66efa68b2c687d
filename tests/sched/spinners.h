// Goroutines that run for ever: what a stop of the world has to stop.
#pragma once

#include <array>
#include <atomic>

#include "sched/harness.h"

namespace samovar::sched {

struct Spinners {
  std::atomic<uint64_t> turns{0};
  std::atomic<uint32_t> running{0};
  std::atomic<bool> stop{false};
  std::atomic<uint32_t> calls{0};
  std::array<std::atomic<uint32_t>, kMaxProcs> visits{};
  uint32_t procs = 1;
  bool seen = true;
};

inline Task<void> spin(Spinners* spinners) {
  Tracked tracked;
  spinners->running.fetch_add(1);
  while (!spinners->stop.load(std::memory_order_relaxed)) {
    spinners->turns.fetch_add(1, std::memory_order_relaxed);
    co_await checkpoint(500);
  }
  spinners->running.fetch_sub(1);
}

inline Task<void> start_spinners(Spinners* spinners, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) co_await go("spinner", spin(spinners));
  while (spinners->running.load() < count) co_await gosched();
}

inline Task<void> stop_spinners(Spinners* spinners) {
  spinners->stop.store(true);
  while (spinners->running.load() > 0) co_await gosched();
}

// Longer than a run that hangs is let go on: whoever waits for such a call is seen to hang.
inline constexpr uint64_t kEndlessCall = 1000 * kSecond;
static_assert(kEndlessCall > 2 * kHangSeconds * kSecond);

// Counts itself in `running` before its call, and in `calls` after it.
inline Task<void> call_endlessly(Spinners* spinners, uint64_t pause_ns) {
  Tracked tracked;
  co_await checkpoint(pause_ns);
  spinners->running.fetch_add(1);
  co_await blocking_call(kEndlessCall);
  spinners->calls.fetch_add(1);
}

}  // namespace samovar::sched
