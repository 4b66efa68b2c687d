// Experiments whose heap lives: trees, graph, list, cache, server, fragmentation. Nothing is lost, by neither marker.
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "experiments/experiments_harness.h"

namespace samovar::experiments {
namespace {

using sched::RunState;

struct Small {
  const char* name;
  const char* parameters;  // so that each is small, and yet collected several times
};

constexpr Small kSmall[] = {
    {"trees", R"("depth":9,"goroutines":3,"churn":true,"gogc":20)"},
    {"graph", R"("nodes":20000,"collections":3)"},
    {"list", R"("nodes":20000,"collections":3)"},
    {"cache", R"("operations":30000,"capacity":500,"goroutines":3)"},
    {"server", R"("requests":2000,"core":1000,"objects":40)"},
};

class LiveHeap : public testing::TestWithParam<std::tuple<Small, const char*>> {
 protected:
  Finished run(const char* time, int procs) const {
    return run_experiment(name(), std::string("{") + std::get<0>(GetParam()).parameters + R"(,"marker":")" +
                                      std::get<1>(GetParam()) + R"(","time":")" + time + R"(","procs":)" +
                                      std::to_string(procs) + "}");
  }
  std::string name() const { return std::get<0>(GetParam()).name; }
};

TEST_P(LiveHeap, StaysWholeOnAnyNumberOfPsAndBothDrivers) {
  for (const char* time : {"virtual", "real"}) {
    for (const int procs : {1, 2, 4}) {
      const Finished finished = run(time, procs);
      ASSERT_EQ(finished.state, RunState::kDone) << time << " " << procs << " " << finished.message;
      EXPECT_TRUE(finished.at("intact").as_boolean()) << time << " " << procs;
    }
  }
}

TEST_P(LiveHeap, TheSameSeedGivesTheSameDigest) {
  const Finished first = run("virtual", 3);
  const Finished second = run("virtual", 3);
  EXPECT_EQ(first.digest, second.digest);
  EXPECT_EQ(first.result.to_json(), second.result.to_json());
}

INSTANTIATE_TEST_SUITE_P(Each, LiveHeap,
                         testing::Combine(testing::ValuesIn(kSmall), testing::Values("green-tea", "classic")),
                         [](const auto& info) {
                           const bool classic = std::string(std::get<1>(info.param)) == "classic";
                           return std::string(std::get<0>(info.param).name) + (classic ? "_classic" : "_green_tea");
                         });

// ---- What the markers scan ----

