// F1 to F11: the order in which goroutines run on one P. Expected values were printed by Go 1.26.11 on linux/amd64 with
// GOMAXPROCS=1, mostly 200 times out of 200; other sizes are compared with the model of the queue.
#include <string>
#include <vector>

#include "conformance/harness.h"
#include "conformance/queue_model.h"
#include "sync/channel.h"

namespace samovar::conformance {
namespace {

constexpr QueueModel::Name kOther = ~0u;

// "599 384-511 0": neighbours that follow each other are drawn together.
std::string in_runs(const std::vector<int64_t>& order) {
  std::string out;
  for (size_t i = 0; i < order.size();) {
    size_t j = i;
    while (j + 1 < order.size() && order[j + 1] == order[j] + 1) ++j;
    if (!out.empty()) out += ' ';
    out += std::to_string(order[i]);
    if (j > i) out += "-" + std::to_string(order[j]);
    i = j + 1;
  }
  return out;
}

std::vector<int64_t> modelled_spawns(int64_t goroutines, int64_t tick, int64_t queued) {
  QueueModel model(static_cast<uint64_t>(tick));
  for (int64_t i = 0; i < queued; ++i) model.push(kOther);
  for (int64_t i = 0; i < goroutines; ++i) model.ready(static_cast<QueueModel::Name>(i));
  std::vector<int64_t> order;
  while (const auto who = model.pick()) {
    if (*who != kOther) order.push_back(*who);
  }
  return order;
}

// A goroutine, S, starts others and yields: how many of them run before it is back, in each round?
std::vector<int64_t> modelled_yields(int64_t goroutines, int64_t rounds, int64_t tick) {
  constexpr QueueModel::Name kMain = kOther, kYielder = kOther - 1;
  QueueModel model(static_cast<uint64_t>(tick));
  std::vector<int64_t> result;
  for (int64_t round = 0; round < rounds; ++round) {
    model.ready(kYielder);
    int64_t ran = 0;
    int64_t back = -1;
    bool started = false;
    while (ran < goroutines || back < 0) {
      const auto who = model.pick();
      if (!who) break;
      if (*who != kYielder) {
        ++ran;
      } else if (started) {
        back = ran;
      } else {
        started = true;
        for (int64_t i = 0; i < goroutines; ++i) model.ready(0);
        model.yield(kYielder);
      }
    }
    result.push_back(back);
    model.ready(kMain);  // the last one done wakes main, which goes on from runnext
    model.pick();
  }
  return result;
}

std::vector<std::string> modelled_turns(uint32_t goroutines, uint32_t rounds, int64_t tick) {
  QueueModel model(static_cast<uint64_t>(tick));
  std::vector<uint32_t> had(goroutines);
  for (uint32_t i = 0; i < goroutines; ++i) model.ready(i);
  std::vector<std::string> order;
  while (const auto who = model.pick()) {
    if (had[*who] == rounds) continue;
    order.push_back(std::string(1, static_cast<char>('A' + *who)) + std::to_string(had[*who]++));
    model.yield(*who);
  }
  return order;
}

const int64_t kSizes[] = {1,   2,   3,   10,  60,  61,  62,  123, 255,  256,  257,
                          258, 259, 260, 386, 387, 514, 600, 777, 1024, 1999, 2000};

class Order : public testing::TestWithParam<Time> {
 protected:
  Ended run(std::string_view name, const std::string& parameters = "") {
    Ended ended = run_experiment(name, GetParam(), parameters, slice_for_order(GetParam()));
    EXPECT_EQ(ended.state, sched::RunState::kDone) << ended.message;
    return ended;
  }
};

TEST_P(Order, F1TheLastSpawnedRunsFirst) {
  EXPECT_EQ(run("spawn-order").joined("order", ","), "9,0,1,2,3,4,5,6,7,8");
}

TEST_P(Order, F2AFullRingSpillsHalfOfItself) {
  const Ended ended = run("spawn-order", R"("goroutines":600)");
  EXPECT_EQ(ended.number("start_tick") % 61, 4);
  EXPECT_EQ(ended.number("queued_at_start"), 2);
  EXPECT_EQ(in_runs(ended.numbers("order")),
            "599 384-511 513-561 0 562-598 1-23 128 24-83 129 84-125 254 126-127 130-144 258 145-204 259 205-253 383 "
            "255-257 260-382 512");
}

TEST_P(Order, F2AnySizeAndStartIsAsTheModelSays) {
  for (const int64_t size : kSizes) {
    for (const int64_t tick : {0, 4, 37, 60}) {
      const int64_t queued = tick * 2;
      const Ended ended = run("spawn-order", R"("goroutines":)" + std::to_string(size) + R"(,"queued":)" +
                                                 std::to_string(queued) + R"(,"tick":)" + std::to_string(tick));
      ASSERT_EQ(ended.number("start_tick") % 61, tick);
      ASSERT_EQ(ended.number("queued_at_start"), queued);
      ASSERT_EQ(ended.numbers("order"), modelled_spawns(size, ended.number("start_tick"), queued))
          << size << " " << tick;
    }
  }
}

TEST_P(Order, F3AYielderIsBackAfterFewerThan61) {
  EXPECT_EQ(run("yield-order").joined("ran_before_return", " "), "56 39 22 5 49 32 15 59");
}

TEST_P(Order, F3AnySizeAndStartIsAsTheModelSays) {
  for (int64_t size = 1; size <= 400; size += 19) {
    const int64_t tick = size % 61;
    const Ended ended =
        run("yield-order", R"("rounds":9,"goroutines":)" + std::to_string(size) + R"(,"tick":)" + std::to_string(tick));
    ASSERT_EQ(ended.numbers("ran_before_return"), modelled_yields(size, 9, ended.number("start_tick"))) << size;
  }
}

struct Ticks {
  sync::Channel<int> ping = sync::Channel<int>::unbuffered();
  sync::Channel<int> pong = sync::Channel<int>::unbuffered();
  uint32_t before = 0;
  uint32_t after = 0;
};
sched::Task<void> answers(Ticks* ticks) {
  for (;;) {
    co_await ticks->ping.receive();
    co_await ticks->pong.send(0);
  }
}
sched::Task<void> asks(Ticks* ticks) {
  co_await sched::go("answers", answers(ticks));
  const sched::G* g = co_await sched::self();
  ticks->before = g->m->p->schedtick.get();
  for (int i = 0; i < 1000; ++i) {
    co_await ticks->ping.send(0);
    co_await ticks->pong.receive();
  }
  ticks->after = g->m->p->schedtick.get();
}
TEST_P(Order, F4WhatRunsFromRunnextIsNoTick) {
  Ticks ticks;
  ASSERT_EQ(run_main(asks, &ticks, 1, GetParam(), 1, slice_for_order(GetParam())).state, sched::RunState::kDone);
  EXPECT_LE(ticks.after - ticks.before, 5u) << "2000 switches";
}

TEST_P(Order, F5YieldersTakeTurns) {
  EXPECT_EQ(run("round-robin").joined("order", " "), "C0 A0 B0 C1 A1 B1 C2 A2 B2");
}

TEST_P(Order, F5AnySizeAndStartIsAsTheModelSays) {
  for (uint32_t goroutines = 1; goroutines <= 26; ++goroutines) {
    const Ended ended = run("round-robin", R"("rounds":7,"goroutines":)" + std::to_string(goroutines) + R"(,"tick":)" +
                                               std::to_string(goroutines * 7 % 61));
    std::vector<std::string> order;
    for (const auto& item : ended.at("order").items()) order.push_back(item.text());
    ASSERT_EQ(order, modelled_turns(goroutines, 7, ended.number("start_tick"))) << goroutines;
  }
}

TEST_P(Order, F6AYielderGoesBehindTheWholeLocalQueue) {
  EXPECT_EQ(run("wake-order", R"("way":"yield","goroutines":5)").joined("order", " "), "g4 g0 g1 g2 g3 main");
}

TEST_P(Order, F7AWokenReceiverOvertakesTheQueueAndItsWakerGoesOn) {
  EXPECT_EQ(run("wake-order", R"("way":"send","goroutines":4)").joined("order", " "), "M R X0 X1 X2 X3");
}

TEST_P(Order, F8CloseReadiesInReverse) {
  EXPECT_EQ(run("close-order").joined("order", ","), "0,9,8,7,6,5,4,3,2,1");
}

TEST_P(Order, F8AnySizeAndStartIsAsTheModelSays) {
  for (const int64_t size : kSizes) {
    const Ended ended =
        run("close-order", R"("goroutines":)" + std::to_string(size) + R"(,"tick":)" + std::to_string(size % 61));
    // close readies the last that waited first, as if they were started in that order.
    std::vector<int64_t> expected = modelled_spawns(size, ended.number("start_tick"), ended.number("queued_at_start"));
    for (int64_t& who : expected) who = size - 1 - who;
    ASSERT_EQ(ended.numbers("order"), expected) << size;
  }
}

TEST_P(Order, F9BroadcastRunsTheLastFirstAndSignalIsFirstComeFirstServed) {
  EXPECT_EQ(run("wake-order", R"("way":"broadcast","goroutines":10)").joined("order", ","), "9,0,1,2,3,4,5,6,7,8");
  EXPECT_EQ(run("wake-order", R"("way":"signal","goroutines":4)").joined("order", ","), "0,1,2,3");
}

TEST_P(Order, F10WaitingSendersAreFirstComeFirstServed) {
  EXPECT_EQ(run("wake-order", R"("way":"senders","goroutines":6)").joined("order", ","), "0,1,2,3,4,5");
}

TEST_P(Order, F11AReceiveFromAFullChannelTakesASenderIn) {
  const Ended ended = run("wake-order", R"("way":"buffered","goroutines":5)");
  EXPECT_EQ(ended.number("length_after_one_receive"), 2);
  EXPECT_EQ(ended.joined("order", ","), "0,1,2,3,4");
}

// F12: main is 1, the first goroutine of a user 7, then one after another.
struct Ids {
  std::vector<uint64_t> ids;
};
sched::Task<void> nothing() {
  co_return;
}
sched::Task<void> collects_ids(Ids* seen) {
  const sched::G* g = co_await sched::self();
  seen->ids.push_back(g->id.get());
  for (int i = 0; i < 40; ++i) {
    const uint64_t id = co_await sched::go("nothing", nothing());
    seen->ids.push_back(id);
  }
}
TEST_P(Order, F12GoroutineIdsBeginAt7AndCountUp) {
  Ids seen;
  ASSERT_EQ(run_main(collects_ids, &seen, 1, GetParam(), 1, slice_for_order(GetParam())).state, sched::RunState::kDone);
  ASSERT_EQ(seen.ids.size(), 41u);
  EXPECT_EQ(seen.ids[0], 1u);
  for (size_t i = 1; i < seen.ids.size(); ++i) EXPECT_EQ(seen.ids[i], 6 + i);
}

INSTANTIATE_TEST_SUITE_P(OnOneP, Order, testing::ValuesIn(kBothTimes), [](const auto& info) {
  return std::string(info.param == Time::kVirtual ? "Virtual" : "Threads");
});

}  // namespace
}  // namespace samovar::conformance
