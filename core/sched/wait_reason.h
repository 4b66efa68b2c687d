// Goroutine states and the reasons they wait, in Go's words.
#pragma once

#include <cstdint>

namespace samovar::sched {

// Numbers of Go 1.26's g.atomicstatus (runtime2.go); those that need a machine stack to copy or a signal are absent.
enum class GStatus : uint8_t {
  kIdle = 0,      // just allocated
  kRunnable = 1,  // on a run queue
  kRunning = 2,   // has an M and a P
  kSyscall = 3,   // has an M, in a blocking call
  kWaiting = 4,   // parked, on no run queue
  kDead = 6,      // on a free list
};

// Why a goroutine waits: what a goroutine dump shows in brackets (runtime2.go: waitReasonStrings).
enum class WaitReason : uint8_t {
  kNone = 0,
  kChanReceive,
  kChanSend,
  kChanReceiveNil,
  kChanSendNil,
  kSelect,
  kSelectNoCases,
  kSleep,
  kSemacquire,
  kSyncMutexLock,
  kSyncRWMutexRLock,
  kSyncRWMutexLock,
  kSyncWaitGroupWait,
  kSyncCondWait,
  kPreempted,
  kStoppingTheWorld,
  kGcWorkerIdle,
  kGcWorkerActive,
  kGcAssistMarking,
  kGcAssistWait,
  kGcSweepWait,
  kGcScavengeWait,
  kFinalizerWait,
  kCleanupWait,
  kForceGcIdle,
  kWaitForGcCycle,
  kCount,
};

// Go's own text for the reason, e.g. "chan receive". Static storage.
const char* to_string(WaitReason reason);

// "runnable", "running", "syscall", "waiting", "dead", "idle". Static storage.
const char* to_string(GStatus status);

}  // namespace samovar::sched
