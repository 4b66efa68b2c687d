// The CPU limiter's arithmetic, then a run that needs it.
#include "gc/cpu_limiter.h"

#include <gtest/gtest.h>

#include "gc/harness.h"
#include "observe/metrics.h"

namespace samovar::gc {
namespace {

using sched::kMicrosecond;
using sched::kMillisecond;
using sched::kSecond;
using sched::RunState;
using sched::Task;
using sched::test_seed;

constexpr uint64_t kCapacity = CpuLimiter::kCapacityPerProcNs;

// ---- The bucket. Values are those that TestGCCPULimiter of Go 1.26 (mgclimit_test.go) asks for, one of its stages a test, or follow from mgclimit.go. ----

// A limiter with a clock. Each step says what share of all the Ps' time assists take, beside the quarter that marking takes anyway.
struct Bucket {
  explicit Bucket(uint32_t procs = 14) : procs(procs) { limiter.reset_capacity(0, procs); }

  void pass(uint64_t ns, double assists = 0) {
    now += ns;
    limiter.add_assist(static_cast<uint64_t>(assists * static_cast<double>(ns) * procs));
    limiter.update(now);
  }
  void stop_to_mark(bool marking, uint64_t ns) {
    limiter.begin_transition(marking, now);
    now += ns;
    limiter.finish_transition(now);
  }
  void fill_to_the_brim() { pass(kCapacity, 1 - kBackgroundUtilization); }

