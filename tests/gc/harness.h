// How the tests of core/gc run things: a scheduler with a collector, and a main goroutine.
//
//   Ran ran = run_collected({.procs = 2}, {.checkmark = true}, main_of_the_test, &state);
//   EXPECT_DONE(ran);
#pragma once

#include <memory>

#include "gc/collector.h"
#include "gc/make.h"
#include "sched/harness.h"
#include "support/sanitizers.h"

// For long tests in virtual time: that has one thread, in which ThreadSanitizer can find nothing though it takes minutes.
#define SKIP_UNDER_THREAD_SANITIZER() \
  if (kThreadSanitizer) GTEST_SKIP() << "virtual time has one thread: no races"

namespace samovar::gc {

struct Collected {
  sched::Ran ran;
  CollectorFigures figures;
  std::vector<CycleRecord> cycles;
  std::string gctrace;  // at level 1
};

// Runs main(argument) on a run with a collector of its own. `at_end` (which may be null) is called with the collector while that is still there, for what outlives the
// goroutines, Roots above all.
template <class T>
Collected run_collected(sched::Settings settings, const CollectorOptions& options, sched::Task<void> (*main)(T*), T* argument, void (*at_end)(T*) = nullptr) {
  Collected out;
  std::unique_ptr<Collector> collector;
  settings.beforehand = [&](sched::Scheduler& scheduler) { collector = std::make_unique<Collector>(scheduler, options); };
  settings.afterwards = [&](sched::Scheduler&) {
    out.figures = collector->figures();
    out.cycles = collector->cycles();
    out.gctrace = collector->gctrace(1);
    if (at_end != nullptr) at_end(argument);
  };
  out.ran = sched::run(settings, main, argument);
  return out;
}

}  // namespace samovar::gc
