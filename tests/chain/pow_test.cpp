// The search against brute force: every nonce of a stretch hashed as a whole text by the plain twin.

#include "chain/pow.h"

#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "test_seed.h"

namespace samovar::chain {
namespace {

constexpr std::uint64_t kLastNonce = std::numeric_limits<std::uint64_t>::max();
constexpr std::int64_t kTime = 1795458011'123456789;

struct Stretch {
  std::uint64_t first;
  std::uint64_t count;
};

// Each change of the number of digits, of the thousand, and both ends.
constexpr Stretch kStretches[] = {
    {0, 25},
    {90, 25},
    {980, 40},
    {9'990, 20},
    {999'985, 40},
    {4'294'967'285, 20},
    {9'999'999'999'999'990, 20},
    {kLastNonce - 39, 40},
};

Digest hash_with(Block block, std::uint64_t nonce) {
  block.nonce = nonce;
  Sha256 plain(compress_blocks_plain);
  plain.update(hashed_text(block));
  return plain.finish();
}

std::vector<std::uint64_t> hits_by_brute_force(const Block& block, int difficulty, const Stretch& stretch) {
  std::vector<std::uint64_t> hits;
  for (std::uint64_t i = 0; i < stretch.count; ++i) {
    if (meets_difficulty(hash_with(block, stretch.first + i), difficulty)) hits.push_back(stretch.first + i);
  }
  return hits;
}

// All hits, found by scanning on behind each; checks what each scan reports on the way.
std::vector<std::uint64_t> hits_by_scan(const NonceSearch& search, const Block& block, const Stretch& stretch) {
  std::vector<std::uint64_t> hits;
  std::uint64_t done = 0;
  while (done < stretch.count) {
    const auto outcome = search.scan(stretch.first + done, stretch.count - done);
    if (!outcome.found) {
      EXPECT_EQ(outcome.hashes, stretch.count - done);
      break;
    }
    EXPECT_EQ(outcome.nonce, stretch.first + done + outcome.hashes - 1);
    EXPECT_EQ(outcome.digest, hash_with(block, outcome.nonce));
    hits.push_back(outcome.nonce);
    done += outcome.hashes;
  }
  return hits;
}

Block block_with_data(std::size_t size) {
  Block block;
  block.timestamp_ns = kTime;
  block.data = std::string(size, 'd');
  block.previous_hash = "0";
  return block;
}

// With data of 0 to 130 bytes the nonce begins at each place in a block, twice.
TEST(Scan, EqualsBruteForceForEachLengthAndNumberOfDigits) {
  constexpr int kBits = 3;
  for (std::size_t size = 0; size <= 130; ++size) {
    const Block block = block_with_data(size);
    for (const Stretch& stretch : kStretches) {
      const auto expected = hits_by_brute_force(block, kBits, stretch);
      for (const Kernel& kernel : kernels()) {
        ASSERT_EQ(hits_by_scan(NonceSearch(block, kBits, kernel), block, stretch), expected)
            << kernel.name << ", data " << size << " bytes, nonces from " << stretch.first;
      }
    }
  }
}

TEST(Scan, EqualsBruteForceOnRandomStretches) {
  const std::uint64_t seed = test_seed();
  SCOPED_TRACE(seed_note(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 60; ++round) {
    Block block = block_with_data(random() % 200);
    block.index = random() >> random() % 64;
    const int difficulty = static_cast<int>(random() % 11);
    const Stretch stretch = {random() >> random() % 64, random() % 700};
    if (stretch.first > kLastNonce - stretch.count) continue;
    const auto expected = hits_by_brute_force(block, difficulty, stretch);
    for (const Kernel& kernel : kernels()) {
      ASSERT_EQ(hits_by_scan(NonceSearch(block, difficulty, kernel), block, stretch), expected)
          << kernel.name << ", nonces from " << stretch.first;
    }
  }
}

TEST(Scan, GivesTheSameOutcomeWhateverTheKernel) {
  const Block block = block_with_data(20);
  const auto expected = NonceSearch(block, 12, *find_kernel("scalar")).scan(0, 100'000);
  ASSERT_TRUE(expected.found);
  for (const Kernel& kernel : kernels()) {
    const auto outcome = NonceSearch(block, 12, kernel).scan(0, 100'000);
    EXPECT_EQ(outcome.nonce, expected.nonce) << kernel.name;
    EXPECT_EQ(outcome.digest, expected.digest) << kernel.name;
    EXPECT_EQ(outcome.hashes, expected.hashes) << kernel.name;
  }
}

TEST(Scan, TakesTheFirstNonceAtDifficultyZero) {
  for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{123'456}, kLastNonce}) {
    const auto outcome = NonceSearch(block_with_data(5), 0).scan(first, 10);
    EXPECT_TRUE(outcome.found);
    EXPECT_EQ(outcome.nonce, first);
    EXPECT_EQ(outcome.hashes, 1u);
  }
}

TEST(Scan, TriesNothingWhenAskedForNothing) {
  const auto outcome = NonceSearch(block_with_data(5), 0).scan(77, 0);
  EXPECT_FALSE(outcome.found);
  EXPECT_EQ(outcome.hashes, 0u);
}

TEST(Scan, StopsAtTheLastNonceThereIs) {
  for (const Kernel& kernel : kernels()) {
    const auto outcome = NonceSearch(block_with_data(5), kMaxDifficulty, kernel).scan(kLastNonce - 1'234, kLastNonce);
    EXPECT_FALSE(outcome.found);
    EXPECT_EQ(outcome.hashes, 1'235u) << kernel.name;
  }
}

// The hashes of a hard search are the same however it is cut up between goroutines.
TEST(Scan, FindsTheSameNonceInStretchesAsAtOnce) {
  const NonceSearch search(block_with_data(33), 14);
  const auto at_once = search.scan(0, 1'000'000);
  ASSERT_TRUE(at_once.found);
  std::uint64_t hashes = 0;
  for (std::uint64_t first = 0;; first += kNoncesPerCheckpoint) {
    const auto outcome = search.scan(first, kNoncesPerCheckpoint);
    hashes += outcome.hashes;
    if (!outcome.found) continue;
    EXPECT_EQ(outcome.nonce, at_once.nonce);
    break;
  }
  EXPECT_EQ(hashes, at_once.hashes);
}

#ifndef __EMSCRIPTEN__
TEST(Scan, MayBeCalledByManyThreadsAtOnce) {
  const NonceSearch search(block_with_data(33), 12);
  const auto alone = search.scan(0, 100'000);
  std::vector<NonceSearch::Outcome> outcomes(4);
  std::vector<std::thread> threads;
  for (auto& outcome : outcomes) {
    threads.emplace_back([&] { outcome = search.scan(0, 100'000); });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& outcome : outcomes) EXPECT_EQ(outcome.nonce, alone.nonce);
}
#endif

TEST(NonceSearch, UsesTheFastestKernelUnlessTold) {
  EXPECT_EQ(NonceSearch(block_with_data(1), 1).kernel_name(), kernels().front().name);
  EXPECT_EQ(NonceSearch(block_with_data(1), 1, *find_kernel("scalar")).kernel_name(), "scalar");
}

// A kernel that only remembers which bits it was asked to look at.
std::uint64_t seen_mask = 0;

std::uint32_t remember_mask(const NonceRun& run, std::uint32_t, std::uint32_t high) {
  seen_mask = std::uint64_t{run.mask[0]} << 32 | run.mask[1];
  return high;
}

// Difficulties above 32 reach into the digest's second word; no test could wait for a hit.
TEST(NonceSearch, AsksForAsManyLeadingZeroBitsAsTheDifficulty) {
  constexpr Kernel kSpy = {"spy", remember_mask};
  for (int difficulty = kMinDifficulty; difficulty <= kMaxDifficulty; ++difficulty) {
    NonceSearch(block_with_data(5), difficulty, kSpy).scan(1'000, 1);
    EXPECT_EQ(std::popcount(seen_mask), difficulty);
    EXPECT_EQ(std::countl_one(seen_mask), difficulty);
  }
}

TEST(Kernels, EndWithTheScalarTwinAndHaveUniqueNames) {
  EXPECT_EQ(kernels().back().name, "scalar");
  for (const Kernel& kernel : kernels()) EXPECT_EQ(find_kernel(kernel.name), &kernel);
  EXPECT_EQ(find_kernel("abacus"), nullptr);
}

// Runs that no message could make, and any bits of the digest's first two words.
TEST(Kernels, AgreeWithTheScalarTwinOnRandomRuns) {
  const std::uint64_t seed = test_seed();
  SCOPED_TRACE(seed_note(seed));
  std::mt19937_64 random(seed);
  const auto word = [&] { return static_cast<std::uint32_t>(random()); };
  for (int round = 0; round < 400; ++round) {
    NonceRun run{};
    for (auto& value : run.chain) value = word();
    for (auto& value : run.words) value = word();
    run.blocks = 1 + word() % 2;
    run.digit_byte = word() % (run.blocks == 2 ? 64 : 53);
    for (std::uint32_t i = 0; i < kRunDigits; ++i) {
      const std::uint32_t byte = run.digit_byte + i;
      run.words[byte / 4] &= ~(0xffu << (8 * (3 - byte % 4)));
    }
    for (int bit = 0; bit < 7; ++bit) run.mask[word() % 2] |= 1u << word() % 32;
    finish_run(run);
    const std::uint32_t low = word() % kRunLength;
    const std::uint32_t high = low + 1 + word() % (kRunLength - low);
    const std::uint32_t expected = find_kernel("scalar")->first_hit(run, low, high);
    for (const Kernel& kernel : kernels()) {
      ASSERT_EQ(kernel.first_hit(run, low, high), expected) << kernel.name << ", digits at " << run.digit_byte << ", "
                                                            << run.blocks << " blocks, " << low << ".." << high;
    }
  }
}

}  // namespace
}  // namespace samovar::chain
