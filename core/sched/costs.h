// What things cost in virtual time.
//
// In virtual time no clock is read: each step is charged a fixed price, so that the same program takes the same
// virtual time everywhere. The prices are those of native Go 1.26 on a 3.7 GHz server core, rounded, so that a virtual
// run has Go's proportions; an experiment charges its own work (a hash, a message) beside them.
#pragma once

#include <cstdint>

namespace samovar::sched::costs {

inline constexpr uint64_t kSpawn = 90;          // go f(): of 172 ns for spawn and exit
inline constexpr uint64_t kExit = 30;
inline constexpr uint64_t kSwitch = 54;         // a Gosched switch
inline constexpr uint64_t kChannelOp = 30;      // of 237 ns for a round trip of 4 operations and 2 switches
inline constexpr uint64_t kMutexOp = 2;         // 4.3 ns for lock and unlock
inline constexpr uint64_t kTimerOp = 60;
inline constexpr uint64_t kStealAttempt = 25;   // one look at another P
inline constexpr uint64_t kStealSuccess = 150;
inline constexpr uint64_t kGiveUpP = 200;       // finding nothing and letting go of the P
inline constexpr uint64_t kWakeM = 5'000;       // futex wake until the thread runs
inline constexpr uint64_t kSyscall = 50;        // entering or leaving a blocking call
inline constexpr uint64_t kSysmonRound = 1'000;
inline constexpr uint64_t kAllocate = 20;       // a small object: of 27 to 40 ns with its share of the collections
inline constexpr uint64_t kZeroedBytesPerNs = 32;
inline constexpr uint64_t kMarkedBytesPerNs = 1;  // 64 MiB of a tree in 47 to 66 ms
inline constexpr uint64_t kMarkQuantum = 100;   // looking for work and around
inline constexpr uint64_t kSweepSpan = 300;
inline constexpr uint64_t kReleasePage = 250;   // giving 8 KiB back, and the fault when it is used again
inline constexpr uint64_t kRunnextBackoff = 3'000;  // proc.go:runqgrab sleeps 3 us before it takes a runnext

}  // namespace samovar::sched::costs
