// How the tests of core/sync run things: as those of core/sched do, but on one thread without slices.
//
// There nobody is preempted then: the order of goroutines follows from what they do, which many tests here are about, while a
// machine that sets the thread aside for a slice would have whoever is on it yield.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>

#include "sched/harness.h"

namespace samovar::sync {

using sched::run_name;
using sched::Time;

inline sched::Settings settings_for(uint32_t procs, Time time, uint64_t seed = sched::test_seed()) {
  sched::Settings settings{.procs = procs, .time = time, .seed = seed};
  if (procs == 1 && time == Time::kReal) settings.slice_ns = sched::kNoSlice;
  return settings;
}

// Runs main(argument) as goroutine 1 to its end.
template <class T>
sched::Outcome run_on(uint32_t procs, Time time, sched::Task<void> (*main)(T*), T* argument) {
  return sched::run(settings_for(procs, time), main, argument).outcome;
}

// A test for each number of Ps, with real threads and in virtual time.
class EveryRun : public sched::EveryRun {
 protected:
  sched::Outcome run(sched::Task<void> (*main)(void*)) { return sched::run(settings_for(procs(), time()), main, nullptr).outcome; }
  template <class T>
  sched::Outcome run(sched::Task<void> (*main)(T*), T* argument, uint64_t seed = sched::test_seed()) {
    return sched::run(settings_for(procs(), time(), seed), main, argument).outcome;
  }
};

}  // namespace samovar::sync
