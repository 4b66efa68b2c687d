#include "chain/block.h"

#include <gtest/gtest.h>

#include <string>

namespace samovar::chain {
namespace {

constexpr std::int64_t kTime = 1795458011'123456789;  // 2026-11-23T18:20:11.123456789Z

TEST(Block, HashesFiveLinesWithoutANewlineAtTheEnd) {
  Block block;
  block.index = 7;
  block.timestamp_ns = kTime;
  block.data = "Tea for two";
  block.previous_hash = "00ab";
  block.nonce = 18446744073709551615u;
  EXPECT_EQ(hashed_text(block), "7\n2026-11-23T18:20:11.123456789Z\nTea for two\n00ab\n18446744073709551615");
  EXPECT_EQ(compute_hash(block), sha256(hashed_text(block)));
}

// Golden value: printf '%s\n%s\n%s\n%s\n%s' 0 2026-11-23T18:20:11.123456789Z 'Genesis Block' 0 0 | sha256sum
TEST(Block, GenesisHasTheHashThatSha256sumGives) {
  const Block genesis = make_genesis(kTime);
  EXPECT_EQ(genesis.index, 0u);
  EXPECT_EQ(genesis.data, "Genesis Block");
  EXPECT_EQ(genesis.previous_hash, "0");
  EXPECT_EQ(genesis.nonce, 0u);
  EXPECT_EQ(genesis.hash, "71a4c4731601e1a60f85f473b58cc024272a6f753d87814503ab3e8fcb6287fd");
}

TEST(Block, CandidateFollowsItsParent) {
  const Block genesis = make_genesis(kTime);
  const Block candidate = make_candidate(genesis, kTime + 1, "x");
  EXPECT_EQ(candidate.index, 1u);
  EXPECT_EQ(candidate.timestamp_ns, kTime + 1);
  EXPECT_EQ(candidate.data, "x");
  EXPECT_EQ(candidate.previous_hash, genesis.hash);
  EXPECT_EQ(candidate.nonce, 0u);
  EXPECT_EQ(candidate.hash, "");
}

TEST(BlockData, AcceptsOneLineOfUtf8) {
  for (const char* data : {"a", "hello, world", "Grüße", "чай", "お茶", "\U0001F375", " "}) {
    EXPECT_EQ(validate_data(data), std::nullopt) << data;
  }
}

TEST(BlockData, MayBeAsLongAsTheLimitAndNoLonger) {
  EXPECT_EQ(validate_data(std::string(kMaxDataBytes, 'x')), std::nullopt);
  EXPECT_EQ(validate_data(std::string(kMaxDataBytes + 1, 'x')), "data must be at most 4096 bytes long; this is 4097");
}

TEST(BlockData, MustNotBeEmpty) {
  EXPECT_EQ(validate_data(""), "data must not be empty");
}

TEST(BlockData, MustNotHoldControlCharacters) {
  EXPECT_EQ(validate_data("two\nlines"), "data must be one line without control characters; there is one at byte 3");
  for (const char* data : {"\t", "\r", "\x1b[31m", "\x7f", "\xc2\x85"}) {
    EXPECT_NE(validate_data(data), std::nullopt);
  }
  EXPECT_NE(validate_data(std::string_view("\0", 1)), std::nullopt);
}

TEST(BlockData, MustBeUtf8) {
  EXPECT_EQ(validate_data("ab\xff"), "data must be UTF-8 text; byte 2 is not");
  // Alone, cut short, over-long, a surrogate, beyond U+10FFFF.
  for (const char* data : {"\x80", "\xc3", "\xe2\x82", "\xf0\x9f\x8d", "\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf",
                           "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3("}) {
    EXPECT_NE(validate_data(data), std::nullopt);
  }
}

}  // namespace
}  // namespace samovar::chain
