// What the pacer reads (live and scan bytes), and sweeping in proportion to what is allocated.
#include <gtest/gtest.h>

#include <vector>

#include "heap/harness.h"

namespace samovar::heap {
namespace {

TEST(LiveBytes, AreChargedASpanAtATimeAndPaidBackWhenTheCacheIsFlushed) {
  World world;
  world.bytes(1024);
  EXPECT_EQ(world.heap.live_bytes(), kPageBytes);
  for (int i = 0; i < 7; ++i) world.bytes(1024);
  EXPECT_EQ(world.heap.live_bytes(), kPageBytes);
  world.bytes(1024);
  EXPECT_EQ(world.heap.live_bytes(), 2 * kPageBytes);
  world.flush();
  EXPECT_EQ(world.heap.live_bytes(), 9 * 1024u);
  world.bytes(1024);
  EXPECT_EQ(world.heap.live_bytes(), 2 * kPageBytes) << "the rest of the span that has room";
}

TEST(LiveBytes, OfLargeObjectsAreTheirPages) {
  World world;
  world.bytes(40'000);
  EXPECT_EQ(world.heap.live_bytes(), 40'960u);
  world.flush();
  EXPECT_EQ(world.heap.live_bytes(), 40'960u);
}

TEST(LiveBytes, AreWhatTheCollectorSaysAfterACycle) {
  World world;
  std::vector<void*> objects;
  for (int i = 0; i < 64; ++i) objects.push_back(world.bytes(1024));
  world.mark_all({objects.begin(), objects.begin() + 12});
  world.start_sweep();
  world.heap.set_live(12 * 1024, 0);
  world.sweep_all();
  EXPECT_EQ(world.heap.live_bytes(), 12 * 1024u) << "sweeping changes nothing";
  for (int i = 0; i < 4; ++i) world.bytes(1024);
  EXPECT_EQ(world.heap.live_bytes(), 16 * 1024u) << "what was dead in a span that is taken is charged";
}

TEST(ScanBytes, AreToldWithTheNextSpan) {
  World world;
  const Type word{8, 8, 1};
  for (uint32_t i = 0; i < 1008; ++i) world.objects(word);
  EXPECT_EQ(world.heap.scan_bytes(), 0u);
  world.objects(word);
  EXPECT_EQ(world.heap.scan_bytes(), 1008u * 8);
  world.flush();
  EXPECT_EQ(world.heap.scan_bytes(), 1009u * 8);
}

// ---- Proportional sweeping ----

constexpr uint64_t kMargin = uint64_t{1} << 20;

// A heap of `spans` spans of the 512-byte class, of which one object each lives; nothing is swept yet.
void grow_and_start(World& world, uint32_t spans) {
  std::vector<void*> alive;
  for (uint32_t i = 0; i < spans * 15; ++i) {
    void* object = world.objects(Type{512, 8, 1});
    if (i % 15 == 0) alive.push_back(object);
  }
  world.mark_all(alive);
  world.start_sweep();
  world.heap.set_live(alive.size() * 512, alive.size() * 512);
}

uint32_t count_unswept(World& world) {
  struct Count {
    uint32_t generation;
    uint32_t unswept = 0;
  } count{world.heap.sweepgen()};
  world.heap.for_each_span([](void* context, const Span& span) {
    auto* self = static_cast<Count*>(context);
    if (span.state.get() == SpanState::kInUse && span.sweepgen.get() != self->generation) ++self->unswept;
  }, &count);
  return count.unswept;
}

TEST(ProportionalSweep, IsDoneWhenTheHeapHasGrownByTheDistanceLessTheMargin) {
  World world;
  grow_and_start(world, 1000);
  world.heap.pace_sweep(kMargin + (uint64_t{4} << 20));
  const uint64_t before = world.heap.live_bytes();
  while (world.heap.live_bytes() < before + (uint64_t{4} << 20)) {
    world.bytes(8192);
    // Never behind: so much of the way, so many of the spans.
    const auto grown = static_cast<double>(world.heap.live_bytes() - before);
    const double due = 1000 * grown / static_cast<double>(uint64_t{4} << 20);
    ASSERT_LE(count_unswept(world), 1000.0 - due + 1);
  }
  EXPECT_TRUE(world.heap.sweep_done());
}

TEST(ProportionalSweep, DoesNotRushAhead) {
  World world;
  grow_and_start(world, 1000);
  world.heap.pace_sweep(kMargin + (uint64_t{8} << 20));
  for (int i = 0; i < 512; ++i) world.bytes(8192);  // half the way
  EXPECT_NEAR(count_unswept(world), 500, 3);
}

TEST(ProportionalSweep, LargeObjectsPayForTheirSize) {
  World world;
  grow_and_start(world, 1000);
  world.heap.pace_sweep(kMargin + (uint64_t{8} << 20));
  world.bytes(size_t{4} << 20);
  EXPECT_NEAR(count_unswept(world), 500, 3);
}

// mgcsweep.go:gcPaceSweeper, when GOGC changes in the middle: pages in use that were not swept, over the new distance. (Those that were taken into use since count, too.)
TEST(ProportionalSweep, PacedAnewGoesByWhatIsLeft) {
  World world;
  grow_and_start(world, 1000);
  world.heap.pace_sweep(kMargin + (uint64_t{8} << 20));
  for (int i = 0; i < 512; ++i) world.bytes(8192);  // half the way
  const uint32_t left = count_unswept(world);
  EXPECT_NEAR(left, 500, 3);
  world.heap.pace_sweep(kMargin + (uint64_t{16} << 20));
  for (int i = 0; i < 512; ++i) world.bytes(8192);  // a quarter of it
  EXPECT_NEAR(count_unswept(world), left - (1000 + 512 - 500) / 4, 5);
}

TEST(ProportionalSweep, NoDistanceMeansAllAtOnce) {
  World world;
  grow_and_start(world, 100);
  world.heap.pace_sweep(0);
  world.bytes(8192);
  EXPECT_TRUE(world.heap.sweep_done());
}

TEST(ProportionalSweep, NothingToSweepNothingToPay) {
  World world;
  world.bytes(64);
  world.heap.pace_sweep(0);
  EXPECT_NE(world.bytes(8192), nullptr);
  EXPECT_TRUE(world.heap.sweep_done());
}

}  // namespace
}  // namespace samovar::heap
