// The plain kernel: the twin that the others are tested against, one nonce at a time through the
// plain compression. It takes no short cut, not even the rounds done beforehand.

#include "chain/low_digits.h"
#include "chain/nonce_kernel.h"

namespace samovar::chain {
namespace {

bool meets(const NonceRun& run, std::uint32_t low) {
  std::uint32_t words[32];
  for (int i = 0; i < 32; ++i) words[i] = run.words[i];
  for (std::uint32_t digit = 0; digit < kRunDigits; ++digit) {
    const std::uint32_t byte = run.digit_byte + digit;
    const std::uint32_t text = kLowDigits.text[low] >> (8 * (kRunDigits - 1 - digit)) & 0xff;
    words[byte / 4] |= text << (8 * (3 - byte % 4));
  }
  State state;
  for (std::size_t i = 0; i < state.size(); ++i) state[i] = run.chain[i];
  compress_words(state, words);
  if (run.blocks == 2) compress_words(state, words + 16);
  return ((state[0] & run.mask[0]) | (state[1] & run.mask[1])) == 0;
}

std::uint32_t first_hit(const NonceRun& run, std::uint32_t low, std::uint32_t high) {
  for (; low < high; ++low) {
    if (meets(run, low)) break;
  }
  return low;
}

}  // namespace

FirstHit scalar_first_hit() {
  return first_hit;
}

}  // namespace samovar::chain