TEST(FullMarks, AListHasNothingToScanTogether) {
  const Finished run = run_experiment("list", R"({"nodes":20000,"time":"virtual","procs":1})");
  EXPECT_EQ(run.number("objects_single"), 20'000);
  EXPECT_EQ(run.number("objects_sparse") + run.number("objects_dense"), 0);
  EXPECT_EQ(run.number("heap_marked"), 20'000 * 32);
}

TEST(FullMarks, AGraphIsScannedAPageAtATime) {
  const Finished run = run_experiment("graph", R"({"nodes":20000,"time":"virtual","procs":1})");
  EXPECT_GT(run.number("objects_sparse") + run.number("objects_dense"), 19'000);
  // 248 nodes of 32 bytes share a page of 8 KiB; each page is scanned little more than once.
  EXPECT_LT(run.number("spans_sparse") + run.number("spans_dense"), 2 * 20'000 / 248);
}

TEST(FullMarks, TheClassicMarkerScansOneByOne) {
  const Finished run = run_experiment("graph", R"({"nodes":20000,"marker":"classic","time":"virtual","procs":1})");
  EXPECT_GE(run.number("objects_single"), 20'000);
  EXPECT_EQ(run.number("objects_sparse") + run.number("objects_dense"), 0);
}

TEST(FullMarks, EachCollectionIsReported) {
  const Finished run = run_experiment("trees", R"({"depth":6,"collections":7,"time":"virtual"})");
  EXPECT_EQ(run.at("mark_ns").items().size(), 7u);
  EXPECT_LE(run.number("mark_shortest_ns"), run.number("mark_median_ns"));
  const Finished none = run_experiment("trees", R"({"depth":6,"collections":0,"time":"virtual"})");
  EXPECT_EQ(none.result.find("mark_ns"), nullptr);
}

// ---- trees ----

// The benchmarks game's own output for depth 10: 2^(10 - d + 4) trees of each second depth d.
TEST(Trees, RowsAreThoseOfTheBenchmarksGame) {
  const Finished run = run_experiment("trees", R"({"depth":10,"time":"virtual"})");
  const auto& rows = run.at("rows").items();
  ASSERT_EQ(rows.size(), 4u);
  const int64_t trees[] = {1024, 256, 64, 16};
  const int64_t nodes[] = {31'744, 32'512, 32'704, 32'752};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(rows[i].find("trees")->as_integer(), trees[i]);
    EXPECT_EQ(rows[i].find("nodes")->as_integer(), nodes[i]);
  }
  EXPECT_EQ(run.number("living_nodes"), 2047);
}

TEST(Trees, ManyGoroutinesMakeTheSameTrees) {
  const Finished one = run_experiment("trees", R"({"depth":8,"time":"virtual"})");
  const Finished many = run_experiment("trees", R"({"depth":8,"goroutines":64,"procs":4,"time":"virtual"})");
  EXPECT_TRUE(many.at("intact").as_boolean());
  EXPECT_EQ(one.number("nodes"), many.number("nodes"));
}

// ---- cache, server, fragmentation ----

TEST(Cache, CountsAddUpAndTheFullCacheDropsAsMuchAsItTakesIn) {
  const Finished run =
      run_experiment("cache", R"({"operations":20000,"capacity":100,"size":8,"hot":50,"time":"virtual"})");
  EXPECT_EQ(run.number("hits") + run.number("misses"), 20'000);
  EXPECT_EQ(run.number("evictions"), run.number("misses") - 100);
  EXPECT_GT(run.number("hits"), 0);
}

TEST(Cache, WithoutHotKeysNothingIsFoundAndWithNothingElseNothingIsDropped) {
  const Finished cold = run_experiment("cache", R"({"operations":5000,"capacity":64,"hot":0,"time":"virtual"})");
  EXPECT_EQ(cold.number("hits"), 0);
  const Finished hot = run_experiment("cache", R"({"operations":5000,"capacity":64,"hot":100,"time":"virtual"})");
  EXPECT_EQ(hot.number("misses"), 32);  // each hot key once
  EXPECT_EQ(hot.number("evictions"), 0);
}

TEST(Server, EachRequestIsMeasured) {
  const Finished run = run_experiment("server", R"({"requests":3000,"goroutines":5,"core":100,"time":"virtual"})");
  EXPECT_EQ(run.number("requests"), 3000);
  EXPECT_GT(run.number("latency_median_ns"), 0);
  EXPECT_LE(run.number("latency_median_ns"), run.number("latency_p99_ns"));
  EXPECT_LE(run.number("latency_p99_ns"), run.number("latency_longest_ns"));
  EXPECT_GT(run.at("requests_per_second").as_double(), 0);
}

TEST(Fragmentation, OneObjectKeepsAPageAndOnlyItsOwnSizeUsesTheRest) {
  const auto in_use = [](const char* refill, const char* field) {
    const Finished run = run_experiment(
        "fragmentation", std::string(R"({"fill":8,"procs":1,"time":"virtual","refill":)") + refill + "}");
    EXPECT_EQ(run.state, RunState::kDone) << run.message;
    // 126 objects of 64 bytes share a page.
    EXPECT_EQ(run.number("objects_left"), (run.number("objects_made") + 125) / 126);
    return run.at(field).as_double();
  };
  const double thinned = in_use("true", "thinned_in_use_mb");
  EXPECT_GT(thinned, 8);
  EXPECT_LT(in_use("true", "thinned_objects_mb"), 1.2);            // the survivors, and the array that keeps them
  EXPECT_LT(in_use("true", "refilled_in_use_mb"), thinned + 0.6);  // no more than the array
  EXPECT_GT(in_use("false", "bigger_in_use_mb"), thinned + 3.9);   // 4 MiB of pages of their own
}

}  // namespace
}  // namespace samovar::experiments
