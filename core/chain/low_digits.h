// The last three digits of a nonce, as text, ready to be shifted into a message word.

#pragma once

#include <cstdint>

namespace samovar::chain {

// LowDigits holds, for i in 0..999, the three ASCII digits of i in the low 24 bits, the hundreds
// highest. It goes on to 1023 with "999", so that the last vector load of a run stays inside.
struct LowDigits {
  std::uint32_t text[1024];
};

constexpr LowDigits make_low_digits() {
  LowDigits digits{};
  for (std::uint32_t i = 0; i < 1024; ++i) {
    const std::uint32_t n = i < 1000 ? i : 999;
    digits.text[i] = ('0' + n / 100) << 16 | ('0' + n / 10 % 10) << 8 | ('0' + n % 10);
  }
  return digits;
}

alignas(64) inline constexpr LowDigits kLowDigits = make_low_digits();

// DigitShift says where the 24 bits go when they begin at byte 0..3 of a big-endian word: into that
// word, shifted left and then right, and into the next word, shifted left; 32 means not at all.
struct DigitShift {
  std::uint32_t left;
  std::uint32_t right;
  std::uint32_t next_left;
};

inline constexpr DigitShift kDigitShift[4] = {{8, 0, 32}, {0, 0, 32}, {0, 8, 24}, {0, 16, 16}};

}  // namespace samovar::chain
