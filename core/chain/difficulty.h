// Difficulty: how many leading zero bits a block's hash must have.

#pragma once

#include "chain/sha256.h"

namespace samovar::chain {

inline constexpr int kMinDifficulty = 0;
inline constexpr int kMaxDifficulty = 40;
inline constexpr int kDefaultDifficulty = 16;  // the original demo's four hexadecimal zeros

constexpr bool is_valid_difficulty(int difficulty) {
  return difficulty >= kMinDifficulty && difficulty <= kMaxDifficulty;
}

// expected_hashes is the mean number of nonces until one meets the difficulty: 2 to its power.
// The difficulty must be valid. (A double holds each of these powers exactly.)
constexpr double expected_hashes(int difficulty) {
  return static_cast<double>(std::uint64_t{1} << difficulty);
}

inline bool meets_difficulty(const Digest& digest, int difficulty) {
  return leading_zero_bits(digest) >= difficulty;
}

}  // namespace samovar::chain
