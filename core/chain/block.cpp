#include "chain/block.h"

#include <utility>

#include "chain/rfc3339.h"

namespace samovar::chain {
namespace {

// The length in bytes of the well-formed UTF-8 character that `text` begins with, or 0: the table
// "Well-Formed UTF-8 Byte Sequences" of the Unicode standard (3.9).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xc2 && lead <= 0xdf   ? 2
                             : lead >= 0xe0 && lead <= 0xef ? 3
                             : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                            : 0;
  if (length == 0 || text.size() < length) return 0;
  // No over-long forms, no surrogates, nothing above U+10FFFF.
  const unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xbf) return 0;
  }
  return length;
}

// C0, DEL and C1 (which UTF-8 writes as c2 80 to c2 9f).
bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7f;
  return first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
}

}  // namespace

std::string hashed_prefix(const Block& block) {
  std::string text = std::to_string(block.index);
  text += '\n';
  text += format_rfc3339(block.timestamp_ns);
  text += '\n';
  text += block.data;
  text += '\n';
  text += block.previous_hash;
  text += '\n';
  return text;
}

std::string hashed_text(const Block& block) {
  return hashed_prefix(block) + std::to_string(block.nonce);
}

Digest compute_hash(const Block& block) {
  return sha256(hashed_text(block));
}

Block make_genesis(std::int64_t timestamp_ns) {
  Block block;
  block.timestamp_ns = timestamp_ns;
  block.data = std::string(kGenesisData);
  block.previous_hash = std::string(kGenesisPreviousHash);
  block.hash = to_hex(compute_hash(block));
  return block;
}

Block make_candidate(const Block& parent, std::int64_t timestamp_ns, std::string data) {
  Block block;
  block.index = parent.index + 1;
  block.timestamp_ns = timestamp_ns;
  block.data = std::move(data);
  block.previous_hash = parent.hash;
  return block;
}

std::optional<std::string> validate_data(std::string_view data) {
  if (data.empty()) return "data must not be empty";
  if (data.size() > kMaxDataBytes) {
    return "data must be at most " + std::to_string(kMaxDataBytes) + " bytes long; this is " +
           std::to_string(data.size());
  }
  for (std::size_t i = 0; i < data.size();) {
    const std::size_t length = utf8_length(data.substr(i));
    if (length == 0) return "data must be UTF-8 text; byte " + std::to_string(i) + " is not";
    if (is_control(data.substr(i, length))) {
      return "data must be one line without control characters; there is one at byte " + std::to_string(i);
    }
    i += length;
  }
  return std::nullopt;
}

}  // namespace samovar::chain
