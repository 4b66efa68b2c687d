#include "chain/chain.h"

#include <string_view>
#include <utility>

namespace samovar::chain {
namespace {

constexpr std::size_t kShownHashDigits = 12;

// The beginning of a hash, or of what stands in its place: that may be any text, which must not be
// cut inside a UTF-8 character.
std::string abbreviated(std::string_view hash) {
  if (hash.empty()) return "nothing";
  if (hash.size() <= kShownHashDigits) return std::string(hash);
  std::size_t end = kShownHashDigits;
  while (end > 0 && (static_cast<unsigned char>(hash[end]) & 0xc0) == 0x80) --end;
  return std::string(hash.substr(0, end)) + "\u2026";
}

std::optional<ChainFault> fault_of(std::span<const Block> blocks, std::size_t position, int difficulty) {
  const Block& block = blocks[position];
  const bool is_genesis = position == 0;
  const std::string who = "block " + std::to_string(position) + ": ";
  if (block.index != position) {
    return ChainFault{
        Fault::kIndex, position,
        who + "its index is " + std::to_string(block.index) + ", but it should be " + std::to_string(position)};
  }
  const Digest digest = compute_hash(block);
  const std::string recomputed = to_hex(digest);
  if (block.hash != recomputed) {
    return ChainFault{Fault::kHash, position,
                      who + "its hash does not match its contents; stored " + abbreviated(block.hash) +
                          ", recomputed " + abbreviated(recomputed)};
  }
  const std::string_view parent = is_genesis ? kGenesisPreviousHash : std::string_view(blocks[position - 1].hash);
  if (block.previous_hash != parent) {
    return ChainFault{Fault::kLink, position,
                      who + "it does not link to " +
                          (is_genesis ? "\"0\", as the first block must" : "block " + std::to_string(position - 1)) +
                          "; stored " + abbreviated(block.previous_hash) + ", expected " + abbreviated(parent)};
  }
  if (!is_genesis && !meets_difficulty(digest, difficulty)) {
    return ChainFault{Fault::kDifficulty, position,
                      who + "its hash has " + std::to_string(leading_zero_bits(digest)) +
                          " leading zero bits, but the difficulty is " + std::to_string(difficulty)};
  }
  return std::nullopt;
}

}  // namespace

Chain::Chain(std::int64_t genesis_timestamp_ns) {
  blocks_.push_back(make_genesis(genesis_timestamp_ns));
}

void Chain::append(Block block) {
  blocks_.push_back(std::move(block));
}

const char* name_of(Fault fault) {
  switch (fault) {
    case Fault::kIndex:
      return "index";
    case Fault::kHash:
      return "hash";
    case Fault::kLink:
      return "link";
    case Fault::kDifficulty:
      return "difficulty";
  }
  return "unknown";
}

std::optional<ChainFault> validate(std::span<const Block> blocks, int difficulty) {
  for (std::size_t position = 0; position < blocks.size(); ++position) {
    if (auto fault = fault_of(blocks, position, difficulty)) return fault;
  }
  return std::nullopt;
}

std::optional<ChainFault> validate(const Chain& chain, int difficulty) {
  return validate(chain.blocks(), difficulty);
}

}  // namespace samovar::chain
