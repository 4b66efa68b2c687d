// The local run queue: alone, and in every interleaving of small programs. (run_queue_storm_test.cpp: on real threads.)
#include "sched/run_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "sched/harness.h"
#include "sched/interleave.h"

namespace samovar::sched {
namespace {

struct Item {
  int number = 0;
  int ring_order = 0;  // when it was put into the ring; 0: never
};

// ---- Without company ----

using PlainQueue = BasicLocalQueue<Item, 8>;

std::vector<int> numbers_of(Item* const* items, uint32_t count) {
  std::vector<int> numbers;
  for (uint32_t i = 0; i < count; ++i) numbers.push_back(items[i]->number);
  return numbers;
}

struct EightItems {
  EightItems() {
    for (int i = 0; i < 8; ++i) items[i].number = i;
  }
  void fill(PlainQueue* queue, int count) {
    for (int i = 0; i < count; ++i) ASSERT_TRUE(queue->push(&items[i], true));
  }
  Item items[8];
};

TEST(RunQueue, GivesBackInTheOrderOfPushing) {
  for (const bool shared : {false, true}) {
    EightItems eight;
    PlainQueue queue;
    eight.fill(&queue, 8);
    for (int i = 0; i < 8; ++i) EXPECT_EQ(queue.pop(shared), &eight.items[i]);
    EXPECT_EQ(queue.pop(shared), nullptr);
  }
}

TEST(RunQueue, RefusesOneMoreThanItHolds) {
  EightItems eight;
  PlainQueue queue;
  eight.fill(&queue, 8);
  Item ninth;
  EXPECT_FALSE(queue.push(&ninth, true));
  EXPECT_EQ(queue.size(), 8u);
}

TEST(RunQueue, StealTakesHalfRoundedUpFromTheHead) {
  for (uint32_t count = 0; count <= 8; ++count) {
    EightItems eight;
    PlainQueue queue;
    eight.fill(&queue, static_cast<int>(count));
    Item* out[PlainQueue::kSpill];
    const uint32_t stolen = queue.steal(out);
    ASSERT_EQ(stolen, count - count / 2) << "of " << count;
    for (uint32_t i = 0; i < stolen; ++i) EXPECT_EQ(out[i]->number, static_cast<int>(i)) << "of " << count;
    EXPECT_EQ(queue.size(), count / 2);
  }
}

TEST(RunQueue, SpillTakesTheOldestHalfOfAFullRingOnly) {
  EightItems eight;
  PlainQueue queue;
  Item* out[PlainQueue::kSpill];
  eight.fill(&queue, 7);
  EXPECT_EQ(queue.spill(out), 0u);
  ASSERT_TRUE(queue.push(&eight.items[7], true));
  ASSERT_EQ(queue.spill(out), 4u);
  EXPECT_EQ(numbers_of(out, 4), (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(queue.pop(true), &eight.items[4]);
}

TEST(RunQueue, NextIsNeitherInTheRingNorInItsSize) {
  for (const bool shared : {false, true}) {
    EightItems eight;
    PlainQueue queue;
    EXPECT_EQ(queue.exchange_next(&eight.items[0], shared), nullptr);
    EXPECT_EQ(queue.size(), 0u);
    EXPECT_TRUE(queue.has_next());
    EXPECT_FALSE(queue.empty());
    EXPECT_EQ(queue.pop(shared), nullptr);
    EXPECT_EQ(queue.exchange_next(&eight.items[1], shared), &eight.items[0]);
    EXPECT_EQ(queue.take_next(shared), &eight.items[1]);
    EXPECT_EQ(queue.take_next(shared), nullptr);
    EXPECT_TRUE(queue.empty());
  }
}

TEST(RunQueue, IndicesMayWrapAround) {
  EightItems eight;
  PlainQueue queue;
  for (int round = 0; round < 100; ++round) {
    eight.fill(&queue, 5);
    for (int i = 0; i < 5; ++i) ASSERT_EQ(queue.pop(true), &eight.items[i]);
  }
  EXPECT_TRUE(queue.empty());
}

// ---- Every interleaving of an owner and two thieves, on a ring of four places ----
#if defined(SAMOVAR_CAN_INTERLEAVE)

using interleave::Explorer;
using interleave::Interleaved;
using TinyQueue = BasicLocalQueue<Item, 4, Interleaved, Interleaved>;

constexpr uint64_t kMostSchedules = 3'000'000;
constexpr size_t kMostSteps = 120;
constexpr int kItems = 16;

// A program's world: the queue, its items, and who got what.
template <class Queue>
struct World {
  Queue queue;
  Item items[kItems];
  int made = 0;
  int ring_pushes = 0;
  struct Consumer {
    std::vector<Item*> got;   // all
    std::vector<Item*> ring;  // from the ring, in order
  };
  Consumer owner, thieves[2];
  std::vector<Item*> global;  // what was spilled

  Item* make() {
    Item* item = &items[made];
    item->number = made++;
    return item;
  }
  bool try_push(Item* item) {
    item->ring_order = ++ring_pushes;
    return queue.push(item, true);
  }
  // As Scheduler::put.
  void push(Item* item) {
    while (!try_push(item)) {
      Item* out[Queue::kSpill];
      const uint32_t count = queue.spill(out);
      if (count == 0) continue;
      note(&owner, out, count);
      global.push_back(item);
      return;
    }
  }
  void push_new(int count) {
    for (int i = 0; i < count; ++i) push(make());
  }
  void ready_new() {
    if (Item* kicked = queue.exchange_next(make(), true)) push(kicked);
  }
  void pop() {
    Item* item = queue.pop(true);
    if (item != nullptr) note(&owner, &item, 1);
  }
  void take_next() {
    Item* item = queue.take_next(true);
    if (item != nullptr) owner.got.push_back(item);
  }
  void steal(int thief) {
    Item* out[Queue::kSpill];
    note(&thieves[thief], out, queue.steal(out));
  }
  void steal_next(int thief) {
    Item* item = queue.steal_next();
    if (item != nullptr) thieves[thief].got.push_back(item);
  }
  static void note(Consumer* consumer, Item** out, uint32_t count) {
    consumer->got.insert(consumer->got.end(), out, out + count);
    consumer->ring.insert(consumer->ring.end(), out, out + count);
  }

  // Nothing lost, nothing twice, and each consumer gets the ring's goroutines in their order.
  std::string verdict() {
    while (Item* item = queue.pop(false)) note(&owner, &item, 1);
    if (Item* item = queue.take_next(false)) owner.got.push_back(item);
    int seen[kItems] = {};
    for (const Consumer* consumer : {&owner, &thieves[0], &thieves[1]}) {
      for (const Item* item : consumer->got) {
        if (item == nullptr) return "an empty slot was handed out";
        ++seen[item->number];
      }
      for (size_t i = 1; i < consumer->ring.size(); ++i) {
        if (consumer->ring[i - 1]->ring_order > consumer->ring[i]->ring_order) return "out of order";
      }
    }
    for (const Item* item : global) ++seen[item->number];
    for (int i = 0; i < made; ++i) {
      if (seen[i] == 0) return "goroutine " + std::to_string(i) + " was lost";
      if (seen[i] > 1) return "goroutine " + std::to_string(i) + " was handed out twice";
    }
    return "";
  }
};

template <class Queue = TinyQueue>
using Act = void (*)(World<Queue>*);

// Explores `setup` (undisturbed), then owner against two thieves.
template <class Queue = TinyQueue>
Explorer::Result explore(Act<Queue> setup, Act<Queue> owner, Act<Queue> thief0, Act<Queue> thief1) {
  return Explorer::explore(
      [=] {
        auto world = std::make_shared<World<Queue>>();
        setup(world.get());
        return Explorer::Program{{[=] { owner(world.get()); }, [=] { thief0(world.get()); }, [=] { thief1(world.get()); }},
                                 [world] { return world->verdict(); }};
      },
      kMostSchedules, kMostSteps);
}

void expect_sound(const Explorer::Result& result) {
  EXPECT_EQ(result.failure, "");
  EXPECT_TRUE(result.complete) << "after " << result.schedules << " schedules";
  EXPECT_GT(result.schedules, 20u);
  testing::Test::RecordProperty("schedules", std::to_string(result.schedules));
}

using W = World<TinyQueue>;

TEST(RunQueueInterleaved, PushAndPopAgainstTwoThieves) {
  expect_sound(explore<TinyQueue>(
      [](W* w) { w->push_new(1); },
      [](W* w) {
        w->push_new(1);
        w->pop();
        w->push_new(1);
        w->pop();
      },
      [](W* w) { w->steal(0); }, [](W* w) { w->steal(1); }));
}

TEST(RunQueueInterleaved, LastOneGoesToExactlyOneOfThree) {
  expect_sound(explore<TinyQueue>([](W* w) { w->push_new(1); }, [](W* w) { w->pop(); }, [](W* w) { w->steal(0); },
                         [](W* w) { w->steal(1); }));
}

TEST(RunQueueInterleaved, ThievesStealTwiceFromAFullRing) {
  expect_sound(explore<TinyQueue>([](W* w) { w->push_new(4); }, [](W* w) { w->pop(); },
                         [](W* w) {
                           w->steal(0);
                           w->steal(0);
                         },
                         [](W* w) { w->steal(1); }));
}

TEST(RunQueueInterleaved, FullRingSpillsWhileItIsRobbed) {
  expect_sound(explore<TinyQueue>([](W* w) { w->push_new(4); }, [](W* w) { w->push_new(1); }, [](W* w) { w->steal(0); },
                         [](W* w) { w->steal(1); }));
}

TEST(RunQueueInterleaved, SlotsAreReusedWhileAThiefHesitates) {
  expect_sound(explore<TinyQueue>(
      [](W* w) { w->push_new(3); },
      [](W* w) {
        w->pop();
        w->pop();
        w->push_new(3);
      },
      [](W* w) { w->steal(0); }, [](W*) {}));
}

TEST(RunQueueInterleaved, SlotsAreReusedAfterTheIndexHasGoneRound) {
  expect_sound(explore<TinyQueue>(
      [](W* w) {
        w->push_new(3);
        w->pop();
        w->pop();
        w->pop();
        w->push_new(2);
      },
      [](W* w) {
        w->push_new(2);
        w->pop();
      },
      [](W* w) { w->steal(0); }, [](W* w) { w->steal(1); }));
}

TEST(RunQueueInterleaved, NextGoesToExactlyOne) {
  expect_sound(explore<TinyQueue>(
      [](W*) {},
      [](W* w) {
        w->ready_new();
        w->ready_new();
        w->take_next();
      },
      [](W* w) { w->steal_next(0); }, [](W* w) { w->steal_next(1); }));
}

TEST(RunQueueInterleaved, KickedNextIsNotLostBetweenTheSlotAndTheRing) {
  expect_sound(explore<TinyQueue>(
      [](W* w) { w->ready_new(); },
      [](W* w) {
        w->ready_new();
        w->take_next();
        w->pop();
      },
      [](W* w) {
        w->steal(0);
        w->steal_next(0);
      },
      [](W* w) { w->steal(1); }));
}

// An idle M that looks at the queue during a kick must see something: the kicked one, or the one that kicked it.
TEST(RunQueueInterleaved, QueueIsNeverSeenEmptyDuringAKick) {
  const auto result = Explorer::explore(
      [] {
        struct Shared : W {
          bool seen_empty = false;
        };
        auto world = std::make_shared<Shared>();
        world->ready_new();
        const auto look = [world] { world->seen_empty |= world->queue.empty(); };
        return Explorer::Program{{[world] {
                                    world->ready_new();
                                    world->ready_new();
                                  },
                                  look, look},
                                 [world]() -> std::string {
                                   if (world->seen_empty) return "seen empty";
                                   return world->verdict();
                                 }};
      },
      kMostSchedules, kMostSteps);
  expect_sound(result);
}

// ---- The explorer finds what is broken: twins of the queue with one mistake each ----

enum class Mistake { kNone, kStoreForCas, kCopyAfterCas, kCarelessEmpty };

template <Mistake kMistake>
class BrokenQueue {
 public:
  static constexpr uint32_t kCapacity = 4;
  static constexpr uint32_t kSpill = 2;

  bool push(Item* g, bool /*shared*/) {
    const uint32_t head = head_.load();
    const uint32_t tail = tail_.load();
    if (tail - head >= kCapacity) return false;
    ring_[tail % kCapacity].store(g);
    tail_.store(tail + 1);
    return true;
  }
  Item* pop(bool) {
    uint32_t head = head_.load();
    for (;;) {
      if (tail_.load() == head) return nullptr;
      Item* g = ring_[head % kCapacity].load();
      if (head_.compare_exchange_strong(head, head + 1)) return g;
    }
  }
  uint32_t spill(Item** out) {
    uint32_t head = head_.load();
    if (tail_.load() - head != kCapacity) return 0;
    for (uint32_t i = 0; i < kSpill; ++i) out[i] = ring_[(head + i) % kCapacity].load();
    return head_.compare_exchange_strong(head, head + kSpill) ? kSpill : 0;
  }
  uint32_t steal(Item** out) {
    for (;;) {
      uint32_t head = head_.load();
      const uint32_t waiting = tail_.load() - head;
      const uint32_t count = waiting - waiting / 2;
      if (count == 0) return 0;
      if (count > kSpill) continue;
      if (kMistake == Mistake::kCopyAfterCas && !head_.compare_exchange_strong(head, head + count)) continue;
      for (uint32_t i = 0; i < count; ++i) out[i] = ring_[(head + i) % kCapacity].load();
      if (kMistake == Mistake::kCopyAfterCas) return count;
      if (kMistake == Mistake::kStoreForCas) {
        head_.store(head + count);
        return count;
      }
      if (head_.compare_exchange_strong(head, head + count)) return count;
    }
  }
  Item* exchange_next(Item* g, bool) { return next_.exchange(g); }
  Item* take_next(bool) { return next_.exchange(nullptr); }
  bool empty() const {
    // Careless: ring and runnext are looked at one after the other.
    const bool no_next = next_.load() == nullptr;
    return no_next && head_.load() == tail_.load();
  }
  bool empty_ring_first() const {
    const bool no_ring = head_.load() == tail_.load();
    return no_ring && next_.load() == nullptr;
  }

 private:
  Interleaved<uint32_t> head_{0};
  Interleaved<uint32_t> tail_{0};
  Interleaved<Item*> next_{nullptr};
  Interleaved<Item*> ring_[kCapacity] = {};
};

template <Mistake kMistake>
Explorer::Result explore_broken() {
  using B = World<BrokenQueue<kMistake>>;
  return explore<BrokenQueue<kMistake>>(
      [](B* w) { w->push_new(2); },
      [](B* w) {
        w->pop();
        w->push_new(4);
      },
      [](B* w) { w->steal(0); }, [](B*) {});
}

TEST(RunQueueExplorer, AcceptsTheTwinWithoutAMistake) {
  const auto result = explore_broken<Mistake::kNone>();
  EXPECT_EQ(result.failure, "");
  EXPECT_TRUE(result.complete);
}

TEST(RunQueueExplorer, CatchesAStealThatStoresWhereItShouldCompare) {
  EXPECT_NE(explore_broken<Mistake::kStoreForCas>().failure, "");
}

TEST(RunQueueExplorer, CatchesAStealThatCopiesAfterItHasTaken) {
  EXPECT_NE(explore_broken<Mistake::kCopyAfterCas>().failure, "");
}

// proc.go:runqempty explains why: kicked from runnext, then the newcomer taken, all between two looks.
TEST(RunQueueExplorer, CatchesALookThatMissesAKick) {
  using B = World<BrokenQueue<Mistake::kCarelessEmpty>>;
  const auto result = Explorer::explore(
      [] {
        struct Shared : B {
          bool seen_empty = false;
        };
        auto world = std::make_shared<Shared>();
        world->ready_new();
        return Explorer::Program{{[world] {
                                    world->ready_new();  // the first is now in the ring
                                    world->take_next();
                                  },
                                  [world] { world->seen_empty = world->queue.empty_ring_first(); }},
                                 [world]() -> std::string { return world->seen_empty ? "seen empty" : ""; }};
      },
      kMostSchedules, kMostSteps);
  EXPECT_NE(result.failure, "");
}

// The number of schedules of two threads with three operations each on one word is C(6,3).
TEST(RunQueueExplorer, WalksEveryOrderOfConflictingOperations) {
  const auto result = Explorer::explore(
      [] {
        auto word = std::make_shared<Interleaved<int>>(0);
        const auto thrice = [word] {
          for (int i = 0; i < 3; ++i) word->exchange(i);
        };
        return Explorer::Program{{thrice, thrice}, [] { return std::string(); }};
      },
      1000, 100);
  EXPECT_EQ(result.schedules, 20u);
}

TEST(RunQueueExplorer, RunsIndependentOperationsInOneOrderOnly) {
  const auto result = Explorer::explore(
      [] {
        struct Words {
          Interleaved<int> a{0}, b{0};
        };
        auto words = std::make_shared<Words>();
        return Explorer::Program{{[words] {
                                    for (int i = 0; i < 3; ++i) words->a.store(i);
                                  },
                                  [words] {
                                    for (int i = 0; i < 3; ++i) words->b.store(i);
                                  }},
                                 [] { return std::string(); }};
      },
      1000, 100);
  EXPECT_EQ(result.schedules, 1u);
}

#endif  // SAMOVAR_CAN_INTERLEAVE

}  // namespace
}  // namespace samovar::sched
