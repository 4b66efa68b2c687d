// Random programs: small trees of goroutines that do everything the scheduler offers, made from a seed.
//
// What a goroutine does follows from its own number and the seed alone, so the same seed is the same program whoever runs it and in
// whatever order. All that is created ends, for every wait has somebody who ends it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/rng.h"
#include "sched/harness.h"

namespace samovar::sched {

struct RandomProgram {
  explicit RandomProgram(uint64_t seed_) : seed(seed_), rng(seed_) {
    roots = 1 + rng.below(6);
    depth = 1 + rng.below(3);
    resizes = rng.below(4) == 0;
    blocks = rng.below(2) == 0;
    sleeps = rng.below(2) == 0;
    stops = rng.below(4) == 0;
  }

  uint64_t seed;
  base::Rng rng;
  uint32_t roots, depth;
  bool resizes, blocks, sleeps, stops;

  std::atomic<uint64_t> begun{0};
  std::atomic<uint64_t> ended{0};
  std::atomic<int64_t> left{0};
  Gate over;
};

namespace programs {

// Counts the goroutine's end whether it returns or leaves by Goexit.
struct Presence {
  explicit Presence(RandomProgram* program_) : program(program_) { program->begun.fetch_add(1); }
  ~Presence() { program->ended.fetch_add(1); }
  RandomProgram* program;
  Tracked tracked;
};

inline Task<void> finish(RandomProgram* program) {
  if (program->left.fetch_sub(1) == 1) co_await program->over.open();
}

inline Task<void> partner(RandomProgram* program, Gate* gate, Gate* answer) {
  {
    Presence presence(program);
    co_await gate->wait();
    co_await answer->open();
  }
  co_await finish(program);
}

// Two goroutines wait for each other, once each way.
inline Task<void> meet(RandomProgram* program) {
  Gate gate, answer;
  program->left.fetch_add(1);
  co_await go("partner", partner(program, &gate, &answer));
  co_await checkpoint(300);
  co_await gate.open();
  co_await answer.wait();
}

inline Task<int> nested(int depth) {
  if (depth == 0) {
    co_await gosched();
    co_return 1;
  }
  const int below = co_await nested(depth - 1);
  co_return below + 1;
}

inline Task<void> leave(RandomProgram* program) {
  co_await finish(program);
  co_await goexit();
}

inline Task<void> node(RandomProgram* program, uint64_t number, uint32_t depth) {
  {
    Presence presence(program);
    base::Rng rng(program->seed * 1'000'003 + number);
    const uint32_t steps = 1 + rng.below(8);
    for (uint32_t i = 0; i < steps; ++i) {
      const uint32_t dice = rng.below(100);
      if (dice < 20) {
        co_await gosched();
      } else if (dice < 30) {
        co_await goyield();
      } else if (dice < 50) {
        const uint32_t turns = rng.below(40);
        for (uint32_t k = 0; k < turns; ++k) co_await checkpoint(1 + rng.below(3000));
      } else if (dice < 70) {
        if (depth > 0) {
          program->left.fetch_add(1);
          co_await go("node", node(program, number * 31 + i + 1, depth - 1));
        }
      } else if (dice < 80) {
        co_await meet(program);
      } else if (dice < 86) {
        if (program->sleeps) co_await sleep_for(static_cast<int64_t>(rng.below(60'000)));
      } else if (dice < 91) {
        if (program->blocks) co_await blocking_call(rng.below(100'000));
      } else if (dice < 95) {
        co_await nested(static_cast<int>(rng.below(20)));
      } else if (dice < 97) {
        if (program->resizes) co_await set_procs(1 + rng.below(8));
      } else if (dice < 98) {
        if (program->stops) {
          co_await stop_the_world(StwReason::kOther);
          co_await start_the_world();
        }
      } else if (number != 0) {
        co_await leave(program);
      }
    }
  }
  co_await finish(program);
}

}  // namespace programs

inline Task<void> random_main(RandomProgram* program) {
  program->left.fetch_add(program->roots);
  for (uint32_t i = 0; i < program->roots; ++i) co_await go("root", programs::node(program, 1000 + i, program->depth));
  co_await program->over.wait();
  // The last may still be on its way from finish() to its end.
  const G* g = co_await self();
  uint64_t alive = 2;
  while (alive > 1) {
    co_await gosched();
    alive = g->scheduler->num_goroutine();
  }
}

}  // namespace samovar::sched
