#include "chain/pow.h"

#include <cstring>
#include <limits>
#include <string>

namespace samovar::chain {
namespace {

constexpr std::size_t kMaxNonceDigits = 20;  // 18446744073709551615
constexpr std::size_t kLengthBytes = 8;
constexpr std::uint8_t kPadMark = 0x80;

// Nonces below have fewer digits than a kernel changes; they are tried one by one.
constexpr std::uint64_t kFirstRunNonce = 100;

// Tail is the end of the padded message: what follows the midstate.
struct Tail {
  std::uint8_t bytes[2 * kBlockBytes] = {};
  std::size_t nonce_end = 0;  // offset behind the nonce's last digit
  std::uint32_t blocks = 1;
};

Tail make_tail(const std::uint8_t* rest, std::size_t rest_size, std::uint64_t prefix_size, std::uint64_t nonce) {
  std::uint8_t digits[kMaxNonceDigits];
  std::size_t count = 0;
  do {
    digits[kMaxNonceDigits - ++count] = static_cast<std::uint8_t>('0' + nonce % 10);
    nonce /= 10;
  } while (nonce != 0);
  Tail tail;
  std::memcpy(tail.bytes, rest, rest_size);
  std::memcpy(tail.bytes + rest_size, digits + kMaxNonceDigits - count, count);
  tail.nonce_end = rest_size + count;
  tail.bytes[tail.nonce_end] = kPadMark;
  tail.blocks = tail.nonce_end + 1 + kLengthBytes <= kBlockBytes ? 1 : 2;
  const std::uint64_t bits = (prefix_size + count) * 8;
  std::uint8_t* length = tail.bytes + tail.blocks * kBlockBytes - kLengthBytes;
  for (std::size_t i = 0; i < kLengthBytes; ++i) length[i] = static_cast<std::uint8_t>(bits >> (56 - 8 * i));
  return tail;
}

// A word whose highest `bits` bits are one; 0 for none or less, all for 32 or more.
constexpr std::uint32_t high_bits(int bits) {
  if (bits <= 0) return 0;
  if (bits >= 32) return ~std::uint32_t{0};
  return ~std::uint32_t{0} << (32 - bits);
}

}  // namespace

NonceSearch::NonceSearch(const Block& header, int difficulty, const Kernel& kernel)
    : kernel_(&kernel), difficulty_(difficulty) {
  const std::string prefix = hashed_prefix(header);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(prefix.data());
  const std::size_t blocks = prefix.size() / kBlockBytes;
  best_compress_blocks()(midstate_, bytes, blocks);
  rest_size_ = prefix.size() % kBlockBytes;
  std::memcpy(rest_, bytes + blocks * kBlockBytes, rest_size_);
  prefix_size_ = prefix.size();
}

NonceSearch::Outcome NonceSearch::scan(std::uint64_t first, std::uint64_t count) const {
  Outcome outcome;
  // Nonces first..2^64-1 are 2^64-first in number; one less is asked for, as that fits.
  const std::uint64_t beyond_first = std::numeric_limits<std::uint64_t>::max() - first;
  if (count != 0 && count - 1 > beyond_first) count = beyond_first + 1;
  while (outcome.hashes < count) {
    const std::uint64_t nonce = first + outcome.hashes;
    const std::uint64_t left = count - outcome.hashes;
    const std::uint64_t in_run = nonce < kFirstRunNonce ? 1 : kRunLength - nonce % kRunLength;
    const auto tries = static_cast<std::uint32_t>(left < in_run ? left : in_run);
    const std::uint32_t misses = nonce < kFirstRunNonce
                                     ? static_cast<std::uint32_t>(!meets_difficulty(digest_with(nonce), difficulty_))
                                     : scan_run(nonce, tries);
    outcome.hashes += misses;
    if (misses == tries) continue;
    outcome.found = true;
    outcome.nonce = nonce + misses;
    outcome.digest = digest_with(outcome.nonce);
    ++outcome.hashes;
    break;
  }
  return outcome;
}

std::uint32_t NonceSearch::scan_run(std::uint64_t first, std::uint32_t count) const {
  Tail tail = make_tail(rest_, rest_size_, prefix_size_, first);
  std::size_t digits_at = tail.nonce_end - kRunDigits;
  std::memset(tail.bytes + digits_at, 0, kRunDigits);
  State state = midstate_;
  const std::uint8_t* bytes = tail.bytes;
  std::uint32_t blocks = tail.blocks;
  if (digits_at >= kBlockBytes) {
    // The digits that change lie in the second block alone: the first is the same for the run.
    compress(state, bytes);
    bytes += kBlockBytes;
    digits_at -= kBlockBytes;
    blocks = 1;
  }
  NonceRun run;
  for (std::size_t i = 0; i < state.size(); ++i) run.chain[i] = state[i];
  for (std::size_t i = 0; i < 32; ++i) {
    const std::uint8_t* p = bytes + 4 * i;
    run.words[i] = i < 16 * blocks ? std::uint32_t{p[0]} << 24 | std::uint32_t{p[1]} << 16 | std::uint32_t{p[2]} << 8 |
                                         std::uint32_t{p[3]}
                                   : 0;
  }
  run.digit_byte = static_cast<std::uint32_t>(digits_at);
  run.blocks = blocks;
  run.mask[0] = high_bits(difficulty_);
  run.mask[1] = high_bits(difficulty_ - 32);
  finish_run(run);
  const auto low = static_cast<std::uint32_t>(first % kRunLength);
  return kernel_->first_hit(run, low, low + count) - low;
}

Digest NonceSearch::digest_with(std::uint64_t nonce) const {
  const Tail tail = make_tail(rest_, rest_size_, prefix_size_, nonce);
  State state = midstate_;
  compress_blocks_plain(state, tail.bytes, tail.blocks);
  return digest_of(state);
}

}  // namespace samovar::chain