  uint32_t procs;
  uint64_t now = 0;
  CpuLimiter limiter;
};

constexpr double kHalf = 0.5 - kBackgroundUtilization;  // what assists take when the collector has half of all
constexpr double kAll = 1 - kBackgroundUtilization;

TEST(CpuLimiter, HoldsASecondForEachP) {
  Bucket bucket;
  EXPECT_EQ(bucket.limiter.capacity_ns(), 14 * kSecond);
  EXPECT_EQ(bucket.limiter.fill_ns(), 0u);
  EXPECT_FALSE(bucket.limiter.limiting());
  EXPECT_EQ(bucket.limiter.last_limited_cycle(), 0u);
}

TEST(CpuLimiter, TimeOfTheProgramNeverMakesItEmptierThanEmpty) {
  Bucket bucket;
  for (const uint64_t ns : {10 * kMillisecond, kSecond, 3600 * kSecond}) bucket.pass(ns);
  EXPECT_EQ(bucket.limiter.fill_ns(), 0u);
}

TEST(CpuLimiter, WantsAnUpdateTenMillisecondsAfterTheLast) {
  Bucket bucket;
  bucket.pass(kSecond);
  EXPECT_FALSE(bucket.limiter.needs_update(bucket.now + CpuLimiter::kUpdatePeriodNs));
  EXPECT_TRUE(bucket.limiter.needs_update(bucket.now + CpuLimiter::kUpdatePeriodNs + 1));
}

TEST(CpuLimiter, StopsOfTheWorldFillItWithTheTimeOfAllPs) {
  Bucket bucket;
  bucket.pass(109 * kMillisecond);
  bucket.stop_to_mark(true, 2 * kMillisecond + kMicrosecond);
  EXPECT_EQ(bucket.limiter.fill_ns(), (2 * kMillisecond + kMicrosecond) * 14);
}

// While marking goes on a quarter is the collector's and three quarters are not: half of all time drains.
TEST(CpuLimiter, MarkingWithoutAssistsDrainsItAtHalfSpeed) {
  Bucket bucket;
  bucket.stop_to_mark(true, 2 * kMillisecond + kMicrosecond);
  bucket.pass(2 * (2 * kMillisecond + kMicrosecond - 1));
  EXPECT_EQ(bucket.limiter.fill_ns(), 14u);
}

TEST(CpuLimiter, HalfOfAllLeavesItAsItIs) {
  Bucket bucket;
  bucket.stop_to_mark(true, 0);
  bucket.pass(10 * kMillisecond, kHalf);
  EXPECT_EQ(bucket.limiter.fill_ns(), 0u);
  bucket.pass(kMillisecond, kAll);
  EXPECT_EQ(bucket.limiter.fill_ns(), 14 * kMillisecond);
  bucket.pass(kSecond, kHalf);
  EXPECT_EQ(bucket.limiter.fill_ns(), 14 * kMillisecond);
  EXPECT_FALSE(bucket.limiter.limiting());
}

TEST(CpuLimiter, LimitsOnceItIsFullAndAsLongAsNothingDrains) {
  Bucket bucket;
  bucket.stop_to_mark(true, 0);
  bucket.pass(kCapacity - kMillisecond, kAll);
  EXPECT_FALSE(bucket.limiter.limiting());
  bucket.pass(kMillisecond, kAll);
  EXPECT_EQ(bucket.limiter.fill_ns(), bucket.limiter.capacity_ns());
  EXPECT_TRUE(bucket.limiter.limiting());
  EXPECT_EQ(bucket.limiter.overflow_ns(), 0u);
  bucket.pass(kSecond, kHalf);
  EXPECT_TRUE(bucket.limiter.limiting());
  EXPECT_EQ(bucket.limiter.overflow_ns(), 0u);
  bucket.pass(kCapacity);
  EXPECT_EQ(bucket.limiter.fill_ns(), bucket.limiter.capacity_ns() / 2);
  EXPECT_FALSE(bucket.limiter.limiting());
}

TEST(CpuLimiter, CountsWhatFindsItFull) {
  Bucket bucket;
  bucket.stop_to_mark(true, 0);
  bucket.fill_to_the_brim();
  bucket.pass(kCapacity);  // half of it drains
  bucket.fill_to_the_brim();
  EXPECT_EQ(bucket.limiter.overflow_ns(), 14 * kCapacity / 2);
  // Marking ends with assists nobody has counted yet, and the stop counts too.
  bucket.now += kMillisecond;
  bucket.limiter.add_assist(static_cast<uint64_t>(kAll * kMillisecond * 14));
  bucket.stop_to_mark(false, 5 * kMillisecond);
  EXPECT_TRUE(bucket.limiter.limiting());
  EXPECT_EQ(bucket.limiter.overflow_ns(), 14 * (kCapacity / 2 + 6 * kMillisecond));
}

TEST(CpuLimiter, FollowsTheNumberOfPs) {
  Bucket bucket;
  bucket.stop_to_mark(true, 0);
  bucket.fill_to_the_brim();
  bucket.limiter.reset_capacity(bucket.now, 24);
  EXPECT_EQ(bucket.limiter.fill_ns(), 14 * kCapacity);
  EXPECT_FALSE(bucket.limiter.limiting());
  bucket.limiter.reset_capacity(bucket.now, 4);
  EXPECT_EQ(bucket.limiter.fill_ns(), 4 * kCapacity);
  EXPECT_TRUE(bucket.limiter.limiting());
  EXPECT_EQ(bucket.limiter.overflow_ns(), 0u) << "fewer Ps are no work done";
}

// updateLocked: idle time is taken from the program's side, after the collector's quarter of all has been reckoned.
TEST(CpuLimiter, IdleTimeIsNobodys) {
  Bucket bucket(4);
  bucket.stop_to_mark(true, 0);
  bucket.limiter.add_idle(20 * kMillisecond);  // two of the four Ps
  bucket.pass(10 * kMillisecond);
  EXPECT_EQ(bucket.limiter.fill_ns(), 0u);  // one marks, one does not
  bucket.limiter.add_idle(30 * kMillisecond);
  bucket.pass(10 * kMillisecond);
  EXPECT_EQ(bucket.limiter.fill_ns(), 10 * kMillisecond);  // one marks, the rest is idle
}

// accumulate says memstats.numgc + 1, which counts the collections that have ended.
TEST(CpuLimiter, TellsTheCollectionInWhichItBeganToLimit) {
  Bucket bucket(1);
  bucket.stop_to_mark(true, 0);
  bucket.stop_to_mark(false, 0);
  bucket.stop_to_mark(true, 0);
  bucket.fill_to_the_brim();
  EXPECT_EQ(bucket.limiter.last_limited_cycle(), 2u);
  bucket.stop_to_mark(false, 0);
  bucket.pass(kCapacity);
  EXPECT_FALSE(bucket.limiter.limiting());
  EXPECT_EQ(bucket.limiter.last_limited_cycle(), 2u);
  bucket.stop_to_mark(true, 0);
  bucket.stop_to_mark(false, 2 * kSecond);  // a stop that ends a collection counts as the next one's
  EXPECT_EQ(bucket.limiter.last_limited_cycle(), 4u);
}

TEST(CpuLimiter, ATimeBeforeTheLastUpdateChangesNothing) {
  Bucket bucket;
  bucket.stop_to_mark(true, kMillisecond);
  const uint64_t fill = bucket.limiter.fill_ns();
  bucket.limiter.add_assist(kSecond);
  bucket.limiter.update(bucket.now - 1);
  EXPECT_EQ(bucket.limiter.fill_ns(), fill);
  bucket.limiter.update(bucket.now + 1);
  EXPECT_GT(bucket.limiter.fill_ns(), fill);
}

TEST(CpuLimiter, AsksWhatIsStillGoingOn) {
  Bucket bucket;
  bucket.stop_to_mark(true, 0);
  bucket.limiter.install(&bucket, [](void* context, uint64_t now_ns) {
    auto* self = static_cast<Bucket*>(context);
    EXPECT_EQ(now_ns, 10 * kMillisecond);
    self->limiter.add_assist(static_cast<uint64_t>(kAll * 10 * kMillisecond * 14));
  });
  bucket.pass(10 * kMillisecond);
  EXPECT_EQ(bucket.limiter.fill_ns(), 140 * kMillisecond);
}

// limiterEvent's consume and stop.
TEST(LimiterEvents, AreCountedOnceThoughTheyAreTakenInParts) {
  LimiterEvent event;
  EXPECT_EQ(event.take(5).ns, 0u);
  event.begin(LimiterEvent::kAssist, 10);
  EXPECT_EQ(event.take(10).ns, 0u);
  EXPECT_EQ(event.take(7).ns, 0u) << "a clock that is behind";
  const LimiterEvent::Taken part = event.take(25);
  EXPECT_EQ(part.kind, LimiterEvent::kAssist);
  EXPECT_EQ(part.ns, 15u);
  EXPECT_EQ(event.end(40).ns, 15u);
  EXPECT_EQ(event.end(60).ns, 0u);
}

// ---- A death spiral: what lives is twice the memory limit, so collections follow each other without end. In virtual time ----

struct Link {
  Ref<Link> next;
  static constexpr auto slots() { return std::tuple(&Link::next); }
};

struct Spiral {
  uint32_t mutators = 1;
  std::atomic<bool> over{false};
  std::atomic<uint32_t> left{0};
  // When it began to limit, and half a second later.
  CollectorFigures before = {};
  CollectorFigures after = {};
  uint64_t limited_cycle = 0;
  uint64_t last_enabled = 0;  // what the metric says at that moment
};

Task<void> churn(Spiral* spiral) {
  while (!spiral->over.load()) {
    make_bytes(1024);
    co_await sched::checkpoint(5 * kMicrosecond);
  }
  spiral->left.fetch_sub(1);
}

Task<void> spiral_main(Spiral* spiral) {
  // One array that has nothing but empty slots: as much to mark as a list, in the time that a test has.
  Local<Ref<Link>> kept = make_array<Ref<Link>>((size_t{8} << 20) / sizeof(Ref<Link>));
  spiral->left.store(spiral->mutators);
  for (uint32_t i = 0; i < spiral->mutators; ++i) co_await sched::go("churn", churn(spiral));
  Collector& gc = collector();
  for (int ms = 0; ms < 10'000 && gc.limiter().last_limited_cycle() == 0; ++ms) co_await sched::sleep_for(kMillisecond);
  spiral->before = gc.figures();
  spiral->limited_cycle = gc.cycle();
  observe::MetricSet metrics;
  gc.collect_metrics(&metrics);
  spiral->last_enabled = metrics.find("/gc/limiter/last-enabled:gc-cycle")->count;
  co_await sched::sleep_for(kSecond / 2);
  spiral->after = gc.figures();
  spiral->over.store(true);
  while (spiral->left.load() > 0) co_await sched::sleep_for(kMillisecond);
}

Collected run_spiral(uint32_t procs, Spiral* spiral) {
  spiral->mutators = procs;
  return run_collected({.procs = procs}, {.pacing = {.gogc = kGcOff, .memory_limit = uint64_t{4} << 20}, .arena_bytes = size_t{24} << 20}, spiral_main, spiral);
}

class DeathSpiral : public testing::TestWithParam<uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Procs, DeathSpiral, testing::Values(1u, 4u), testing::PrintToStringParamName());

TEST_P(DeathSpiral, LeavesTheProgramHalfOfTheTime) {
  SKIP_UNDER_THREAD_SANITIZER();
  const uint32_t procs = GetParam();
  Spiral spiral;
  const Collected out = run_spiral(procs, &spiral);
  EXPECT_DONE(out.ran);
  const CollectorFigures& before = spiral.before;
  const CollectorFigures& after = spiral.after;
  const double all = static_cast<double>(after.last_end_ns - before.last_end_ns) * procs;  // of whole collections
  const auto without_workers = static_cast<double>(after.assist_ns - before.assist_ns + after.pause_cpu_ns - before.pause_cpu_ns);
  const auto workers = static_cast<double>(after.dedicated_ns - before.dedicated_ns);
  // As the limiter reckons, which takes a quarter for granted (marking never rests here). Fractional workers, which one P has, take less of it.
  EXPECT_NEAR(without_workers / all + kBackgroundUtilization, 0.5, 0.03);
  EXPECT_LT((without_workers + workers) / all, 0.53);
  EXPECT_EQ(spiral.last_enabled, spiral.limited_cycle);
  EXPECT_GT(spiral.last_enabled, 10u) << "a short burst is nothing to limit";
}

TEST(DeathSpiralOfOneP, IsTheSameEachTime) {
  SKIP_UNDER_THREAD_SANITIZER();
  Spiral first;
  Spiral second;
  EXPECT_EQ(run_spiral(1, &first).ran.digest, run_spiral(1, &second).ran.digest);
  EXPECT_EQ(first.last_enabled, second.last_enabled);
}

}  // namespace
}  // namespace samovar::gc
