// Constants of the build that every way in shows.
#pragma once

#include <cstdint>
#include <string_view>

namespace samovar::experiments {

inline constexpr std::string_view kVersion = "0.1.0";

// The largest number of Ps: the live block has so many lines.
inline constexpr int64_t kMaxProcs = 64;

}  // namespace samovar::experiments
