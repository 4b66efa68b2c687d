// Experiments made for these tests, run start to end as the command line and the page run them.
#include "experiments/run.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "platform/worker_pool.h"
#include "sched/ops.h"

namespace samovar::experiments {
namespace {

using sched::RunState;

sched::Task<void> count_to(Context& context, int64_t rounds) {
  for (int64_t i = 0; i < rounds; ++i) {
    context.add_work(1);
    co_await sched::gosched();
  }
}

sched::Task<void> counting(Context& context) {
  const int64_t rounds = context.parameters().integer("rounds");
  co_await sched::go("helper", count_to(context, rounds));
  for (int64_t i = 0; i < rounds; ++i) {
    context.progress(static_cast<uint64_t>(i + 1), static_cast<uint64_t>(rounds));
    co_await sched::gosched();
  }
  context.unit("rounds", "times");
  context.unit("rounds", "rounds");
  context.result().field("rounds", rounds);
}

sched::Task<void> panicking(Context& context) {
  context.result().field("early", true);
  context.result().key("list");
  context.result().begin_array();
  context.result().value(1);
  co_await sched::panic("nothing works");
}

sched::Task<void> endless(Context& context) {
  while (true) {
    context.add_work(1);
    co_await sched::checkpoint(1000);
  }
}

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::integer("rounds", 100, {1, 1'000'000}, "rounds", "How often everybody yields.")};

ExperimentSpec spec_of(RunFunction function) {
  return {.name = "test", .title = "Test", .parameters = kParameters, .run = function};
}

Parameters parameters_of(const ExperimentSpec& spec, std::string_view json) {
  Validation checked = validate(spec, *base::parse_json(json));
  EXPECT_TRUE(checked.errors.empty());
  return checked.parameters;
}

base::JsonValue json_of(const Run& run) {
  base::JsonError error;
  const auto value = base::parse_json(run.to_json(), &error);
  EXPECT_TRUE(value) << error.message << "\n" << run.to_json();
  return value ? *value : base::JsonValue();
}

// Each test on real threads and in virtual time.
class RunTest : public testing::TestWithParam<const char*> {
 protected:
  bool is_virtual() const { return std::string_view(GetParam()) == "virtual"; }
  Parameters parameters(const ExperimentSpec& spec) {
    return parameters_of(spec, std::string("{\"procs\":2,\"time\":\"") + GetParam() + "\"}");
  }

