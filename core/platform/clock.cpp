#include "platform/clock.h"

#include <algorithm>
#include <chrono>

namespace samovar::platform {

uint64_t now_ns() {
  return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1));
}

int64_t wall_clock_ns() {
  return std::chrono::system_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

uint64_t clock_resolution_ns() {
  static const uint64_t resolution = [] {
    uint64_t smallest = 1'000'000;
    for (int i = 0; i < 5; ++i) {
      const uint64_t start = now_ns();
      uint64_t next = start;
      while (next == start) next = now_ns();
      smallest = std::min(smallest, next - start);
    }
    return smallest;
  }();
  return resolution;
}

}  // namespace samovar::platform
