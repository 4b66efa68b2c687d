// The seed of this folder's random tests: a new one each time, or that of SAMOVAR_TEST_SEED.
// A test puts `SCOPED_TRACE(seed_note(seed))` first, so that a failure prints it.

#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

namespace samovar::chain {

inline std::uint64_t test_seed() {
  if (const char* given = std::getenv("SAMOVAR_TEST_SEED")) return std::strtoull(given, nullptr, 0);
  return std::random_device{}();
}

inline std::string seed_note(std::uint64_t seed) {
  return "repeat with SAMOVAR_TEST_SEED=" + std::to_string(seed);
}

}  // namespace samovar::chain
