// Proof of work: the search for a nonce that gives a block's hash enough leading zero bits.
//
// A NonceSearch is prepared once for a block and then shared: scan() is const, so any number of
// goroutines and threads may scan their own stretches of nonces at the same time, without locks.
//
// What is prepared: the compression of all whole 64-byte blocks of the text before the nonce (the
// midstate), and what is left of it. What scan() does again for each thousand nonces: see
// nonce_kernel.h. A nonce then costs one compression, less the rounds before the first changing
// digit; two (the second without its schedule) only when the padding does not fit behind the nonce.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "chain/block.h"
#include "chain/difficulty.h"
#include "chain/nonce_kernel.h"

namespace samovar::chain {

// kNoncesPerCheckpoint is how many nonces a goroutine scans between two checkpoints, which must be
// at most 100 microseconds apart: they take 8 to 30 natively (AVX2 or better), 35 to 80 in wasm with
// SIMD128. (The plain kernel needs up to 300.) Start stretches at multiples of it: then each is one
// run of a kernel.
inline constexpr std::uint64_t kNoncesPerCheckpoint = kRunLength / 2;

class NonceSearch {
 public:
  struct Outcome {
    bool found = false;
    std::uint64_t nonce = 0;   // the lowest that meets the difficulty, if found
    Digest digest{};           // the block's hash with it, if found
    std::uint64_t hashes = 0;  // nonces tried in order, the found one included; whatever the kernel
  };

  // Of the header everything but nonce and hash is used, and copied. The difficulty must be valid.
  // The kernel must outlive the search, as those that kernels() gives do.
  NonceSearch(const Block& header, int difficulty, const Kernel& kernel = best_kernel());

  // scan tries the nonces first, first+1, ... first+count-1, and stops at the first that meets the
  // difficulty. Nonces end at 2^64-1: what of the stretch lies beyond is left out.
  Outcome scan(std::uint64_t first, std::uint64_t count) const;

  std::string_view kernel_name() const { return kernel_->name; }
  int difficulty() const { return difficulty_; }

 private:
  // Tries first..first+count-1, which share all but their last three digits. Gives how many come
  // before the first that meets the difficulty, or `count`.
  std::uint32_t scan_run(std::uint64_t first, std::uint32_t count) const;

  // The hash of the block with this nonce, by the plain functions alone.
  Digest digest_with(std::uint64_t nonce) const;

  const Kernel* kernel_;
  int difficulty_;
  State midstate_ = kInitialState;
  std::uint8_t rest_[kBlockBytes] = {};  // what follows the whole blocks
  std::size_t rest_size_ = 0;            // 0..63
  std::uint64_t prefix_size_ = 0;        // bytes before the nonce
};

}  // namespace samovar::chain
