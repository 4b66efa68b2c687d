// A chain of blocks, and the check that it is one.
//
// Chain is a list and no judge: append() takes whatever it is given, so that a chain can be copied,
// tampered with and then looked at. validate() is the judge.
// Thread rules: none inside. The experiment that shares a chain guards it with its own mutex.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "chain/block.h"
#include "chain/difficulty.h"

namespace samovar::chain {

class Chain {
 public:
  // Starts with the genesis block, made at that time.
  explicit Chain(std::int64_t genesis_timestamp_ns);

  // Adds the block at the end, whatever it is: nothing is checked. What at(), tip() and blocks() gave
  // before is invalid afterwards.
  void append(Block block);

  std::size_t size() const { return blocks_.size(); }  // genesis included
  const Block& at(std::size_t position) const { return blocks_[position]; }  // position must be below size()
  const Block& tip() const { return blocks_.back(); }
  std::span<const Block> blocks() const { return blocks_; }

 private:
  std::vector<Block> blocks_;
};

// Fault is what is wrong with a block.
enum class Fault {
  kIndex,       // its index is not its position
  kHash,        // its hash is not that of its contents
  kLink,        // its previous_hash is not the hash of the block before
  kDifficulty,  // its hash has too few leading zero bits
};

// name_of gives "index", "hash", "link" or "difficulty".
const char* name_of(Fault fault);

struct ChainFault {
  Fault fault;
  std::size_t position;  // of the block in the chain; also what it is called in the sentence
  std::string sentence;  // such as "block 3: its index is 7, but it should be 3"
};

// validate gives the first fault, in the order of the blocks, and within one block in the order of
// the enum; nullopt if the chain is sound. The first block must link to "0" and need not meet the
// difficulty. Timestamps are covered by the hash, and not compared with each other.
std::optional<ChainFault> validate(std::span<const Block> blocks, int difficulty);
std::optional<ChainFault> validate(const Chain& chain, int difficulty);

}  // namespace samovar::chain
