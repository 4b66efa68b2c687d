// mine and add-block: the chain is sound, and each strategy does what it says.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "chain/chain.h"
#include "chain/pow.h"
#include "chain/rfc3339.h"
#include "experiments/experiments_harness.h"
#include "experiments/probe.h"

namespace samovar::experiments {
namespace {

chain::Block block_of(const base::JsonValue& json) {
  chain::Block block;
  block.index = static_cast<uint64_t>(json.find("index")->as_integer().value_or(-1));
  block.timestamp_ns = chain::parse_rfc3339(json.find("timestamp")->text()).value_or(0);
  block.data = json.find("data")->text();
  block.previous_hash = json.find("previous_hash")->text();
  block.nonce = static_cast<uint64_t>(json.find("nonce")->as_integer().value_or(-1));
  block.hash = json.find("hash")->text();
  return block;
}

std::vector<chain::Block> chain_of(const Finished& run) {
  std::vector<chain::Block> blocks = {block_of(run.at("genesis"))};
  for (const base::JsonValue& json : run.at("blocks").items()) blocks.push_back(block_of(json));
  return blocks;
}

class Mining : public testing::TestWithParam<const char*> {};

TEST_P(Mining, TheChainOfTheResultIsSound) {
  for (const char* time : {"virtual", "real"}) {
    for (const int procs : {1, 2, 4}) {
      const Finished run = run_experiment(
          "mine", std::string(R"({"blocks":7,"difficulty":10,"goroutines":5,"strategy":")") + GetParam() +
                      R"(","time":")" + time + R"(","procs":)" + std::to_string(procs) + "}");
      ASSERT_EQ(run.state, sched::RunState::kDone) << run.message;
      const std::vector<chain::Block> blocks = chain_of(run);
      ASSERT_EQ(blocks.size(), 8u);
      const auto fault = chain::validate(blocks, 10);
      EXPECT_FALSE(fault) << fault->sentence;
      EXPECT_TRUE(run.at("valid").as_boolean());
      EXPECT_EQ(run.number("total_blocks"), 8);
      EXPECT_EQ(run.number("goroutines"), 5);
      EXPECT_GT(run.number("hashes"), 0);
      EXPECT_GT(run.at("hashes_per_second").as_double(), 0);
    }
  }
}

TEST_P(Mining, HashesAreThoseOfTheBlocksAndOfTheDiscardedOnes) {
  const Finished run = run_experiment(
      "mine", std::string(R"({"difficulty":12,"time":"virtual","procs":4,"strategy":")") + GetParam() + "\"}");
  int64_t hashes = 0;
  for (const base::JsonValue& block : run.at("blocks").items())
    hashes += block.find("hashes")->as_integer().value_or(0);
  if (const base::JsonValue* discarded = run.result.find("discarded_hashes")) {
    hashes += discarded->as_integer().value_or(0);
  }
  EXPECT_EQ(run.number("hashes"), hashes);
}

TEST_P(Mining, ABlockAtDifficulty0IsFoundAtOnce) {
  const Finished run = run_experiment(
      "mine", std::string(R"({"difficulty":0,"time":"virtual","procs":2,"strategy":")") + GetParam() + "\"}");
  ASSERT_EQ(run.state, sched::RunState::kDone);
  for (const base::JsonValue& block : run.at("blocks").items()) EXPECT_EQ(block.find("nonce")->text(), "0");
}

// The original has 582 bytes a hash (its time is written longer) and 170 collections for a million hashes at GOGC 100.
TEST_P(Mining, StringsFindTheSameBlocksAndMakeTheCollectorWork) {
  const auto run = [](const char* hasher, const char* time, int procs) {
    return run_experiment("mine", std::string(R"({"difficulty":12,"blocks":3,"goroutines":3,"strategy":")") +
                                      GetParam() + R"(","hasher":")" + hasher + R"(","time":")" + time +
                                      R"(","procs":)" + std::to_string(procs) + "}");
  };
  for (const char* time : {"virtual", "real"}) {
    for (const int procs : {1, 2, 4}) {
      const Finished finished = run("strings", time, procs);
      ASSERT_EQ(finished.state, sched::RunState::kDone) << finished.message;
      EXPECT_TRUE(finished.at("valid").as_boolean());
      EXPECT_NEAR(finished.at("bytes_per_hash").as_double(), 540, 20);
      const double millions = static_cast<double>(finished.number("hashes")) / 1e6;
      EXPECT_NEAR(static_cast<double>(finished.number("gc_runs")), 150 * millions, 30 * millions + 2);
    }
  }
  EXPECT_EQ(run("midstate", "virtual", 1).result.find("gc_runs"), nullptr);
}

