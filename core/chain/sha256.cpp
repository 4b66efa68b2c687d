#include "chain/sha256.h"

#include <bit>
#include <cstring>

#include "chain/nonce_kernel.h"
#include "chain/sha256_constants.h"

namespace samovar::chain {
namespace {

using Word = std::uint32_t;

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint8_t kPadMark = 0x80;

// The functions of FIPS 180-4, section 4.1.2, under the names they have there.
constexpr Word ch(Word x, Word y, Word z) {
  return (x & y) ^ (~x & z);
}
constexpr Word maj(Word x, Word y, Word z) {
  return (x & y) ^ (x & z) ^ (y & z);
}
constexpr Word big_sigma0(Word x) {
  return std::rotr(x, 2) ^ std::rotr(x, 13) ^ std::rotr(x, 22);
}
constexpr Word big_sigma1(Word x) {
  return std::rotr(x, 6) ^ std::rotr(x, 11) ^ std::rotr(x, 25);
}
constexpr Word small_sigma0(Word x) {
  return std::rotr(x, 7) ^ std::rotr(x, 18) ^ (x >> 3);
}
constexpr Word small_sigma1(Word x) {
  return std::rotr(x, 17) ^ std::rotr(x, 19) ^ (x >> 10);
}

Word load_big_endian(const std::uint8_t* p) {
  return Word{p[0]} << 24 | Word{p[1]} << 16 | Word{p[2]} << 8 | Word{p[3]};
}

void store_big_endian(std::uint8_t* p, Word value) {
  for (int i = 0; i < 4; ++i) p[i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string to_hex(const Digest& digest) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * kDigestBytes);
  for (std::uint8_t byte : digest.bytes) {
    hex.push_back(kDigits[byte >> 4]);
    hex.push_back(kDigits[byte & 15]);
  }
  return hex;
}

std::optional<Digest> digest_from_hex(std::string_view hex) {
  if (hex.size() != 2 * kDigestBytes) return std::nullopt;
  Digest digest;
  for (std::size_t i = 0; i < kDigestBytes; ++i) {
    const int high = hex_value(hex[2 * i]);
    const int low = hex_value(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return digest;
}

int leading_zero_bits(const Digest& digest) {
  int bits = 0;
  for (std::uint8_t byte : digest.bytes) {
    bits += std::countl_zero(byte);
    if (byte != 0) break;
  }
  return bits;
}

void compress_words(State& state, const std::uint32_t* words) {
  Word w[64];
  for (int t = 0; t < 16; ++t) w[t] = words[t];
  for (int t = 16; t < 64; ++t) {
    w[t] = small_sigma1(w[t - 2]) + w[t - 7] + small_sigma0(w[t - 15]) + w[t - 16];
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (int t = 0; t < 64; ++t) {
    const Word t1 = h + big_sigma1(e) + ch(e, f, g) + kRoundConstants[t] + w[t];
    const Word t2 = big_sigma0(a) + maj(a, b, c);
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  const State after = {a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < state.size(); ++i) state[i] += after[i];
}

void compress(State& state, const std::uint8_t* block) {
  Word words[16];
  for (int t = 0; t < 16; ++t) words[t] = load_big_endian(block + 4 * t);
  compress_words(state, words);
}

Digest digest_of(const State& state) {
  Digest digest;
  for (std::size_t i = 0; i < state.size(); ++i) store_big_endian(&digest.bytes[4 * i], state[i]);
  return digest;
}

Sha256::Sha256() : compress_blocks_(best_compress_blocks()) {}

Sha256::Sha256(CompressBlocks compress_blocks) : compress_blocks_(compress_blocks) {}

void Sha256::update(const void* bytes, std::size_t size) {
  if (size == 0) return;  // memcpy may not be given a null pointer, even for nothing
  const auto* next = static_cast<const std::uint8_t*>(bytes);
  const std::size_t held = size_ % kBlockBytes;
  size_ += size;
  if (held != 0) {
    const std::size_t room = kBlockBytes - held;
    const std::size_t taken = size < room ? size : room;
    std::memcpy(&buffer_[held], next, taken);
    if (taken < room) return;
    compress_blocks_(state_, buffer_.data(), 1);
    next += taken;
    size -= taken;
  }
  const std::size_t blocks = size / kBlockBytes;
  if (blocks != 0) compress_blocks_(state_, next, blocks);
  const std::size_t rest = size % kBlockBytes;
  if (rest != 0) std::memcpy(buffer_.data(), next + blocks * kBlockBytes, rest);
}

Digest Sha256::finish() {
  const std::uint64_t bits = size_ * 8;
  const std::size_t held = size_ % kBlockBytes;
  std::uint8_t tail[2 * kBlockBytes] = {};
  std::memcpy(tail, buffer_.data(), held);
  tail[held] = kPadMark;
  const std::size_t blocks = held + 1 + kLengthBytes <= kBlockBytes ? 1 : 2;
  std::uint8_t* length = tail + blocks * kBlockBytes - kLengthBytes;
  store_big_endian(length, static_cast<Word>(bits >> 32));
  store_big_endian(length + 4, static_cast<Word>(bits));
  compress_blocks_(state_, tail, blocks);
  const Digest digest = digest_of(state_);
  state_ = kInitialState;
  size_ = 0;
  return digest;
}

Digest sha256(std::string_view message) {
  Sha256 hash;
  hash.update(message);
  return hash.finish();
}

}  // namespace samovar::chain