  platform::WorkerPool workers_{platform::max_threads()};
  RunOptions options_{.workers = &workers_, .event_bytes = size_t{1} << 20, .number = 3};
};

TEST_P(RunTest, DoneGivesEverythingTheInterfacePromises) {
  const ExperimentSpec spec = spec_of(counting);
  experiments::Run run(spec, parameters(spec), options_);
  EXPECT_EQ(run.state(), RunState::kIdle);
  run.execute();
  EXPECT_EQ(run.state(), RunState::kDone);
  EXPECT_EQ(run.signals().progress_done.load(), 100u);
  EXPECT_EQ(run.signals().progress_total.load(), 100u);
  const base::JsonValue json = json_of(run);
  EXPECT_EQ(json.find("experiment")->text(), "test");
  EXPECT_EQ(json.find("run")->as_integer(), 3);
  EXPECT_EQ(json.find("state")->text(), "done");
  EXPECT_EQ(json.find("driver")->text(), is_virtual() ? "virtual" : "threads");
  EXPECT_EQ(json.find("message")->text(), "");
  EXPECT_EQ(json.find("parameters")->to_json(),
            std::string(R"({"rounds":100,"procs":2,"seed":1,"time":")") + GetParam() + "\"}");
  EXPECT_EQ(json.find("result")->to_json(), R"({"rounds":100})");
  EXPECT_EQ(json.find("units")->to_json(), R"({"rounds":"rounds"})");
  for (const observe::MetricDescription& metric : observe::scheduler_metrics()) {
    if (!metric.name.starts_with("/sched/")) continue;
    const base::JsonValue* value = json.find("metrics")->find(metric.name);
    ASSERT_NE(value, nullptr) << metric.name;
    EXPECT_EQ(value->is_object(), metric.kind == observe::MetricKind::kHistogram) << metric.name;
  }
}

TEST_P(RunTest, CostSaysWhatWasMeasuredAndNothingElse) {
  const ExperimentSpec spec = spec_of(counting);
  experiments::Run run(spec, parameters(spec), options_);
  run.execute();
  const base::JsonValue json = json_of(run);
  const base::JsonValue& cost = *json.find("cost");
  EXPECT_GT(cost.find("wall_ns")->as_integer(), 0);
  EXPECT_GT(cost.find("events_recorded")->as_integer(), 100);
  EXPECT_GE(cost.find("events_dropped")->as_integer(), 0);
  EXPECT_GT(cost.find("clock_resolution_ns")->as_integer(), 0);
  EXPECT_GT(cost.find("goroutine_bytes")->as_integer(), 0);
  EXPECT_EQ(cost.find("virtual_ns") != nullptr, is_virtual());
  ASSERT_EQ(cost.find("digest") != nullptr, is_virtual());
  if (is_virtual()) {
    EXPECT_EQ(cost.find("digest")->text().find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_EQ(cost.find("digest")->text().size(), 16u);
  }
}

TEST_P(RunTest, APanicKeepsWhatWasWrittenBefore) {
  const ExperimentSpec spec = spec_of(panicking);
  experiments::Run run(spec, parameters(spec), options_);
  run.execute();
  EXPECT_EQ(run.state(), RunState::kPanicked);
  const base::JsonValue json = json_of(run);
  EXPECT_EQ(json.find("state")->text(), "panicked");
  EXPECT_TRUE(json.find("message")->text().starts_with("panic: nothing works")) << json.find("message")->text();
  EXPECT_EQ(json.find("result")->to_json(), R"({"early":true,"list":[1]})");
}

// Executes a run that never ends by itself, and cancels it when it has done some work.
void execute_and_cancel(experiments::Run* run) {
  std::thread canceller([run] {
    while (run->signals().work.load() < 1000) std::this_thread::yield();
    run->cancel();
  });
  run->execute();
  canceller.join();
  EXPECT_EQ(run->state(), RunState::kCancelled);
}

TEST_P(RunTest, CancelEndsAnEndlessRun) {
  const ExperimentSpec spec = spec_of(endless);
  experiments::Run run(spec, parameters(spec), options_);
  execute_and_cancel(&run);
  EXPECT_TRUE(run.signals().cancelled.load());
  EXPECT_EQ(json_of(run).find("result")->to_json(), "{}");
}

sched::Task<void> endless_with_list(Context& context) {
  uint64_t rounds = 0;
  const uint64_t start = context.scheduler().elapsed_ns();
  context.result().key("list");
  context.result().begin_array();
  SoFar told_already(context, start, [&](uint64_t) { context.result().field("told_already", true); });
  const SoFar so_far(context, start, [&](uint64_t duration_ns) {
    context.result().field("rounds", rounds);
    context.result().field("duration_is_known", duration_ns > 0);
  });
  told_already.over();
  {
    const SoFar gone(context, start, [&](uint64_t) { context.result().field("gone", true); });
  }
  while (true) {
    ++rounds;
    context.add_work(1);
    co_await sched::checkpoint(1000);
    if (context.parameters().integer("rounds") == 1) co_await sched::panic("nothing works");
  }
}

TEST_P(RunTest, ARunThatIsCutShortTellsWhatIsKnownSoFar) {
  const ExperimentSpec spec = spec_of(endless_with_list);
  experiments::Run run(spec, parameters(spec), options_);
  execute_and_cancel(&run);
  EXPECT_EQ(json_of(run).find("result")->to_json(), R"({"list":[],"rounds":)" + std::to_string(run.signals().work.load()) + R"(,"duration_is_known":true})");
}

TEST_P(RunTest, APanicTellsWhatIsKnownSoFar) {
  const ExperimentSpec spec = spec_of(endless_with_list);
  experiments::Run run(spec, parameters_of(spec, std::string(R"({"rounds":1,"time":")") + GetParam() + "\"}"), options_);
  run.execute();
  EXPECT_EQ(run.state(), RunState::kPanicked);
  EXPECT_EQ(json_of(run).find("result")->to_json(), R"({"list":[],"rounds":1,"duration_is_known":true})");
}

TEST_P(RunTest, ACancelBeforeTheStartIsNotForgotten) {
  const ExperimentSpec spec = spec_of(endless);
  experiments::Run run(spec, parameters(spec), options_);
  run.cancel();
  run.execute();
  EXPECT_EQ(run.state(), RunState::kCancelled);
}

TEST_P(RunTest, SchedtraceLinesAreGos) {
  const ExperimentSpec spec = spec_of(endless);
  options_.schedtrace_ms = 1;
  experiments::Run run(spec, parameters(spec), options_);
  std::thread canceller([&] {
    while (run.schedtrace().empty()) std::this_thread::yield();
    run.cancel();
  });
  run.execute();
  canceller.join();
  EXPECT_EQ(run.schedtrace().find("SCHED "), 0u) << run.schedtrace();
  EXPECT_NE(run.schedtrace().find("ms: gomaxprocs=2 idleprocs="), std::string::npos) << run.schedtrace();
  EXPECT_EQ(run.schedtrace(run.schedtrace().size()), "");
}

INSTANTIATE_TEST_SUITE_P(Drivers, RunTest, testing::Values("real", "virtual"),
                         [](const auto& info) { return std::string(info.param); });

TEST(Run, TheSameSeedGivesTheSameDigestInPortionsToo) {
  const ExperimentSpec spec = spec_of(counting);
  const Parameters parameters = parameters_of(spec, R"({"rounds":20000,"procs":4,"time":"virtual"})");
  experiments::Run whole(spec, parameters, {}), portions(spec, parameters, {});
  whole.execute();
  portions.begin();
  while (portions.advance(1)) {
  }
  portions.finish();
  EXPECT_EQ(whole.digest(), portions.digest());
  EXPECT_EQ(whole.cost().virtual_ns, portions.cost().virtual_ns);
  EXPECT_EQ(whole.cost().events_recorded, portions.cost().events_recorded);
  experiments::Run other(spec, parameters_of(spec, R"({"rounds":20000,"procs":4,"time":"virtual","seed":2})"), {});
  other.execute();
  EXPECT_EQ(other.state(), RunState::kDone);
}

TEST(Run, WithoutThreadsTheyAreSimulated) {
  const ExperimentSpec spec = spec_of(counting);
  experiments::Run run(spec, parameters_of(spec, R"({"time":"real"})"), {});
  EXPECT_TRUE(run.virtual_time());
  run.execute();
  EXPECT_EQ(json_of(run).find("driver")->text(), "virtual");
}

}  // namespace
}  // namespace samovar::experiments
