// Samples against all values, sorted.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/rng.h"
#include "experiments/work.h"

namespace samovar::experiments {
namespace {

// The value at that rank, as Samples defines it.
uint64_t sorted_at(std::vector<uint64_t> values, uint64_t per_cent) {
  std::sort(values.begin(), values.end());
  return values[std::max<size_t>((values.size() * per_cent + 99) / 100, 1) - 1];
}

TEST(Samples, AFewAreExact) {
  base::Rng rng(1);
  Samples samples;
  std::vector<uint64_t> values;
  while (values.size() < Samples::kExact) {
    values.push_back(rng.next() >> (16 + rng.below(48)));
    samples.add(values.back());
    for (const uint64_t per_cent : {50, 99, 100}) ASSERT_EQ(samples.at_percent(per_cent), sorted_at(values, per_cent)) << values.size();
  }
}

TEST(Samples, ManyAreAtMostAHundredAndTwentyEighthTooHighAndTheLongestIsExact) {
  base::Rng rng(2);
  Samples parts[3];
  Samples all;
  std::vector<uint64_t> values;
  for (int i = 0; i < 200'000; ++i) {
    values.push_back(rng.next() >> (16 + rng.below(48)));
    parts[rng.below(1000) == 0 ? 0 : 1 + rng.below(2)].add(values.back());  // one of them has a few only
  }
  EXPECT_LT(parts[0].size(), Samples::kExact);
  for (const Samples& part : parts) all.append(part);
  EXPECT_EQ(all.size(), values.size());
  EXPECT_EQ(all.longest(), *std::max_element(values.begin(), values.end()));
  for (uint64_t per_cent = 1; per_cent <= 100; ++per_cent) {
    const uint64_t exact = sorted_at(values, per_cent);
    EXPECT_GE(all.at_percent(per_cent), exact) << per_cent;
    EXPECT_LE(all.at_percent(per_cent), exact + exact / 128) << per_cent;
  }
}

TEST(Samples, TakeTheLargestNumbersToo) {
  Samples samples;
  for (size_t i = 0; i <= Samples::kExact; ++i) samples.add(UINT64_MAX - i);
  EXPECT_EQ(samples.longest(), UINT64_MAX);
  EXPECT_GE(samples.at_percent(50), UINT64_MAX - Samples::kExact);
}

}  // namespace
}  // namespace samovar::experiments
