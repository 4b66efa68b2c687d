// The local run queue, robbed by real threads.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <vector>

#include "base/rng.h"
#include "platform/mutex.h"
#include "sched/harness.h"
#include "sched/run_queue.h"
#include "support/sanitizers.h"

namespace samovar::sched {
namespace {

constexpr uint64_t kStormItems = kThreadSanitizer ? 600'000 : 4'000'000;

struct Numbered {
  uint64_t number = 0;  // plain: handed over by the queue's own orders
};

// The owner pushes numbered items, kicks, pops and spills; three thieves steal. Each number must arrive once.
struct Storm {
  static constexpr int kThieves = 3;
  BasicLocalQueue<Numbered> queue;
  std::vector<Numbered> items = std::vector<Numbered>(kStormItems);
  std::vector<std::atomic<uint8_t>> arrived = std::vector<std::atomic<uint8_t>>(kStormItems + 1);
  std::atomic<bool> over{false};
  std::atomic<uint64_t> count{0};
  std::atomic<uint64_t> sum{0};
  std::atomic<uint32_t> out_of_order{0};
  std::atomic<int> left{kThieves};
  platform::Parker done;

  void consume(Numbered* item) {
    arrived[item->number].fetch_add(1, std::memory_order_relaxed);
    count.fetch_add(1, std::memory_order_relaxed);
    sum.fetch_add(item->number, std::memory_order_relaxed);
  }

  void thief(uint64_t seed) {
    base::Rng rng(seed);
    Numbered* out[BasicLocalQueue<Numbered>::kSpill];
    for (bool last = false; !last;) {
      last = over.load();
      const uint32_t got = queue.steal(out);
      for (uint32_t i = 0; i < got; ++i) {
        if (i > 0 && out[i]->number < out[i - 1]->number) out_of_order.fetch_add(1);
        consume(out[i]);
      }
      if (rng.below(64) == 0) {
        if (Numbered* next = queue.steal_next()) consume(next);
      }
      if (got > 0) last = false;
      if (got == 0) platform::cpu_pause();
    }
    if (left.fetch_sub(1) == 1) done.unpark();
  }

  void push(Numbered* item) {
    Numbered* out[BasicLocalQueue<Numbered>::kSpill];
    while (!queue.push(item, true)) {
      const uint32_t count_out = queue.spill(out);
      for (uint32_t i = 0; i < count_out; ++i) consume(out[i]);
    }
  }

  void owner(uint64_t seed) {
    base::Rng rng(seed);
    for (uint64_t i = 0; i < kStormItems; ++i) {
      items[i].number = i + 1;
      // Runnext out of order would spoil the thieves' check, so it is only used in bursts of its own.
      push(&items[i]);
      const uint32_t dice = rng.below(16);
      if (dice == 0) {
        Numbered* kept = queue.pop(true);
        if (kept != nullptr) {
          if (Numbered* kicked = queue.exchange_next(kept, true)) consume(kicked);
        }
      } else if (dice < 4) {
        if (Numbered* item = queue.pop(true)) consume(item);
      } else if (dice == 4) {
        if (Numbered* item = queue.take_next(true)) consume(item);
      }
    }
    while (Numbered* item = queue.pop(true)) consume(item);
    if (Numbered* item = queue.take_next(true)) consume(item);
  }
};

TEST(RunQueueStorm, EachItemArrivesOnce) {
  SAMOVAR_SKIP_WITHOUT_THREADS();
  const uint64_t seed = test_seed();
  auto storm = std::make_unique<Storm>();
  struct Thief {
    Storm* storm;
    uint64_t seed;
  } thieves[Storm::kThieves];
  for (int i = 0; i < Storm::kThieves; ++i) {
    thieves[i] = {storm.get(), seed + 1 + static_cast<uint64_t>(i)};
    ASSERT_TRUE(test_workers().start([](void* argument) {
      auto* thief = static_cast<Thief*>(argument);
      thief->storm->thief(thief->seed);
    }, &thieves[i]));
  }
  storm->owner(seed);
  storm->over.store(true);
  storm->done.park();
  EXPECT_EQ(storm->count.load(), kStormItems) << "seed " << seed;
  EXPECT_EQ(storm->sum.load(), kStormItems * (kStormItems + 1) / 2) << "seed " << seed;
  EXPECT_EQ(storm->out_of_order.load(), 0u) << "seed " << seed;
  uint64_t wrong = 0;
  for (uint64_t i = 1; i <= kStormItems; ++i) wrong += storm->arrived[i].load() != 1;
  EXPECT_EQ(wrong, 0u) << "seed " << seed;
}

}  // namespace
}  // namespace samovar::sched
