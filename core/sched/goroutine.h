// G: a goroutine.
//
// A G belongs to its scheduler for as long as that lives: a dead one goes to a free list and comes back under a new id, so a
// stale pointer is never a wild one. Who may touch which field follows from the state: a running G belongs to its M, a
// runnable one to the queue it is on, a waiting one to whoever it waits for.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>

#include "base/racy.h"
#include "sched/wait_reason.h"

namespace samovar::sched {

class Scheduler;
struct M;
struct P;

// What a checkpoint looks at: bits of G::attention.
enum Attention : uint32_t {
  kAttentionPreempt = 1,  // sysmon or a stop of the world wants the P
  kAttentionDriver = 2,   // virtual time: other Ms are behind, let them catch up
  kAttentionAssist = 4,   // it owes the collector work for what it has allocated, and there was none to do
};

struct G {
  // What a switch touches comes first, within one cache line.
  G* link = nullptr;                       // in a run queue or free list
  std::coroutine_handle<> top;             // innermost suspended frame: what to resume
  M* m = nullptr;                          // while running or in a blocking call
  std::atomic<uint32_t> attention{0};      // set by anyone, cleared by execute()
  base::Racy<GStatus> status{GStatus::kIdle};
  base::Racy<WaitReason> wait_reason{WaitReason::kNone};
  bool system = false;                     // the runtime's own: not counted by num_goroutine()
  uint8_t track_count = 0;                 // counts departures from running: each 8th is timed (Go: gTrackingPeriod)
  base::Racy<uint64_t> id;                 // 0 while dead
  uint64_t runnable_since_ns = 0;          // when it became runnable, if it is timed; else 0
  uint64_t ready_at_ns = 0;                // virtual time: it cannot run before

  // For those it waits for (channels, select, mutexes).
  void* wait_param = nullptr;              // who or what woke it
  std::atomic<uint32_t> select_done{0};    // a select is won by setting this

  std::coroutine_handle<> root;            // outermost frame, owned
  Scheduler* scheduler = nullptr;
  uint64_t creator = 0;                    // id of the goroutine that created it
  uint32_t name = 0;                       // index of its name, see Scheduler::names()
  uint32_t creator_name = 0;
  uint64_t waiting_since_ns = 0;

  // For the collector: the goroutine's list of Local<T>, whether that has been looked at in this cycle, and what the goroutine has paid in advance
  // for its allocations (negative: owes).
  void* gc_roots = nullptr;
  std::atomic<uint32_t> gc_scan{0};
  uint32_t gc_assist_cycle = 0;            // the cycle that gc_assist_bytes belongs to: in another one it counts for nothing
  int64_t gc_assist_bytes = 0;
  uint64_t gc_assist_ns = 0;
  bool gc_worker = false;                  // a mark worker: whoever runs it wakes another M
};

}  // namespace samovar::sched
