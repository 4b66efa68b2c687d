// The machine's monotonic clock. Only the drivers read it: policy code is handed a time.
#pragma once

#include <cstdint>

namespace samovar::platform {

// Nanoseconds since some fixed moment, the same for all threads, never going back. About 20 ns natively, about
// 500 ns in a browser (where it also ticks only every 5 to 20 microseconds): never once an event.
uint64_t now_ns();

// Nanoseconds since 1970-01-01 UTC.
int64_t wall_clock_ns();

// The smallest step the clock was seen to take, ns; measured once, at the first call (takes up to 0.2 ms).
uint64_t clock_resolution_ns();

}  // namespace samovar::platform
