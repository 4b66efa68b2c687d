// What a scheduler is told when it is made, and what it says when its run has ended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace samovar::platform {
class WorkerPool;
}

namespace samovar::sched {

inline constexpr uint32_t kMaxProcs = 64;

// For those who have to know the order of goroutines on real threads: a machine that sets a thread aside uses up the slice of the
// goroutine on it, and the yield at its next checkpoint is an order of its own.
inline constexpr uint64_t kNoSlice = ~0ull;

struct Options {
  uint32_t procs = 2;                         // GOMAXPROCS, 1 to kMaxProcs
  uint64_t seed = 1;                          // of all chance: stealing order, select
  bool virtual_time = false;                  // simulated threads on the calling thread, else real ones
  uint64_t slice_ns = 10'000'000;             // forcePreemptNS: who has run for so long is asked to yield. kNoSlice: nobody is
  size_t event_bytes = 16 * 1024 * 1024;      // for the event rings, all together
  platform::WorkerPool* workers = nullptr;    // where real threads come from; unused in virtual time
  uint32_t schedtrace_ms = 0;                 // 0: none; else a snapshot every so often, see Scheduler::on_schedtrace
  bool schedtrace_detail = false;             // with each P, M and G: costs time in proportion to the goroutines
};

enum class RunState : uint32_t { kIdle = 0, kRunning, kDone, kCancelled, kPanicked, kDeadlocked, kFailed };

struct Outcome {
  RunState state = RunState::kIdle;
  std::string message;       // Go's words after a panic or deadlock, else empty
  uint64_t elapsed_ns = 0;   // on the run's clock: virtual or real
  uint64_t wall_ns = 0;      // real, always
};

}  // namespace samovar::sched
