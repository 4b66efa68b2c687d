// How the tests of core/sync run things: main goroutine in, outcome out.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "platform/worker_pool.h"
#include "sched/ops.h"
#include "sched/scheduler.h"

namespace samovar::sync {

enum class Time { kReal, kVirtual };

// One pool for the whole test binary; threads are made on demand and stay.
inline platform::WorkerPool& test_workers() {
  static platform::WorkerPool pool(64);
  return pool;
}

// Runs main(argument) as goroutine 1 to its end.
//
// On one thread nobody is preempted: the order of goroutines then follows from what they do, which many tests here are about, while a
// machine that sets the thread aside for a slice would have whoever is on it yield.
inline sched::Outcome run_on(uint32_t procs, Time time, sched::Task<void> (*main)(void*), void* argument = nullptr, uint64_t seed = 1) {
  sched::Options options;
  options.procs = procs;
  options.seed = seed;
  options.virtual_time = time == Time::kVirtual;
  options.event_bytes = 1 << 20;
  if (procs == 1 && time == Time::kReal) options.slice_ns = sched::kNoSlice;
  options.workers = &test_workers();
  sched::Scheduler scheduler(options);
  return scheduler.run(main, argument);
}

// The same with a typed argument.
template <class T>
sched::Outcome run_on(uint32_t procs, Time time, sched::Task<void> (*main)(T*), T* argument, uint64_t seed = 1) {
  struct Call {
    sched::Task<void> (*main)(T*);
    T* argument;
  } call{main, argument};
  return run_on(procs, time, +[](void* context) { 
    auto* c = static_cast<Call*>(context);
    return c->main(c->argument);
  }, &call, seed);
}

// A test for each number of Ps, with real threads and in virtual time.
class EveryRun : public testing::TestWithParam<std::tuple<uint32_t, Time>> {
 protected:
  uint32_t procs() const { return std::get<0>(GetParam()); }
  Time time() const { return std::get<1>(GetParam()); }

  sched::Outcome run(sched::Task<void> (*main)(void*), uint64_t seed = 1) { return run_on(procs(), time(), main, nullptr, seed); }
  template <class T>
  sched::Outcome run(sched::Task<void> (*main)(T*), T* argument, uint64_t seed = 1) {
    return run_on<T>(procs(), time(), main, argument, seed);
  }
};

inline std::string run_name(const testing::TestParamInfo<std::tuple<uint32_t, Time>>& info) {
  return std::string(std::get<1>(info.param) == Time::kReal ? "Threads" : "Virtual") + std::to_string(std::get<0>(info.param));
}

#define SAMOVAR_EVERY_RUN(Suite)                                                                                       \
  INSTANTIATE_TEST_SUITE_P(Procs, Suite,                                                                               \
                           testing::Combine(testing::Values(1u, 2u, 4u, 8u), testing::Values(Time::kReal, Time::kVirtual)), \
                           run_name)

#define EXPECT_DONE(outcome)                                                     \
  do {                                                                           \
    const sched::Outcome& seen = (outcome);                                      \
    EXPECT_EQ(seen.state, sched::RunState::kDone) << seen.message;               \
  } while (false)

}  // namespace samovar::sync
