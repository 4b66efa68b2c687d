// What is given back to the system, and when. In virtual time: the figures are the same on every platform, whether it can take pages back or not.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "gc/harness.h"
#include "sched/costs.h"
#include "sched/ops.h"

namespace samovar::gc {
namespace {

using sched::RunState;
using sched::test_seed;
using sched::Task;

constexpr uint64_t kMebibyte = uint64_t{1} << 20;

struct Figures {
  heap::HeapFigures full;
  heap::HeapFigures after;
  uint64_t goal = 0;
};

Task<void> settle() {
  for (int i = 0; i < 50; ++i) co_await sched::gosched();
}

// Something large lives, then dies.
Task<void> rise_and_fall(Figures* figures) {
  {
    constexpr size_t kSlices = 512;
    Local<Ref<uint8_t>> kept = make_array<Ref<uint8_t>>(kSlices);
    for (size_t i = 0; i < kSlices; ++i) {
      kept.get()[i] = make_bytes(64 * 1024);
      co_await sched::checkpoint(1000);
    }
    co_await collector().collect();
    co_await settle();
    figures->full = collector().heap_figures();
  }
  // The first makes the goal small, the second goes by it.
  for (int i = 0; i < 2; ++i) {
    co_await collector().collect();
    co_await settle();
  }
  figures->after = collector().heap_figures();
  figures->goal = collector().goal();
}

TEST(Scavenger, GivesBackWhatTheNextGoalWillNotNeed) {
  Figures figures;
  const Collected out = run_collected({.procs = 1}, {}, rise_and_fall, &figures);
  EXPECT_DONE(out.ran);
  EXPECT_GE(figures.full.in_use_bytes, 32 * kMebibyte);
  EXPECT_LT(figures.full.released_bytes, 4 * kMebibyte);
  EXPECT_EQ(figures.goal, 4 * kMebibyte);
  EXPECT_GE(figures.after.released_bytes, 24 * kMebibyte);
  EXPECT_LE(figures.after.in_use_bytes + figures.after.free_bytes, 8 * kMebibyte);
}

// What is given back again and again: at once, then so soon that a hundredth of the time would be exceeded, then when there has been time.
Task<void> rise_and_fall_again(std::vector<uint64_t>* released) {
  for (const uint64_t rest_ns : {0u, 0u, 500'000'000u}) {
    Figures figures;
    co_await rise_and_fall(&figures);
    co_await sched::sleep_for(static_cast<int64_t>(rest_ns));
    if (rest_ns != 0) co_await collector().collect();
    co_await settle();
    released->push_back(collector().heap_figures().released_bytes);
  }
}

TEST(Scavenger, TakesNoMoreThanAHundredthOfTheTime) {
  std::vector<uint64_t> released;
  const Collected out = run_collected({.procs = 1}, {}, rise_and_fall_again, &released);
  EXPECT_DONE(out.ran);
  ASSERT_EQ(released.size(), 3u);
  EXPECT_GE(released[0], 24 * kMebibyte);
  EXPECT_LT(released[1], 16 * kMebibyte) << "32 MiB cost a millisecond: not before 100 of them";
  EXPECT_GE(released[2], 24 * kMebibyte);
  EXPECT_EQ(out.figures.scavenge_assist_ns, 0u) << "there is no limit";
  const uint64_t of_first = released[0] / heap::kPageBytes * sched::costs::kReleasePage;
  EXPECT_GE(out.figures.scavenge_background_ns, of_first);
  EXPECT_LE(out.figures.scavenge_background_ns, out.ran.outcome.elapsed_ns / 100 + of_first);
}

struct Limited {
  uint64_t most_mapped = 0;
  uint64_t most_released = 0;
};

// Two hundred mebibytes in slices of many sizes, so that what is freed does not always fit what is asked for.
Task<void> allocate_below_limit(Limited* limited) {
  for (uint64_t i = 0; i < 4000; ++i) {
    make_bytes(1024 + i * 7919 % 100'000);
    const heap::HeapFigures now = collector().heap_figures();
    limited->most_mapped = std::max(limited->most_mapped, now.in_use_bytes + now.free_bytes);
    limited->most_released = std::max(limited->most_released, now.released_bytes);
    co_await sched::checkpoint(10'000);
  }
}

TEST(Scavenger, KeepsWhatIsMappedBelowALimitThoughTheArenaHasMore) {
  for (const sched::Time time : {sched::Time::kVirtual, sched::Time::kReal}) {
    if (time == sched::Time::kReal && !sched::threads_available()) continue;
    for (const uint32_t procs : {1u, 2u, 4u}) {
      Limited limited;
      const Collected out = run_collected({.procs = procs, .time = time}, {.pacing = {.gogc = kGcOff, .memory_limit = 16 * kMebibyte}}, allocate_below_limit, &limited);
      EXPECT_DONE(out.ran);
      EXPECT_GE(out.figures.cycles, 10u);
      if (time == sched::Time::kVirtual && procs == 1) {
        EXPECT_GT(out.figures.scavenge_assist_ns, 0u) << "with more Ps collections may come soon enough";
      }
      EXPECT_LE(limited.most_mapped, 16 * kMebibyte) << procs << (time == sched::Time::kReal ? " Ps on threads" : " virtual Ps");
    }
  }
}

}  // namespace
}  // namespace samovar::gc
