// What every experiment promises: it ends, it repeats in virtual time, and it can be cancelled at any moment.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "experiments/experiments_harness.h"

namespace samovar::experiments {
namespace {

using sched::RunState;

// What makes a run of those short that take long by themselves: under a sanitizer they take fifty times as long.
std::string_view shortened(std::string_view name) {
  struct Short {
    std::string_view name;
    std::string_view parameters;
  };
  static constexpr Short kShort[] = {
      {"trees", R"("depth":10,"collections":1,)"},    {"server", R"("requests":2000,"core":1000,)"}, {"graph", R"("nodes":10000,"collections":2,)"},
      {"list", R"("nodes":10000,"collections":2,)"},  {"cache", R"("operations":20000,"capacity":2000,)"}, {"fragmentation", R"("fill":4,)"},
      {"memory-limit", R"("allocate":150,)"},         {"gc-benchmark", R"("allocations":3000,)"},
  };
  for (const Short& one : kShort) {
    if (one.name == name) return one.parameters;
  }
  return "";
}

class EveryExperiment : public testing::TestWithParam<const ExperimentSpec*> {
 protected:
  std::string_view name() const { return GetParam()->name; }
  RunState expected() const { return name() == "deadlock" ? RunState::kDeadlocked : RunState::kDone; }

