// SHA-256, incrementally or in one call.
//
// Source of the algorithm: FIPS 180-4, sections 4.1.2, 4.2.2, 5.1.1, 5.3.3 and 6.2.
// Everything here is plain bytes: no clock, no threads, no allocation but for hex strings.
// Thread rules: the free functions are pure; one Sha256 object belongs to one thread at a time.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace samovar::chain {

inline constexpr std::size_t kBlockBytes = 64;
inline constexpr std::size_t kDigestBytes = 32;
inline constexpr int kDigestBits = 256;

// State is the eight chaining words H0..H7 as numbers, not as bytes.
using State = std::array<std::uint32_t, 8>;

// kInitialState is H(0) of FIPS 180-4, section 5.3.3.
inline constexpr State kInitialState = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

// Digest is the finished hash, in the order in which it is printed.
struct Digest {
  std::array<std::uint8_t, kDigestBytes> bytes{};
  friend bool operator==(const Digest&, const Digest&) = default;
};

// to_hex gives 64 lower-case hexadecimal digits.
std::string to_hex(const Digest& digest);

// digest_from_hex reads what to_hex wrote, capitals allowed; anything else is nullopt.
std::optional<Digest> digest_from_hex(std::string_view hex);

// leading_zero_bits counts the zero bits before the first one bit, 0..256.
int leading_zero_bits(const Digest& digest);

// compress folds one 64-byte block into the state. It is the readable twin, written as the standard
// writes it; the fast kernels are tested against it.
void compress(State& state, const std::uint8_t* block);

// compress_words is compress for a block that is already sixteen big-endian numbers.
void compress_words(State& state, const std::uint32_t* words);

// digest_of gives the state's words as bytes.
Digest digest_of(const State& state);

// CompressBlocks folds `count` consecutive 64-byte blocks into a state.
using CompressBlocks = void (*)(State& state, const std::uint8_t* blocks, std::size_t count);

// Sha256 takes a message in pieces of any size.
class Sha256 {
 public:
  // Uses the fastest block function of this processor.
  Sha256();

  // Uses the given block function: for tests and benchmarks.
  explicit Sha256(CompressBlocks compress_blocks);

  // update adds `size` bytes to the end of the message, which may have less than 2^61 in all. It keeps
  // no pointer to them; for none, null will do.
  void update(const void* bytes, std::size_t size);
  void update(std::string_view text) { update(text.data(), text.size()); }

  // finish pads, and gives the digest. The object is then ready for a new message.
  Digest finish();

 private:
  CompressBlocks compress_blocks_;
  State state_ = kInitialState;
  std::uint64_t size_ = 0;  // bytes taken so far
  std::array<std::uint8_t, kBlockBytes> buffer_{};
};

// sha256 hashes a whole message.
Digest sha256(std::string_view message);

}  // namespace samovar::chain
