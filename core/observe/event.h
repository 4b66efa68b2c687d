// The event record: the one thing the runtime writes about itself.
//
// Everything that shows or exports a run (lanes, timelines, schedtrace, histograms, digests) reads these
// records and nothing else. A record is 32 bytes on every platform, so that the page reads it straight
// from the engine's memory; docs/engine-interface.md repeats the layout for readers outside C++.
#pragma once

#include <cstdint>

namespace samovar::observe {

// EventKind says what happened. `g`, `a`, `b`, `reason` below are the fields of Event.
enum class EventKind : uint8_t {
  kNone = 0,
  kGoCreate = 1,      // g was created; a = creator's id (0: the run itself), b = index of its name; reason 1: it waits from the start, 0: it is runnable
  kGoRun = 2,         // g starts on p; a = M, b bit 0 = it inherited its slice; reason = why the one before it on p stopped
  kProcIdle = 3,      // p has nothing to run; reason = why the last goroutine stopped; a = M
  kGoReady = 4,       // g became runnable; a = who readied it (0: timer or runtime), b = 1 if it went to runnext
  kSteal = 5,         // p stole: a = victim P, b = goroutines taken, g = the one run first
  kOverflow = 6,      // p's ring was full: b = goroutines moved to the global queue
  kGlobalTake = 7,    // p took b goroutines from the global queue; a = 1 for the 61st-tick look
  kProcStart = 8,     // M a took p
  kHandoff = 9,       // P a was taken from g, which is in a blocking call (recorded without a P by sysmon, or on that P by an M that comes back from a call and had it before)
  kPreempt = 10,      // sysmon asked g on P a to yield; b = how long it had run, ns (recorded without a P)
  kSyscallEnter = 11, // g entered a blocking call on M a; b = expected length, ns
  kSyscallExit = 12,  // g is back from it; reason 0: kept its P, 1: took another, 2: queued globally
  kMPark = 13,        // M a parked
  kMWake = 14,        // M a was woken (or started, b = 1)
  kTimerFire = 15,    // a timer of p went off; g = goroutine that had slept until then (0: a channel's or a function's timer), b = how late, ns
  kStwBegin = 16,     // the world is being stopped; reason = StwReason, g = by whom
  kStwStopped = 17,   // all Ps have stopped
  kStwEnd = 18,       // the world runs again; b = total ns
  kGomaxprocs = 19,   // number of Ps: a = before, b = after
  kUser = 20,         // an experiment's own mark; a = what (experiments/probe.h: MarkKind), b = value
  kFatal = 21,        // panic (a = 1), deadlock (a = 2) or cancellation (a = 3) ended the run; g = by whom
  kGcBegin = 22,      // a collection begins, the world is about to stop; a = its number, b = heap live, bytes; reason = GcTrigger
  kGcMark = 23,       // marking begins, the world runs again; a = its number, b = heap goal, bytes
  kGcMarked = 24,     // all that lives is marked; a = its number, b = bytes that live
  kGcSwept = 25,      // all is swept; a = the collection's number, b = pages freed
  kGcAssist = 26,     // g helped marking because it allocated; a = scan work done, KiB, b = how long, ns
  kGcAssistWait = 27, // g waits for credit; b = its debt, bytes
  kCount              // how many, with kNone
};

// Why a collection began: the `reason` of kGcBegin.
enum GcTrigger : uint8_t { kGcTriggerHeap = 0, kGcTriggerTime = 1, kGcTriggerForced = 2 };

// Why a goroutine left its P: the `reason` of kGoRun and kProcIdle.
enum StopReason : uint8_t {
  kStopNone = 0,
  kStopExit = 1,
  kStopGosched = 2,
  kStopPreempted = 3,
  kStopGoyield = 4,
  kStopSyscall = 5,
  kReasonWait = 32,  // kReasonWait + sched::WaitReason: it parked
};

inline constexpr uint16_t kNoP = 0xffff;

struct Event {
  uint64_t time_ns;  // since the start of the run, on the run's clock
  uint32_t seq;      // counts up within one ring
  EventKind kind;
  uint8_t reason;
  uint16_t p;  // kNoP: happened without a P
  uint32_t g;  // goroutine id, 0: none
  uint32_t a;
  uint64_t b;
};
static_assert(sizeof(Event) == 32);

}  // namespace samovar::observe
