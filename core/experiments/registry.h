// One line an experiment: the constant that its file defines. registry.cpp puts them in order.
//
// An experiment's file includes this header, so that its constant is visible outside:
//
//   const ExperimentSpec kMine = {.name = "mine", …, .run = mine};
#pragma once

#include "experiments/experiment.h"

namespace samovar::experiments {

extern const ExperimentSpec kMine;
extern const ExperimentSpec kAddBlock;
extern const ExperimentSpec kSpawnOrder;
extern const ExperimentSpec kYieldOrder;
extern const ExperimentSpec kRoundRobin;
extern const ExperimentSpec kCloseOrder;
extern const ExperimentSpec kWakeOrder;
extern const ExperimentSpec kSteal;
extern const ExperimentSpec kUnfair;
extern const ExperimentSpec kPingPong;
extern const ExperimentSpec kPipeline;
extern const ExperimentSpec kPrimeSieve;
extern const ExperimentSpec kMutexStarvation;
extern const ExperimentSpec kBlockingCalls;
extern const ExperimentSpec kTimers;
extern const ExperimentSpec kDeadlock;
extern const ExperimentSpec kLeak;
extern const ExperimentSpec kMillion;
extern const ExperimentSpec kStress;
extern const ExperimentSpec kGcBenchmark;
extern const ExperimentSpec kFinalizers;
extern const ExperimentSpec kTrees;
extern const ExperimentSpec kGraph;
extern const ExperimentSpec kList;
extern const ExperimentSpec kCache;
extern const ExperimentSpec kServer;
extern const ExperimentSpec kMemoryLimit;
extern const ExperimentSpec kFragmentation;
extern const ExperimentSpec kWeakAndCleanups;

}  // namespace samovar::experiments
