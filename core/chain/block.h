// A block of the chain, and the text that its hash covers.
//
// The hash is SHA-256 over five lines joined by newlines, with none at the end:
//
//     index \n timestamp \n data \n previous_hash \n nonce
//
// Numbers are decimal; the timestamp is as format_rfc3339 writes it. So anybody can recompute it:
//
//     printf '%s\n%s\n%s\n%s\n%s' INDEX TIMESTAMP DATA PREVIOUS_HASH NONCE | sha256sum
//
// Data with a newline would still be hashed without ambiguity (the other four lines have none), but
// no longer be one line that can be copied, and a terminal would obey control characters in it. So
// validate_data refuses all of them; hashing itself takes any bytes.
// Thread rules: plain values and pure functions.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "chain/sha256.h"

namespace samovar::chain {

inline constexpr std::size_t kMaxDataBytes = 4096;
inline constexpr std::string_view kGenesisData = "Genesis Block";
inline constexpr std::string_view kGenesisPreviousHash = "0";

struct Block {
  std::uint64_t index = 0;
  std::int64_t timestamp_ns = 0;  // Unix time in nanoseconds, UTC
  std::string data;
  std::string previous_hash;  // the parent's hash; "0" in the first block
  std::uint64_t nonce = 0;
  std::string hash;  // 64 lower-case hexadecimal digits

  friend bool operator==(const Block&, const Block&) = default;
};

// hashed_prefix is the hashed text up to the nonce, the newline before it included.
std::string hashed_prefix(const Block& block);

// hashed_text is the whole hashed text.
std::string hashed_text(const Block& block);

// compute_hash hashes the block as it is; `block.hash` plays no part.
Digest compute_hash(const Block& block);

// make_genesis gives a chain's first block. It is hashed but not mined: it meets no difficulty.
Block make_genesis(std::int64_t timestamp_ns);

// make_candidate gives the unmined successor of `parent`: nonce 0, no hash yet.
Block make_candidate(const Block& parent, std::int64_t timestamp_ns, std::string data);

// validate_data gives a sentence that says why a user's text cannot be a block's data, or nothing:
// it must be UTF-8 without control characters, 1 to kMaxDataBytes bytes long.
std::optional<std::string> validate_data(std::string_view data);

}  // namespace samovar::chain
