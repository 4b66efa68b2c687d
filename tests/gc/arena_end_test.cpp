// Near the end of the arena: collections come before it is full, goroutines wait for room, and what does not fit is told in words.
#include <gtest/gtest.h>

#include <atomic>

#include "gc/debtor.h"
#include "gc/harness.h"

namespace samovar::gc {
namespace {

using sched::kMicrosecond;
using sched::RunState;
using sched::Task;
using sched::Time;

// ---- Near the end of the arena ----

struct Churn {
  uint64_t bytes = 0;      // to allocate, each goroutine
  size_t object = 0;       // bytes of an object
  uint32_t goroutines = 1;
  size_t kept_bytes = 0;   // that live all the time
  std::atomic<uint32_t> left{0};
};

Task<void> churn(Churn* state) {
  uint64_t since = 0;
  for (uint64_t done = 0; done < state->bytes; done += state->object) {
    make_bytes(state->object);
    since += state->object;
    if (since < 32 << 10) continue;
    co_await sched::checkpoint(kMicrosecond);
    since = 0;
  }
  state->left.fetch_sub(1);
}

Task<void> churn_main(Churn* state) {
  Local<uint8_t> kept = state->kept_bytes == 0 ? nullptr : make_bytes(state->kept_bytes);
  state->left.store(state->goroutines);
  for (uint32_t i = 0; i < state->goroutines; ++i) co_await sched::go("churn", churn(state));
  while (state->left.load() > 0) co_await sched::gosched();
}

class NearTheEnd : public sched::EveryRun {};
INSTANTIATE_TEST_SUITE_P(Procs, NearTheEnd, testing::Combine(testing::Values(1u, 2u, 4u, 8u), testing::Values(Time::kReal, Time::kVirtual)), sched::run_name);

// A goal beyond the budget (more than half of it lives, or GOGC is off) must not let the run die while there is garbage.
TEST_P(NearTheEnd, CollectionsComeBeforeTheArenaIsFull) {
  for (const int64_t gogc : {int64_t{100}, int64_t{1000}, kGcOff}) {
    for (const size_t object : {size_t{64}, size_t{2048}, size_t{40'000}}) {
      Churn state{.bytes = 24 << 20, .object = object, .goroutines = 3, .kept_bytes = size_t{9} << 20};
      const Collected out = run_collected(settings(), {.pacing = {.gogc = gogc}, .arena_bytes = size_t{16} << 20}, churn_main, &state);
      EXPECT_DONE(out.ran) << ", GOGC " << gogc << ", objects of " << object << " bytes";
      EXPECT_GE(out.figures.cycles, 3u) << gogc << ", " << object;
    }
  }
}

// A goal that the next object would leap over, for it is larger than the headroom.
TEST_P(NearTheEnd, WhoMakesLargeObjectsWaitsUntilThereIsRoomForTheNext) {
  for (const int64_t gogc : {int64_t{100}, int64_t{1000}, kGcOff}) {
    for (const size_t object : {size_t{1} << 20, size_t{3} << 20, size_t{6} << 20}) {
      Churn state{.bytes = 48 << 20, .object = object, .kept_bytes = size_t{3} << 20};
      const Collected out = run_collected(settings(), {.pacing = {.gogc = gogc}, .arena_bytes = size_t{16} << 20}, churn_main, &state);
      EXPECT_DONE(out.ran) << ", GOGC " << gogc << ", objects of " << object << " bytes";
      EXPECT_GE(out.figures.cycles, 3u) << gogc << ", " << object;
    }
  }
}

// Each would take spans before it is told to wait; so those that have not begun do not begin.
TEST_P(NearTheEnd, ManyGoroutinesDoNotTakeEachOthersRoom) {
  for (const size_t object : {size_t{112}, size_t{256} << 10}) {
    Churn state{.bytes = object * (object < 1024 ? 1000 : 4), .object = object, .goroutines = object < 1024 ? 1000u : 100u};
    const Collected out = run_collected(settings(), {.pacing = {.gogc = kGcOff}, .arena_bytes = size_t{16} << 20}, churn_main, &state);
    EXPECT_DONE(out.ran) << ", objects of " << object << " bytes";
    EXPECT_GE(out.figures.cycles, 5u) << object;
  }
}

// Allocations do not wait: what one function makes between two suspensions must fit.
TEST(LargeObjects, ThatFindNoRoomThoughThereIsGarbageSaySo) {
  struct Nothing {
  } nothing_left;
  const Collected out = run_collected({.procs = 1}, {.pacing = {.gogc = kGcOff}, .arena_bytes = size_t{16} << 20}, +[](Nothing*) -> Task<void> {
    for (int i = 0; i < 4; ++i) make_bytes(size_t{5} << 20);
    co_await sched::checkpoint(1);
  }, &nothing_left);
  EXPECT_EQ(out.ran.outcome.state, RunState::kPanicked);
  EXPECT_NE(out.ran.outcome.message.find("runtime: out of memory: cannot allocate 5242880-byte block (15728640 of 16777216 in use, 15728640 of it since the last collection;"), std::string::npos)
      << out.ran.outcome.message;
}

TEST_P(NearTheEnd, WhatReallyLivesBeyondTheBudgetEndsTheRunInWords) {
  struct Greedy {
    uint32_t made = 0;
  } greedy;
  const Collected out = run_collected(settings(), {.arena_bytes = size_t{8} << 20}, +[](Greedy* state) -> Task<void> {
    Local<Debtor> head;
    for (int i = 0; i < 1'000'000; ++i) {
      Debtor* debtor = make<Debtor>();
      debtor->next = head.get();
      head = debtor;
      ++state->made;
      co_await sched::checkpoint(100);
    }
  }, &greedy);
  EXPECT_EQ(out.ran.outcome.state, RunState::kPanicked);
  EXPECT_NE(out.ran.outcome.message.find("out of memory"), std::string::npos) << out.ran.outcome.message;
  EXPECT_GT(greedy.made, (size_t{8} << 20) / 64 * 9 / 10) << "nearly all of the arena is used first";
}

TEST(Lifeboats, HaveNoFinalizersCleanupsOrWeakPointersAndNothingCrashes) {
  struct Nothing {
    bool weak_is_null = false;
  } nothing_left;
  const Collected out = run_collected({.procs = 1}, {.arena_bytes = size_t{4} << 20}, +[](Nothing* state) -> Task<void> {
    Local<uint8_t> most = make_bytes((size_t{4} << 20) - (16 << 10));
    for (int i = 0; i < 10'000; ++i) {
      auto* debtor = make<Debtor>();
      set_finalizer(debtor, [](void*, uint64_t) {}, 0);
      add_cleanup(debtor, [](uint64_t) {}, 0);
      state->weak_is_null = Weak<Debtor>(debtor).get() == nullptr;
    }
    co_await sched::checkpoint(1);
  }, &nothing_left);
  EXPECT_EQ(out.ran.outcome.state, RunState::kPanicked);
  EXPECT_TRUE(nothing_left.weak_is_null);
}

// Far below the budget Go's formula holds to the byte; above, the goal stays short of the end.
TEST(Pacing, TheBudgetCapsTheGoalAndNothingElse) {
  Pacer pacer({.gogc = 100});
  MemoryFigures memory{.budget = uint64_t{64} << 20};
  EXPECT_EQ(Pacer::headroom(memory.budget), memory.budget / 100 * 3);
  EXPECT_EQ(pacer.goal(memory), 4'194'304u);
  pacer.reset_live(uint64_t{20} << 20);
  pacer.commit(true, 0);
  EXPECT_EQ(pacer.goal(memory), uint64_t{40} << 20);
  pacer.reset_live(uint64_t{40} << 20);
  pacer.commit(true, 0);
  EXPECT_EQ(pacer.goal(memory), memory.budget - Pacer::headroom(memory.budget));
  EXPECT_LE(pacer.trigger(memory), pacer.goal(memory));
  Pacer off({.gogc = kGcOff});
  EXPECT_EQ(off.goal(memory), memory.budget - Pacer::headroom(memory.budget));
  EXPECT_EQ(off.goal({}), kUnlimited);
}

}  // namespace
}  // namespace samovar::gc