INSTANTIATE_TEST_SUITE_P(EachStrategy, Mining, testing::Values("partition", "independent", "locked"),
                         [](const auto& info) { return std::string(info.param); });

TEST(Mine, PartitionFindsTheLowestNonceWhoeverFindsIt) {
  for (const int procs : {1, 2, 3, 8}) {
    const Finished run =
        run_experiment("mine", R"({"difficulty":14,"goroutines":9,"blocks":3,"procs":)" + std::to_string(procs) + "}");
    ASSERT_EQ(run.state, sched::RunState::kDone);
    for (const chain::Block& found : chain_of(run)) {
      if (found.index == 0) continue;
      const chain::NonceSearch search(found, 14);
      const auto lowest = search.scan(0, found.nonce + 1);
      EXPECT_EQ(lowest.nonce, found.nonce);
    }
  }
}

TEST(Mine, TwoPsShareTheWorkOfPartitionAndNotThatOfLocked) {
  const auto rate = [](const char* strategy, int procs) {
    return run_experiment("mine", std::string(R"({"difficulty":16,"time":"virtual","strategy":")") + strategy +
                                      R"(","procs":)" + std::to_string(procs) + "}")
        .at("hashes_per_second")
        .as_double();
  };
  EXPECT_GT(rate("partition", 2), 1.8 * rate("partition", 1));
  EXPECT_LT(rate("locked", 2), 1.05 * rate("locked", 1));
}

TEST(Mine, OthersWaitForTheLockAndBranchesAreThrownAway) {
  const Finished locked = run_experiment("mine", R"({"time":"virtual","procs":2,"strategy":"locked"})");
  EXPECT_GT(locked.number("lock_wait_ns"), locked.number("duration_ns") / 2);
  const Finished independent = run_experiment("mine", R"({"time":"virtual","procs":2,"strategy":"independent"})");
  EXPECT_GT(independent.number("discarded_hashes"), 0);
}

TEST(Mine, VirtualTimeGivesTheSameBlocksEachTime) {
  const std::string parameters = R"({"time":"virtual","procs":4,"difficulty":12,"goroutines":16})";
  const Finished first = run_experiment("mine", parameters);
  const Finished second = run_experiment("mine", parameters);
  EXPECT_EQ(first.result.to_json(), second.result.to_json());
  EXPECT_EQ(first.digest, second.digest);
}

// Every block of the result was marked, by the goroutine and on the P that it names.
TEST_P(Mining, ABlockIsMarkedInTheEventsWhereItWasSolved) {
  const std::string json = std::string(R"({"difficulty":12,"blocks":3,"procs":2,"time":"virtual","strategy":")") + GetParam() + "\"}";
  experiments::Run run(*find("mine"), validate(*find("mine"), *base::parse_json(json)).parameters, RunOptions());
  run.execute();
  std::vector<observe::Event> events(100'000);
  events.resize(run.log().drain(events.data(), events.size()));
  const auto result = base::parse_json(run.result_json(), nullptr, size_t{1} << 28);
  ASSERT_TRUE(result);
  ASSERT_EQ(result->find("blocks")->items().size(), 3u);
  for (const base::JsonValue& block : result->find("blocks")->items()) {
    const auto marks = std::count_if(events.begin(), events.end(), [&](const observe::Event& event) {
      return event.kind == observe::EventKind::kUser && event.a == static_cast<uint32_t>(MarkKind::kBlockSolved) &&
             event.b == static_cast<uint64_t>(*block.find("index")->as_integer()) && event.g == *block.find("found_by")->as_integer() &&
             event.p == *block.find("p")->as_integer();
    });
    EXPECT_EQ(marks, 1) << "block " << block.find("index")->text();
  }
}

TEST(AddBlock, OneBlockIsMined) {
  for (const char* time : {"virtual", "real"}) {
    const Finished run =
        run_experiment("add-block", std::string(R"({"data":"tea","difficulty":9,"time":")") + time + "\"}");
    ASSERT_EQ(run.state, sched::RunState::kDone);
    const std::vector<chain::Block> blocks = {block_of(run.at("genesis")), block_of(run.at("block"))};
    EXPECT_FALSE(chain::validate(blocks, 9));
    EXPECT_EQ(blocks[1].data, "tea");
    EXPECT_EQ(run.number("hashes"), static_cast<int64_t>(blocks[1].nonce) + 1);
  }
}

}  // namespace
}  // namespace samovar::experiments
