// P and M: the right to run goroutines, and the thread that runs them.
//
// P (processor): 1 to 64 of them, GOMAXPROCS. Holds everything that is used without a lock while a goroutine runs: run queue,
// timers, free lists, counters. M (machine): a thread of the thread driver, or a simulated one of the virtual-time driver. An M
// needs a P to run goroutines; in a blocking call it may lose its P to another M.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/racy.h"
#include "base/rng.h"
#include "observe/event_log.h"
#include "observe/time_histogram.h"
#include "platform/parker.h"
#include "sched/frame_pool.h"
#include "sched/goroutine.h"
#include "sched/run_queue.h"
#include "sched/timer.h"

namespace samovar::sched {

// Go 1.26's P states (2, "in a syscall", no longer exists: such a P is running, and its in_call is set).
enum class PStatus : uint32_t { kIdle = 0, kRunning = 1, kGcStop = 3, kDead = 4 };

struct P {
  P(uint32_t id_, FramePool& pool) : id(id_), frames(pool) {}

  const uint32_t id;
  base::Racy<PStatus> status{PStatus::kGcStop};  // changed by its holder or under the scheduler's lock
  M* m = nullptr;                                // its holder; null while idle or stopped
  base::Racy<int32_t> holder{-1};                // the same for observers: the M's id, -1: none
  base::Racy<G*> running;                        // the goroutine on it; null: none
  LocalQueue queue;
  observe::EventRing* events = nullptr;          // where its holder records
  base::Racy<uint32_t> schedtick;                // +1 for each goroutine run that does not inherit its slice
  base::Racy<uint32_t> syscalltick;
  std::atomic<uint32_t> in_call{0};              // id + 1 of its M while that is in a blocking call; whoever swaps it to 0 has the P
  bool preempt_heir = false;                     // virtual time: preempt whoever inherits the slice
  std::atomic<bool> run_safe_point{false};       // a ragged barrier waits for this P

  TimerHeap timers;
  FrameCache frames;
  void* gc = nullptr;  // the collector's state for this P, see Hooks::proc_state

  // Dead goroutines for reuse. At 64 half of them go to the shared list (proc.go:gfput).
  GList free_gs;
  uint64_t goid_next = 0;
  uint64_t goid_end = 0;

  // The name used last, so that a loop of go statements looks it up once.
  const char* last_name = nullptr;
  uint32_t last_name_index = 0;

  // What sysmon saw last time.
  struct {
    uint32_t schedtick = 0;
    uint32_t syscalltick = 0;
    uint64_t sched_when_ns = 0;
    uint64_t syscall_when_ns = 0;
  } seen;

  // Figures. Written by the holder.
  base::Racy<uint64_t> steals;        // successful ones
  base::Racy<uint64_t> stolen;        // goroutines taken from others
  std::atomic<uint64_t> stolen_from{0};  // goroutines others took; written by the thieves, relaxed: a statistic
  base::Racy<uint64_t> created;       // goroutines
  base::Racy<uint64_t> ended;
  base::Racy<uint64_t> preempted;
  base::Racy<uint64_t> busy_ns;       // time with a goroutine on it, up to the last time it had none
  base::Racy<uint64_t> busy_since_ns; // 0: no goroutine on it now
  base::Racy<uint64_t> idle_since_ns; // on the list of idle Ps since then; 0: it is not. Written under the scheduler's lock
  observe::TimeHistogram latencies;   // runnable until running

  P* next_idle = nullptr;  // list of idle Ps, under the scheduler's lock
  P* next_work = nullptr;  // list made by resize_procs
  M* old_m = nullptr;      // the M it last ran on

  // idlepMask: on the list of idle Ps, so with nothing in its queue. A P that an M is being woken for is not. Anyone.
  bool is_idle() const { return idle_since_ns.get() != 0; }
};

// What the goroutine that just left the M wants done. Set in await_suspend, carried out by the M's loop after the coroutine
// has really stopped, as Go does on g0: before that, nobody else may get hold of it.
enum class Disposition : uint8_t {
  kContinue,    // a nested Task was entered or left: resume g->top
  kExit,
  kGoexit,
  kGosched,
  kPreempt,
  kGoyield,
  kPark,
  kSyscall,
  kStopWorld,
  kSafePointEverywhere,
  kDriverYield,
  kPanic,
};

// Where an M stands when it is not running a goroutine.
enum class MPhase : uint32_t {
  kUnused = 0,
  kRunning,      // scheduling or running goroutines
  kParked,       // on the idle list, waiting for a P
  kPolling,      // asleep until the next timer, without a P
  kBackoff,      // waits 3 us before it takes a runnext
  kCall,         // in a blocking call
  kStopping,     // waits until the world has stopped
  kInGoroutine,  // virtual time: its goroutine let other Ms catch up
  kExited,
};

struct M {
  // Returns false if the goroutine is to go on at once. Runs after the coroutine has stopped.
  using UnlockFunction = bool (*)(M* m, G* g, void* argument);

  Scheduler* scheduler = nullptr;
  uint32_t id = 0;
  P* p = nullptr;
  std::atomic<P*> next_p{nullptr};  // given to it with a wake-up; release by the giver, acquire by the M
  P* old_p = nullptr;    // before the blocking call
  G* current = nullptr;
  bool spinning = false;

  // The request of the goroutine that just stopped.
  Disposition disposition = Disposition::kContinue;
  WaitReason wait_reason = WaitReason::kNone;
  UnlockFunction unlock = nullptr;
  void* unlock_argument = nullptr;
  uint64_t call_ns = 0;
  uint8_t stw_reason = 0;  // StwReason
  bool awaits_barrier = false;  // phase kStopping: for the ragged barrier, not for the world
  void (*safe_point_function)(void*, P*) = nullptr;
  void* safe_point_argument = nullptr;
  uint8_t stop_reason = 0;  // observe::StopReason of whoever last left this M's P

  // The clock, read once a quantum (Scheduler::refresh_clock). In virtual time: the M's own time.
  uint64_t now_ns = 0;
  uint32_t clock_countdown = 0;
  uint32_t clock_interval = 1;
  bool clock_stale = true;  // a checkpoint was passed: the slice may have been long

  bool virtual_time = false;
  uint64_t horizon_ns = ~0ull;  // virtual time: beyond this another M is behind

  base::Racy<MPhase> phase{MPhase::kUnused};
  base::Racy<uint64_t> call_goroutine{0};  // the id of who is in a blocking call here, in phase kCall
  uint64_t sleep_until_ns = 0;   // phase kPolling, kBackoff, kCall
  P* backoff_victim = nullptr;
  bool polled_spinning = false;  // it was searching before it went to sleep until the next timer

  M* next_idle = nullptr;  // LIFO list of parked Ms, under the scheduler's lock
  base::Rng rng;
  platform::Parker parker;

  // Virtual time only: pays `ns` and asks the goroutine to let others catch up when they are behind.
  void charge(uint64_t ns) {
    if (!virtual_time) return;
    now_ns += ns;
    if (now_ns > horizon_ns && current != nullptr) request_driver_yield();
  }
  void request_driver_yield() {
    // relaxed: one thread only in virtual time.
    current->attention.store(current->attention.load(std::memory_order_relaxed) | kAttentionDriver, std::memory_order_relaxed);
  }
};

}  // namespace samovar::sched
