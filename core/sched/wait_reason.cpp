#include "sched/wait_reason.h"

#include <cstddef>

namespace samovar::sched {

const char* to_string(WaitReason reason) {
  static constexpr const char* kTexts[] = {
      "",
      "chan receive",
      "chan send",
      "chan receive (nil chan)",
      "chan send (nil chan)",
      "select",
      "select (no cases)",
      "sleep",
      "semacquire",
      "sync.Mutex.Lock",
      "sync.RWMutex.RLock",
      "sync.RWMutex.Lock",
      "sync.WaitGroup.Wait",
      "sync.Cond.Wait",
      "preempted",
      "stopping the world",
      "GC worker (idle)",
      "GC worker (active)",
      "GC assist marking",
      "GC assist wait",
      "GC sweep wait",
      "GC scavenge wait",
      "finalizer wait",
      "cleanup wait",
      "force gc (idle)",
      "wait for GC cycle",
  };
  static_assert(sizeof(kTexts) / sizeof(kTexts[0]) == static_cast<size_t>(WaitReason::kCount));
  return kTexts[static_cast<uint8_t>(reason)];
}

const char* to_string(GStatus status) {
  switch (status) {
    case GStatus::kIdle: return "idle";
    case GStatus::kRunnable: return "runnable";
    case GStatus::kRunning: return "running";
    case GStatus::kSyscall: return "syscall";
    case GStatus::kWaiting: return "waiting";
    case GStatus::kDead: return "dead";
  }
  return "unknown";
}

}  // namespace samovar::sched