  Parameters parameters(const std::string& json) const {
    return validate(*GetParam(), *base::parse_json(json)).parameters;
  }
};

TEST_P(EveryExperiment, EndsOnAnyNumberOfPsAndBothDrivers) {
  for (const char* time : {"virtual", "real"}) {
    for (const int procs : {1, 2, 4, 8}) {
      const Finished run =
          run_experiment(name(), "{" + std::string(shortened(name())) + R"("time":")" + time + R"(","procs":)" + std::to_string(procs) + "}");
      EXPECT_EQ(run.state, expected()) << time << " " << procs << " " << run.message;
    }
  }
}

TEST_P(EveryExperiment, RepeatsInVirtualTime) {
  for (const int procs : {1, 3}) {
    const std::string json = "{" + std::string(shortened(name())) + R"("time":"virtual","seed":7,"procs":)" + std::to_string(procs) + "}";
    const Finished first = run_experiment(name(), json);
    const Finished second = run_experiment(name(), json);
    EXPECT_EQ(first.result.to_json(), second.result.to_json());
    EXPECT_EQ(first.digest, second.digest);
    EXPECT_NE(first.digest, "");
  }
}

TEST_P(EveryExperiment, CanBeCancelledAtAnyMoment) {
  for (int pause_us = 1; pause_us <= 10'000; pause_us *= 10) {
    experiments::Run run(*GetParam(), parameters(R"({"procs":4})"), harness_options());
    std::thread canceller([&run, pause_us] {
      std::this_thread::sleep_for(std::chrono::microseconds(pause_us));
      run.cancel();
    });
    run.execute();
    canceller.join();
    const RunState state = run.outcome().state;
    EXPECT_TRUE(state == RunState::kCancelled || state == expected()) << name_of(state) << run.outcome().message;
    EXPECT_TRUE(base::parse_json(run.result_json(), nullptr, size_t{1} << 28)) << run.result_json().substr(0, 200);
  }
}

TEST_P(EveryExperiment, UnitsAreThoseOfFieldsThatExist) {
  experiments::Run run(*GetParam(), parameters("{" + std::string(shortened(name())) + R"("time":"virtual"})"), RunOptions());
  run.execute();
  const auto result = base::parse_json(run.result_json(), nullptr, size_t{1} << 28);
  ASSERT_TRUE(result);
  for (const auto& [field, unit] : run.units()) {
    EXPECT_NE(result->find(field), nullptr) << field;
    EXPECT_FALSE(unit.empty()) << field;
  }
}

TEST_P(EveryExperiment, ProgressHasComeToItsEndWithTheRun) {
  experiments::Run run(*GetParam(), parameters("{" + std::string(shortened(name())) + R"("time":"virtual"})"), RunOptions());
  run.execute();
  if (expected() != RunState::kDone) return;
  EXPECT_EQ(run.signals().progress_done.load(), run.signals().progress_total.load());
}

struct CutShort {
  std::string_view name;
  std::string_view parameters;            // that make it take long
  std::vector<std::string_view> figures;  // that are known of a part of it, and more than 0
};

class CutShortExperiment : public testing::TestWithParam<CutShort> {};

TEST_P(CutShortExperiment, TellsWhatIsKnown) {
  const ExperimentSpec* spec = find(GetParam().name);
  ASSERT_NE(spec, nullptr);
  Validation checked = validate(*spec, *base::parse_json("{" + std::string(GetParam().parameters) + R"(,"time":"virtual"})"));
  for (const FieldError& error : checked.errors) ADD_FAILURE() << error.message;
  experiments::Run run(*spec, std::move(checked.parameters), RunOptions());
  run.begin();
  do {
    ASSERT_TRUE(run.advance(1)) << "it has come to its end before it could be cancelled";
  } while (run.signals().work.load() + run.signals().progress_done.load() == 0);
  run.cancel();
  while (run.advance(1)) {
  }
  run.finish();
  ASSERT_EQ(run.outcome().state, RunState::kCancelled);
  const auto result = base::parse_json(run.result_json(), nullptr, size_t{1} << 28);
  ASSERT_TRUE(result) << run.result_json().substr(0, 200);
  std::set<std::string> keys;
  for (const std::string& key : result->keys()) EXPECT_TRUE(keys.insert(key).second) << key << " is there twice";
  for (const std::string_view field : GetParam().figures) {
    const base::JsonValue* value = result->find(field);
    ASSERT_NE(value, nullptr) << field << " is missing in " << run.result_json().substr(0, 400);
    EXPECT_TRUE(value->is_array() || value->is_object() ? !value->items().empty() : value->as_double() > 0) << field << " " << value->to_json();
  }
}

INSTANTIATE_TEST_SUITE_P(All, CutShortExperiment, testing::ValuesIn(std::vector<CutShort>{
    {"mine", R"("difficulty":40)", {"hashes", "duration_ns", "hashes_per_second", "total_blocks"}},
    {"mine", R"("difficulty":40,"hasher":"strings","strategy":"locked")", {"hashes_per_second", "bytes_per_hash"}},
    {"mine", R"("difficulty":40,"strategy":"independent")", {"hashes", "duration_ns", "hashes_per_second"}},
    {"add-block", R"("difficulty":40)", {"hashes", "duration_ns", "hashes_per_second"}},
    {"stress", R"("allocations":100000,"pattern":"short-lived")", {"allocations_finished", "duration_ns", "gc_collections", "throughput_mb_per_sec", "num_goroutines"}},
    {"stress", R"("allocations":100000,"pattern":"long-lived","size":1,"heap":512)", {"kept_objects", "kept_mb"}},
    {"gc-benchmark", R"("allocations":10000000)", {"duration_ms", "gc_runs", "throughput_mb_per_sec"}},
    {"memory-limit", R"("allocate":100000)", {"allocated_mb", "peak_mb", "gc_runs", "duration_ns", "throughput_mb_per_sec"}},
    {"trees", R"("depth":20,"heap":512)", {"nodes", "duration_ns", "nodes_per_second"}},
    {"trees", R"("depth":8,"collections":1000)", {"rows", "nodes", "mark_ns", "mark_shortest_ns", "heap_marked"}},
    {"graph", R"("nodes":4194304,"heap":512)", {"nodes", "build_ns"}},
    {"list", R"("nodes":4194304,"heap":512)", {"nodes", "build_ns"}},
    {"cache", R"("operations":100000000)", {"misses", "hit_percent", "duration_ns", "operations_per_second"}},
    {"server", R"("requests":10000000)", {"requests", "duration_ns", "requests_per_second", "latency_median_ns", "allocated_mb"}},
    {"fragmentation", R"("fill":1024,"heap":2047)", {"objects_made"}},
    {"finalizers", R"("count":100000)", {"objects_created", "duration_ms"}},
    {"steal", R"("tasks":100000)", {"tasks_finished", "duration_ns", "steals", "ps"}},
    {"unfair", R"("work":10000000000,"goroutines":100)", {"turns", "wait_median_ns", "preemptions", "duration_ns"}},
    {"round-robin", R"("goroutines":1000,"rounds":100)", {"order", "start_tick"}},
    {"ping-pong", R"("rounds":50000000,"bystander":true)", {"rounds", "final_value", "duration_ns", "ns_per_round_trip"}},
    {"pipeline", R"("values":1000000)", {"values", "duration_ns", "values_per_second"}},
    {"prime-sieve", R"("primes":3000)", {"primes", "goroutines", "duration_ns", "primes_per_second"}},
    {"mutex-starvation", R"("rounds":1000,"greedy":100)", {"waits_ns", "wait_longest_ns", "greedy_holds"}},
    {"blocking-calls", R"("goroutines":1000,"rounds":100)", {"threads_after", "rounds_finished", "calls_ns", "duration_ns"}},
    {"timers", R"("goroutines":50000,"longest":10000000000)", {"woken", "duration_ns"}},
    {"million", R"("goroutines":1000000)", {"alive_at_once", "park_ns", "parked_per_second"}},
    {"leak", R"("goroutines":100000)", {"goroutines_after", "waiting"}},
}), [](const auto& info) {
  std::string name = std::string(info.param.name) + "_" + std::to_string(info.index);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

// Chunks of the system's memory say nothing of a few goroutines, which fit into the first of them.
TEST(GoroutineBytes, AreKnownHoweverFewThereAre) {
  for (const std::string_view name : {"leak", "million"}) {
    double of_many = 0;
    for (const int goroutines : {5000, 1000, 10, 5}) {
      const Finished run = run_experiment(name, R"({"time":"virtual","goroutines":)" + std::to_string(goroutines) + "}");
      const double of_one = run.at("bytes_per_goroutine").as_double();
      if (of_many == 0) of_many = of_one;
      EXPECT_GT(of_one, 100) << name << " " << goroutines;
      EXPECT_NEAR(of_one, of_many, 1) << name << " " << goroutines;
    }
  }
}

// Of those that take long when they are asked for much: how far they are is seen in the second half too.
TEST(Progress, IsToldOnTheWay) {
  constexpr std::pair<std::string_view, std::string_view> kLong[] = {
      {"steal", R"({"tasks":20000,"time":"virtual"})"},
      {"unfair", R"({"work":10000000000,"goroutines":20,"time":"virtual"})"},
      {"round-robin", R"({"goroutines":1000,"rounds":100,"time":"virtual"})"},
      {"million", R"({"goroutines":300000,"time":"virtual"})"},
  };
  for (const auto& [name, json] : kLong) {
    const ExperimentSpec* spec = find(name);
    ASSERT_NE(spec, nullptr) << name;
    experiments::Run run(*spec, validate(*spec, *base::parse_json(json)).parameters, RunOptions());
    bool seen = false;
    run.begin();
    while (run.advance(1)) {
      const uint64_t done = run.signals().progress_done.load();
      const uint64_t total = run.signals().progress_total.load();
      seen |= 2 * done > total && done < total;
    }
    run.finish();
    EXPECT_TRUE(seen) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryExperiment, testing::ValuesIn(all().begin(), all().end()), [](const auto& info) {
  std::string name(info.param->name);
  for (char& c : name) {
    if (c == '-') c = '_';
  }
  return name;
});

}  // namespace
}  // namespace samovar::experiments
