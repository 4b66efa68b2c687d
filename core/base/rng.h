// Rng: the only source of chance in the core.
//
// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014): one addition and
// two multiplications a number, equal on every platform, and any seed is a good seed. Not for cryptography.
#pragma once

#include <cstdint>

namespace samovar::base {

// Rng gives the same sequence for the same seed everywhere. Not thread-safe: each owner has its own.
class Rng {
 public:
  explicit constexpr Rng(uint64_t seed = 0) : state_(seed) {}

  constexpr uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }

  constexpr uint32_t next32() { return static_cast<uint32_t>(next() >> 32); }

  // A number in [0, n); n must not be 0. Multiply-shift (Lemire), as Go's cheaprandn: a bias below n / 2^32.
  constexpr uint32_t below(uint32_t n) {
    return static_cast<uint32_t>((static_cast<uint64_t>(next32()) * n) >> 32);
  }

 private:
  uint64_t state_;
};

}  // namespace samovar::base
