#include "chain/chain.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "chain/pow.h"

namespace samovar::chain {
namespace {

constexpr std::int64_t kTime = 1795458011'123456789;
constexpr int kDifficulty = 8;
constexpr std::uint64_t kPlenty = 1'000'000;

void mine(Block& block, int difficulty) {
  const auto outcome = NonceSearch(block, difficulty).scan(0, kPlenty);
  ASSERT_TRUE(outcome.found);
  block.nonce = outcome.nonce;
  block.hash = to_hex(outcome.digest);
}

void rehash(Block& block) {
  block.hash = to_hex(compute_hash(block));
}

Chain mined_chain(std::size_t blocks) {
  Chain chain(kTime);
  for (std::size_t i = 0; i < blocks; ++i) {
    Block block = make_candidate(chain.tip(), kTime + 1 + static_cast<std::int64_t>(i), "block " + std::to_string(i));
    mine(block, kDifficulty);
    chain.append(block);
  }
  return chain;
}

std::vector<Block> copy_of(const Chain& chain) {
  return {chain.blocks().begin(), chain.blocks().end()};
}

// The chain mined once for all tests here: genesis and four blocks.
const Chain& sound_chain() {
  static const Chain chain = mined_chain(4);
  return chain;
}

TEST(Chain, StartsWithGenesis) {
  const Chain chain(kTime);
  EXPECT_EQ(chain.size(), 1u);
  EXPECT_EQ(chain.tip(), make_genesis(kTime));
}

TEST(Chain, AppendMakesTheBlockTheTip) {
  Chain chain(kTime);
  const Block block = make_candidate(chain.tip(), kTime, "x");
  chain.append(block);
  EXPECT_EQ(chain.size(), 2u);
  EXPECT_EQ(chain.tip(), block);
  EXPECT_EQ(chain.at(1), block);
}

TEST(Validate, FindsNothingInAMinedChain) {
  EXPECT_FALSE(validate(sound_chain(), kDifficulty));
}

TEST(Validate, FindsNothingInAnEmptyChain) {
  EXPECT_FALSE(validate(std::span<const Block>{}, kDifficulty));
}

TEST(Validate, ExemptsGenesisFromDifficulty) {
  EXPECT_LT(leading_zero_bits(sha256(hashed_text(make_genesis(kTime)))), kMaxDifficulty);
  EXPECT_FALSE(validate(Chain(kTime), kMaxDifficulty));
}

TEST(Validate, FindsTamperingWithEachFieldOfEachBlock) {
  for (std::size_t i = 0; i < sound_chain().size(); ++i) {
    const auto fault_after = [&](auto tamper) {
      std::vector<Block> blocks = copy_of(sound_chain());
      tamper(blocks[i]);
      const auto fault = validate(blocks, kDifficulty);
      EXPECT_TRUE(fault) << "block " << i;
      EXPECT_TRUE(!fault || fault->position == i);
      return fault ? std::string(name_of(fault->fault)) : "";
    };
    EXPECT_EQ(fault_after([](Block& block) { ++block.index; }), "index");
    EXPECT_EQ(fault_after([](Block& block) { ++block.timestamp_ns; }), "hash");
    EXPECT_EQ(fault_after([](Block& block) { block.data += '!'; }), "hash");
    EXPECT_EQ(fault_after([](Block& block) { block.previous_hash.back() ^= 1; }), "hash");
    EXPECT_EQ(fault_after([](Block& block) { ++block.nonce; }), "hash");
    EXPECT_EQ(fault_after([](Block& block) { block.hash.back() ^= 1; }), "hash");
    EXPECT_EQ(fault_after([](Block& block) { block.hash.clear(); }), "hash");
    EXPECT_EQ(fault_after([](Block& block) { block.hash[0] = 'A'; }), "hash");
  }
}

TEST(Validate, NamesTheFirstBrokenLink) {
  std::vector<Block> blocks = copy_of(sound_chain());
  blocks[2].data = "forged";
  blocks[3].data = "also forged";
  mine(blocks[2], kDifficulty);
  mine(blocks[3], kDifficulty);
  const auto fault = validate(blocks, kDifficulty);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->fault, Fault::kLink);
  EXPECT_EQ(fault->position, 3u);
}

TEST(Validate, WantsGenesisToLinkToZero) {
  std::vector<Block> blocks = copy_of(sound_chain());
  blocks[0].previous_hash = "1";
  rehash(blocks[0]);
  const auto fault = validate(blocks, kDifficulty);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->sentence, "block 0: it does not link to \"0\", as the first block must; stored 1, expected 0");
}

TEST(Validate, NamesTheFirstBlockThatWasNotMinedHardEnough) {
  std::vector<Block> blocks = copy_of(sound_chain());
  blocks[4].nonce = 0;
  rehash(blocks[4]);
  while (leading_zero_bits(compute_hash(blocks[4])) >= kDifficulty) {
    ++blocks[4].nonce;
    rehash(blocks[4]);
  }
  const auto fault = validate(blocks, kDifficulty);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->fault, Fault::kDifficulty);
  EXPECT_EQ(fault->sentence, "block 4: its hash has " + std::to_string(leading_zero_bits(compute_hash(blocks[4]))) +
                                 " leading zero bits, but the difficulty is 8");
}

TEST(Validate, NamesTheFirstBlockOutOfOrder) {
  std::vector<Block> blocks = copy_of(sound_chain());
  std::swap(blocks[2], blocks[3]);
  const auto fault = validate(blocks, kDifficulty);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->sentence, "block 2: its index is 3, but it should be 2");
}

TEST(Validate, ShowsStoredAndRecomputedHash) {
  std::vector<Block> blocks = copy_of(sound_chain());
  blocks[3].data = "forged";
  const auto fault = validate(blocks, kDifficulty);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->sentence, "block 3: its hash does not match its contents; stored " + blocks[3].hash.substr(0, 12) +
                                 "…, recomputed " + to_hex(compute_hash(blocks[3])).substr(0, 12) + "…");
}

TEST(Validate, ShowsATamperedHashWithoutCuttingACharacter) {
  std::vector<Block> blocks = copy_of(sound_chain());
  blocks[1].hash = "12345678901é and so on";
  const auto fault = validate(blocks, kDifficulty);
  ASSERT_TRUE(fault);
  EXPECT_NE(fault->sentence.find("stored 12345678901…,"), std::string::npos) << fault->sentence;
}

TEST(Difficulty, ExpectsTwoToItsPowerHashes) {
  EXPECT_EQ(expected_hashes(0), 1.0);
  EXPECT_EQ(expected_hashes(kDefaultDifficulty), 65536.0);
  EXPECT_EQ(expected_hashes(kMaxDifficulty), 1099511627776.0);
}

TEST(Difficulty, GoesFromZeroToForty) {
  EXPECT_FALSE(is_valid_difficulty(-1));
  EXPECT_TRUE(is_valid_difficulty(0));
  EXPECT_TRUE(is_valid_difficulty(40));
  EXPECT_FALSE(is_valid_difficulty(41));
}

}  // namespace
}  // namespace samovar::chain
