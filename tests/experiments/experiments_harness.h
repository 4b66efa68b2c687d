// Runs an experiment from its JSON parameters, as the page does, for the tests of single experiments.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "base/json.h"
#include "experiments/experiment.h"
#include "experiments/run.h"
#include "platform/worker_pool.h"

namespace samovar::experiments {

// What came of a run.
struct Finished {
  sched::RunState state = sched::RunState::kIdle;
  std::string message;
  std::string digest;  // "" in real time
  base::JsonValue result;

  const base::JsonValue& at(std::string_view field) const {
    static const base::JsonValue kNone;
    const base::JsonValue* value = result.find(field);
    EXPECT_NE(value, nullptr) << "no field " << field;
    return value != nullptr ? *value : kNone;
  }
  int64_t number(std::string_view field) const { return at(field).as_integer().value_or(-1); }
};

inline platform::WorkerPool& harness_workers() {
  static platform::WorkerPool pool(std::min(platform::max_threads(), 64u));
  return pool;
}

// As the page runs them, but that each collection is checked and what it frees is filled.
inline RunOptions harness_options() {
  RunOptions options;
  options.workers = &harness_workers();
  options.event_bytes = 1 << 20;
  options.checkmark = true;
  options.poison = true;
  return options;
}

// `parameters` is a JSON object that must have no errors.
inline Finished run_experiment(std::string_view name, const std::string& parameters) {
  Finished finished;
  const ExperimentSpec* spec = find(name);
  const auto object = base::parse_json(parameters);
  EXPECT_TRUE(spec != nullptr && object) << name << " " << parameters;
  if (spec == nullptr || !object) return finished;
  Validation checked = validate(*spec, *object);
  for (const FieldError& error : checked.errors) ADD_FAILURE() << error.message;
  Run run(*spec, std::move(checked.parameters), harness_options());
  run.execute();
  finished.state = run.outcome().state;
  finished.message = run.outcome().message;
  finished.digest = run.digest();
  const auto result = base::parse_json(run.result_json(), nullptr, size_t{1} << 28);
  EXPECT_TRUE(result) << run.result_json().substr(0, 200);
  if (result) finished.result = *result;
  return finished;
}

}  // namespace samovar::experiments
