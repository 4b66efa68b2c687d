// The one list of experiments. To add one: declare its constant in registry.h, and put it into kAll where the
// page should show it.
#include "experiments/registry.h"

namespace samovar::experiments {

std::span<const ExperimentSpec* const> all() {
  static const std::vector<const ExperimentSpec*> kAll = {
      &kMine,   &kAddBlock, &kSpawnOrder,  &kYieldOrder,    &kRoundRobin,      &kCloseOrder,    &kWakeOrder, &kSteal,
      &kUnfair, &kPingPong, &kPipeline,    &kPrimeSieve,    &kMutexStarvation, &kBlockingCalls, &kTimers,    &kDeadlock,
      &kLeak,   &kMillion,  &kStress,      &kGcBenchmark,   &kFinalizers,      &kTrees,         &kGraph,     &kList,
      &kCache,  &kServer,   &kMemoryLimit, &kFragmentation, &kWeakAndCleanups,
  };
  return kAll;
}

}  // namespace samovar::experiments
