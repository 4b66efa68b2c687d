#include "chain/sha256.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "chain/nonce_kernel.h"
#include "test_seed.h"

namespace samovar::chain {
namespace {

std::string hex_of(std::string_view message) {
  return to_hex(sha256(message));
}

// Bytes 0, 1, 2 ... 250, 0, 1 ...
std::string counting_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i % 251);
  return bytes;
}

std::string random_bytes(std::mt19937_64& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// The messages of FIPS 180-2, appendix B, and of NIST's "Examples with Intermediate Values".
TEST(Sha256, MatchesTheStandardsExamples) {
  EXPECT_EQ(hex_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex_of("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                   "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"),
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
}

TEST(Sha256, MatchesTheStandardsMillionTimesA) {
  EXPECT_EQ(hex_of(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// NIST CAVS, SHA256ShortMsg.rsp, lengths 8 to 32.
TEST(Sha256, MatchesNistShortMessages) {
  EXPECT_EQ(hex_of("\xd3"), "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1");
  EXPECT_EQ(hex_of("\x11\xaf"), "5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98");
  EXPECT_EQ(hex_of("\xb4\x19\x0e"), "dff2e73091f6c05e528896c4c831b9448653dc2ff043528f6769437bc7b975c2");
  EXPECT_EQ(hex_of("\x74\xba\x25\x21"), "b16aa56be3880d18cd41e68384cf1ec8c17680c45a02b1575dc1518923ae8b0e");
}

// Golden values: Python's hashlib over the same bytes.
TEST(Sha256, PadsRightAroundEachBlockBoundary) {
  const std::pair<std::size_t, std::string> expected[] = {
      {1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
      {55, "463eb28e72f82e0a96c0a4cc53690c571281131f672aa229e0d45ae59b598b59"},
      {56, "da2ae4d6b36748f2a318f23e7ab1dfdf45acdc9d049bd80e59de82a60895f562"},
      {57, "2fe741af801cc238602ac0ec6a7b0c3a8a87c7fc7d7f02a3fe03d1c12eac4d8f"},
      {63, "29af2686fd53374a36b0846694cc342177e428d1647515f078784d69cdb9e488"},
      {64, "fdeab9acf3710362bd2658cdc9a29e8f9c757fcf9811603a8c447cd1d9151108"},
      {65, "4bfd2c8b6f1eec7a2afeb48b934ee4b2694182027e6d0fc075074f2fabb31781"},
      {111, "60780e9451bdc43cf4530ffc95cbb0c4eb24dae2c39f55f334d679e076c08065"},
      {112, "09373f127d34e61dbbaa8bc4499c87074f2ddb10e1b465f506d7d70a15011979"},
      {119, "da18797ed7c3a777f0847f429724a2d8cd5138e6ed2895c3fa1a6d39d18f7ec6"},
      {120, "f52b23db1fbb6ded89ef42a23ce0c8922c45f25c50b568a93bf1c075420bbb7c"},
      {127, "92ca0fa6651ee2f97b884b7246a562fa71250fedefe5ebf270d31c546bfea976"},
      {128, "471fb943aa23c511f6f72f8d1652d9c880cfa392ad80503120547703e56a2be5"},
      {1000, "4e4c294b331f7a2099a379bec34b9f9fc03dc46ab465d998f4d683da53487e6d"},
  };
  for (const auto& [size, hex] : expected) EXPECT_EQ(hex_of(counting_bytes(size)), hex) << size << " bytes";
}

TEST(Sha256, TakesAMessageInPiecesOfAnySize) {
  const std::uint64_t seed = test_seed();
  SCOPED_TRACE(seed_note(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 200; ++round) {
    const std::string message = random_bytes(random, random() % 400);
    Sha256 hash;
    for (std::size_t at = 0; at < message.size();) {
      const std::size_t size = std::min<std::size_t>(random() % 150, message.size() - at);
      hash.update(message.data() + at, size);
      at += size;
    }
    ASSERT_EQ(hash.finish(), sha256(message));
  }
}

TEST(Sha256, StartsAfreshAfterFinish) {
  Sha256 hash;
  hash.update("something else");
  hash.finish();
  hash.update("abc");
  EXPECT_EQ(hash.finish(), sha256("abc"));
}

TEST(Sha256, FastBlockFunctionAgreesWithThePlainOne) {
  const std::uint64_t seed = test_seed();
  SCOPED_TRACE(seed_note(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 300; ++round) {
    const std::string message = random_bytes(random, random() % 1000);
    Sha256 plain(compress_blocks_plain);
    Sha256 fast(best_compress_blocks());
    plain.update(message);
    fast.update(message);
    ASSERT_EQ(fast.finish(), plain.finish()) << message.size() << " bytes";
  }
}

TEST(Digest, HexComesBackAsTheSameDigest) {
  const Digest digest = sha256("abc");
  EXPECT_EQ(digest_from_hex(to_hex(digest)), digest);
}

TEST(Digest, RefusesWhatIsNotSixtyFourHexDigits) {
  const std::string hex = to_hex(sha256("abc"));
  EXPECT_FALSE(digest_from_hex(""));
  EXPECT_FALSE(digest_from_hex(hex.substr(1)));
  EXPECT_FALSE(digest_from_hex(hex + "0"));
  EXPECT_FALSE(digest_from_hex("g" + hex.substr(1)));
}

TEST(Digest, CountsLeadingZeroBits) {
  for (int bits = 0; bits < kDigestBits; ++bits) {
    Digest digest;
    digest.bytes[static_cast<std::size_t>(bits / 8)] = static_cast<std::uint8_t>(0x80 >> bits % 8);
    digest.bytes[kDigestBytes - 1] |= 1;
    EXPECT_EQ(leading_zero_bits(digest), bits);
  }
  EXPECT_EQ(leading_zero_bits(Digest{}), kDigestBits);
}

}  // namespace
}  // namespace samovar::chain
