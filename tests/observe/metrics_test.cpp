#include "observe/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace samovar::observe {
namespace {

TEST(Metrics, SchedulerMetricsStandInGosOrder) {
  const auto all = scheduler_metrics();
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; }));
  EXPECT_NE(find_metric("/sched/latencies:seconds"), nullptr);
  EXPECT_EQ(find_metric("/sched/latency:seconds"), nullptr);
}

TEST(Metrics, TheUnitIsWhatFollowsTheColon) {
  EXPECT_EQ(unit_of("/sched/gomaxprocs:threads"), "threads");
  EXPECT_EQ(unit_of("plain"), "");
}

TEST(Metrics, WritesNamesLetterForLetterInOrder) {
  MetricSet set;
  set.set("/sched/goroutines:goroutines", uint64_t{3});
  set.set("/sync/mutex/wait/total:seconds", 0.5);
  set.set("/sched/goroutines:goroutines", uint64_t{1});
  std::string out;
  base::JsonWriter json(out);
  set.write(json);
  EXPECT_EQ(out, R"({"/sched/goroutines:goroutines":1,"/sync/mutex/wait/total:seconds":0.5})");
  ASSERT_NE(set.find("/sched/goroutines:goroutines"), nullptr);
  EXPECT_EQ(set.find("/sched/goroutines:goroutines")->count, 1u);
}

TEST(Metrics, HistogramsAreWrittenWithTheirEdges) {
  MetricSet set;
  {
    TimeHistogram latencies;
    latencies.record(70);
    set.set("/sched/latencies:seconds", latencies);  // copied: the histogram may go
  }
  std::string out;
  base::JsonWriter json(out);
  set.write(json);
  EXPECT_TRUE(out.starts_with(R"({"/sched/latencies:seconds":{"buckets":[0,6.4e-8,)"));
}

}  // namespace
}  // namespace samovar::observe
