// Virtual time repeats itself: the same program, seed and number of Ps give the same events, everywhere.
#include <gtest/gtest.h>

#include "sched/harness.h"

namespace samovar::sched {
namespace {

Task<void> shared_work(Countdown* done) {
  for (int i = 0; i < 200; ++i) {
    co_await go("work", [](Countdown* d, int number) -> Task<void> {
      for (int k = 0; k < 1 + number % 13; ++k) co_await checkpoint(3'000);
      co_await d->done();
    }(done, i));
  }
  co_await done->wait();
}

uint64_t digest_of_shared_work(uint64_t seed, uint32_t procs) {
  Countdown done(200);
  return run({.procs = procs, .time = Time::kVirtual, .seed = seed}, shared_work, &done).digest;
}

TEST(DeterminismOfSeeds, AnotherSeedGivesAnotherDigestWhereThereIsAChoice) {
  EXPECT_NE(digest_of_shared_work(1, 4), digest_of_shared_work(2, 4));
}

TEST(DeterminismOfSeeds, SameSeedGivesTheSameDigest) {
  for (const uint32_t procs : {1u, 2u, 4u, 8u, 64u}) {
    for (uint64_t seed = 1; seed <= 20; ++seed) EXPECT_EQ(digest_of_shared_work(seed, procs), digest_of_shared_work(seed, procs));
  }
}

TEST(DeterminismOfSeeds, OnePHasNothingToChooseFrom) { EXPECT_EQ(digest_of_shared_work(1, 1), digest_of_shared_work(2, 1)); }

TEST(DeterminismOfSeeds, PortionsDoNotMatter) {
  Countdown done(200);
  Settings s{.procs = 4, .time = Time::kVirtual, .seed = 1};
  s.meanwhile = [](Scheduler&) {};  // portions of a millisecond
  EXPECT_EQ(run(s, shared_work, &done).digest, digest_of_shared_work(1, 4));
}

// ---- Golden digests ----
//
// From our own virtual time (x86-64, g++ 12): they promise nothing about Go, only that every platform and compiler agrees. A
// deliberate change of the policy, the costs or the events changes them: then check that the tests of the policy still hold,
// and write the new ones down.

Task<void> golden_yields(Countdown* done) {
  for (int i = 0; i < 10; ++i) {
    co_await go("yielder", [](Countdown* d, int number) -> Task<void> {
      for (int k = 0; k < 5 + number; ++k) co_await gosched();
      co_await d->done();
    }(done, i));
  }
  co_await done->wait();
}

Task<void> golden_calls_and_timers(Countdown* done) {
  for (int i = 0; i < 10; ++i) {
    co_await go("caller", [](Countdown* d, int number) -> Task<void> {
      co_await sleep_for(number * 7'000);
      co_await blocking_call(static_cast<uint64_t>(number) * 11'000);
      co_await checkpoint(5'000);
      co_await d->done();
    }(done, i));
  }
  co_await done->wait();
  co_await set_procs(3);
  co_await gosched();
}

TEST(GoldenDigest, YieldsOnOneP) {
  Countdown done(10);
  EXPECT_EQ(run({.procs = 1, .time = Time::kVirtual, .seed = 1}, golden_yields, &done).digest, UINT64_C(3113137383255658456));
}

TEST(GoldenDigest, SharedWorkOnFourPs) { EXPECT_EQ(digest_of_shared_work(1, 4), UINT64_C(16076548257813908031)); }

TEST(GoldenDigest, CallsAndTimersOnTwoPs) {
  Countdown done(10);
  EXPECT_EQ(run({.procs = 2, .time = Time::kVirtual, .seed = 1}, golden_calls_and_timers, &done).digest, UINT64_C(4127838708904232453));
}

}  // namespace
}  // namespace samovar::sched
