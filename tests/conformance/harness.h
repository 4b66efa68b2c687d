// How the conformance tests run things: an experiment by its name, or a main goroutine of their own; in virtual time
// and on threads. In a build without threads both are virtual time.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "experiments/experiment.h"
#include "experiments/run.h"
#include "platform/worker_pool.h"
#include "sched/ops.h"
#include "sched/scheduler.h"

namespace samovar::conformance {

enum class Time { kVirtual, kThreads };
inline constexpr Time kBothTimes[] = {Time::kVirtual, Time::kThreads};

inline const char* name_of(Time time) {
  return time == Time::kVirtual ? "virtual" : "real";
}

// The slice for tests of the order of goroutines on one P. On threads there is none, so that the order follows from what they do alone: a
// machine that sets the thread aside for 10 ms would otherwise have whoever is on it preempted.
inline uint64_t slice_for_order(Time time) {
  return time == Time::kThreads ? sched::kNoSlice : sched::Options().slice_ns;
}

// One pool for the whole test binary.
inline platform::WorkerPool& workers() {
  static platform::WorkerPool pool(std::min(platform::max_threads(), 64u));
  return pool;
}

// What came of an experiment.
struct Ended {
  sched::RunState state = sched::RunState::kIdle;
  std::string message;
  std::string digest;  // "" on threads
  base::JsonValue result;

  const base::JsonValue& at(std::string_view field) const {
    static const base::JsonValue kNone;
    const base::JsonValue* value = result.find(field);
    EXPECT_NE(value, nullptr) << "no field " << field;
    return value != nullptr ? *value : kNone;
  }
  int64_t number(std::string_view field) const { return at(field).as_integer().value_or(-1); }
  std::vector<int64_t> numbers(std::string_view field) const {
    std::vector<int64_t> out;
    for (const base::JsonValue& item : at(field).items()) out.push_back(item.as_integer().value_or(-1));
    return out;
  }
  // A list of numbers or texts, with `between` between them.
  std::string joined(std::string_view field, std::string_view between) const {
    std::string out;
    for (const base::JsonValue& item : at(field).items()) {
      if (!out.empty()) out += between;
      out += item.text();
    }
    return out;
  }
};

// Runs the experiment of that name; `parameters` is a JSON object without its braces: R"("goroutines":10)".
inline Ended run_experiment(std::string_view name, Time time, const std::string& parameters = "",
                            uint64_t slice_ns = sched::Options().slice_ns) {
  Ended ended;
  const experiments::ExperimentSpec* spec = experiments::find(name);
  EXPECT_NE(spec, nullptr) << name;
  if (spec == nullptr) return ended;
  std::string text = "{\"time\":\"" + std::string(name_of(time)) + "\"";
  if (!parameters.empty()) text += "," + parameters;
  text += "}";
  const auto object = base::parse_json(text);
  EXPECT_TRUE(object) << text;
  if (!object) return ended;
  experiments::Validation checked = validate(*spec, *object);
  for (const auto& error : checked.errors) ADD_FAILURE() << error.message;
  experiments::RunOptions options;
  options.workers = &workers();
  options.event_bytes = 1 << 20;
  options.slice_ns = slice_ns;
  experiments::Run run(*spec, std::move(checked.parameters), options);
  run.execute();
  ended.state = run.outcome().state;
  ended.message = run.outcome().message;
  ended.digest = run.digest();
  const auto result = base::parse_json(run.result_json(), nullptr, size_t{1} << 28);
  EXPECT_TRUE(result) << run.result_json().substr(0, 200);
  if (result) ended.result = *result;
  return ended;
}

// Lets the others run until each of them waits, if they are few. Once is not enough: at each 61st tick the
// global queue, and so who has just yielded, comes first.
inline sched::Task<void> let_others_run() {
  for (int i = 0; i < 3; ++i) co_await sched::gosched();
}

// Runs main(argument) as goroutine 1 to its end, as a Go program runs its main.
template <class T>
sched::Outcome run_main(sched::Task<void> (*main)(T*), T* argument, uint32_t procs = 1, Time time = Time::kVirtual,
                        uint64_t seed = 1, uint64_t slice_ns = sched::Options().slice_ns) {
  struct Call {
    sched::Task<void> (*main)(T*);
    T* argument;
    static sched::Task<void> begin(void* call) {
      const Call& self = *static_cast<Call*>(call);
      return self.main(self.argument);
    }
  } call{main, argument};
  sched::Options options;
  options.procs = procs;
  options.seed = seed;
  options.event_bytes = 1 << 20;
  options.slice_ns = slice_ns;
  options.workers = &workers();
  options.virtual_time = time == Time::kVirtual || workers().limit() == 0;
  sched::Scheduler scheduler(options);
  return scheduler.run(&Call::begin, &call);
}

}  // namespace samovar::conformance
