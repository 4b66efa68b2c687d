// The inner loop of proof of work: try a run of up to a thousand decimal nonces.
//
// A nonce is hashed as decimal text, which does not change like a binary counter. But the nonces
// from N*1000 to N*1000+999 share all digits but the last three. So the caller (NonceSearch) lays
// out the end of the message once for each such thousand, and a kernel only ORs three digits, taken
// from a table, into it. Everything before the first changing word is done once for the thousand
// too: the compression of whole blocks, and the first rounds of the block with the digits.
//
// One kernel an instruction set, all behind the same function pointer. Which of them a processor
// can run is found out once, on first use; nothing here can be changed afterwards.
// Thread rules: everything may be called from any thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "chain/sha256.h"

namespace samovar::chain {

inline constexpr std::uint32_t kRunLength = 1000;  // nonces that share all but their last digits
inline constexpr std::uint32_t kRunDigits = 3;     // how many digits those are

// NonceRun is the end of the message for one thousand nonces, ready for a kernel.
struct NonceRun {
  // The chaining value before words[0].
  std::uint32_t chain[8];

  // The working variables a..h after the first `digit_byte / 4` rounds of the first block.
  std::uint32_t start[8];

  // The same after the first `digit_byte / 16 * 4` rounds, for kernels that do four at a time.
  std::uint32_t start_of_four[8];

  // The last one or two blocks, padding and length included, with zeros for the three digits.
  std::uint32_t words[32];

  // Schedule plus round constant of the second block, if `second_is_fixed`.
  std::uint32_t second_schedule[64];

  // Offset of the first of the three digits; in the first block, though the others may not be.
  std::uint32_t digit_byte;

  // 1, or 2 when the digits lie in the last block but one.
  std::uint32_t blocks;

  // No digit reaches into the second block, so it is the same for all.
  bool second_is_fixed;

  // A digest meets the difficulty when these bits of its first two words are all zero.
  std::uint32_t mask[2];
};

// finish_run derives `start`, `start_of_four`, `second_is_fixed` and `second_schedule` from the
// other fields.
void finish_run(NonceRun& run);

// FirstHit tries the last digits `low` to `high`-1 (low < high <= kRunLength), and gives the lowest
// that meets the difficulty, or `high` if none does.
using FirstHit = std::uint32_t (*)(const NonceRun& run, std::uint32_t low, std::uint32_t high);

struct Kernel {
  std::string_view name;  // "scalar", "vec4", "simd128", "shani", "avx2", "avx512"
  FirstHit first_hit;
};

// kernels gives those that this processor can run, the fastest first and "scalar" last.
std::span<const Kernel> kernels();

// best_kernel is the first of them.
const Kernel& best_kernel();

// find_kernel looks one up by name; null if there is none, or this processor cannot run it.
const Kernel* find_kernel(std::string_view name);

// best_compress_blocks hashes long input: with SHA-NI where there is one, else plainly.
CompressBlocks best_compress_blocks();

// compress_blocks_plain is the twin of every other CompressBlocks.
void compress_blocks_plain(State& state, const std::uint8_t* blocks, std::size_t count);

// What the files with a compiler flag of their own offer. Null when the compiler was not told to use
// that instruction set, so the list is right on every architecture. Callable whatever the processor.
FirstHit scalar_first_hit();
FirstHit vec4_first_hit();
FirstHit avx2_first_hit();
FirstHit avx512_first_hit();
FirstHit shani_first_hit();
CompressBlocks shani_compress_blocks();

}  // namespace samovar::chain
