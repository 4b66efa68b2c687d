// What can be told to the byte of a world that stands still.
#pragma once

#include <cstddef>

namespace samovar::sched {

class Scheduler;

// Bytes of the goroutines that there are: their headers, and their frames as the free lists round them (those above 1 KiB, which malloc has, are left out).
// Scheduler::goroutine_bytes() is what was taken from the system for them, which grows by whole chunks and never shrinks. While the world is stopped, or while
// no other goroutine can run.
size_t used_goroutine_bytes(const Scheduler& scheduler);

}  // namespace samovar::sched
