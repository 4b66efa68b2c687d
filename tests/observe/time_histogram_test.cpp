#include "observe/time_histogram.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>
#include <vector>

namespace samovar::observe {
namespace {

constexpr uint64_t kLastEdge = uint64_t{1} << 47;

TEST(TimeHistogram, HasGos162Buckets) {
  EXPECT_EQ(TimeHistogram::kBuckets, 162u);
  EXPECT_EQ(TimeHistogram::kFiniteEdges, 161u);
}

// Go 1.26: 0, 64, …, 512 in steps of 64 ns, then four steps a power of two, to about 1.4e14 ns.
TEST(TimeHistogram, HasGosEdges) {
  const uint64_t first[] = {0, 64, 128, 192, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1280, 1536, 1792, 2048};
  for (size_t i = 0; i < std::size(first); ++i) EXPECT_EQ(TimeHistogram::edge_ns(i), first[i]) << i;
  EXPECT_EQ(TimeHistogram::edge_ns(159), (kLastEdge >> 3) * 7);
  EXPECT_EQ(TimeHistogram::edge_ns(160), kLastEdge);
}

TEST(TimeHistogram, EachEdgeOpensItsOwnBucket) {
  for (size_t i = 0; i < TimeHistogram::kFiniteEdges; ++i) {
    const auto edge = static_cast<int64_t>(TimeHistogram::edge_ns(i));
    EXPECT_EQ(TimeHistogram::bucket_of(edge), i + 1) << i;
    EXPECT_EQ(TimeHistogram::bucket_of(edge - 1), i) << i;
  }
}

TEST(TimeHistogram, NegativeAndEndlessHaveBucketsOfTheirOwn) {
  TimeHistogram histogram;
  histogram.record_signed(-1);
  histogram.record(kLastEdge);
  histogram.record(UINT64_MAX);
  EXPECT_EQ(histogram.counts()[0], 1u);
  EXPECT_EQ(histogram.counts()[161], 2u);
  EXPECT_EQ(histogram.total(), 3u);
}

TEST(TimeHistogram, MergeAddsEveryBucket) {
  TimeHistogram a, b;
  std::mt19937_64 random(3);
  for (int i = 0; i < 1000; ++i) a.record(random() >> (random() % 64));
  for (int i = 0; i < 1000; ++i) b.record(random() >> (random() % 64));
  const auto left = a.counts(), right = b.counts();
  a.merge(b);
  for (size_t i = 0; i < TimeHistogram::kBuckets; ++i) EXPECT_EQ(a.counts()[i], left[i] + right[i]);
}

TEST(TimeHistogram, ThreadsLoseNothing) {
  constexpr int kEach = 20'000;
  TimeHistogram histogram;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) histogram.record(static_cast<uint64_t>(t) * 64);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (size_t t = 0; t < 4; ++t) EXPECT_EQ(histogram.counts()[1 + t], static_cast<uint64_t>(kEach));
}

TEST(TimeHistogram, QuantileIsTheUpperEdgeOfItsBucket) {
  TimeHistogram histogram;
  EXPECT_EQ(histogram.quantile_ns(0.5), 0u);
  for (int i = 0; i < 99; ++i) histogram.record(10);
  histogram.record(1000);
  EXPECT_EQ(histogram.quantile_ns(0), 64u);
  EXPECT_EQ(histogram.quantile_ns(0.5), 64u);
  EXPECT_EQ(histogram.quantile_ns(0.99), 64u);
  EXPECT_EQ(histogram.quantile_ns(1), 1024u);
  histogram.record(UINT64_MAX);
  EXPECT_EQ(histogram.quantile_ns(1), kLastEdge);
}

TEST(TimeHistogram, JsonHasOneCountMoreThanEdges) {
  TimeHistogram histogram;
  histogram.record(70);
  std::string out;
  base::JsonWriter json(out);
  histogram.write(json);
  const auto value = base::parse_json(out);
  ASSERT_TRUE(value);
  const auto& buckets = value->find("buckets")->items();
  const auto& counts = value->find("counts")->items();
  ASSERT_EQ(buckets.size(), 161u);
  ASSERT_EQ(counts.size(), 162u);
  EXPECT_EQ(buckets[0].text(), "0");
  EXPECT_EQ(buckets[1].as_double(), 6.4e-8);
  EXPECT_EQ(counts[2].as_integer(), 1);  // 64 ns to 128 ns
}

}  // namespace
}  // namespace samovar::observe
