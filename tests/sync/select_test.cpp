#include "sync/select.h"

#include <atomic>
#include <vector>

#include "sync/harness.h"
#include "sync/waitgroup.h"

namespace samovar::sync {
namespace {

using sched::go;
using sched::gosched;
using sched::RunState;

class SelectTest : public EveryRun {};
SAMOVAR_EVERY_RUN(SelectTest);

struct Counts {
  int picked[3] = {};
  int sum = 0;
};

Task<void> send_many(Channel<int> channel, int count, WaitGroup* done) {
  for (int i = 0; i < count; ++i) co_await channel.send(i);
  co_await done->done();
}

Task<void> receive_from_three(Counts* counts) {
  Channel<int> channels[3];
  WaitGroup done(3);
  for (auto& channel : channels) {
    channel = co_await make_channel<int>();
    co_await go("sender", send_many(channel, 1000, &done));
  }
  for (int i = 0; i < 3000; ++i) {
    int value = 0;
    const int index = co_await select(receive_case(channels[0], &value), receive_case(channels[1], &value), receive_case(channels[2], &value));
    ++counts->picked[index];
    counts->sum += value;
  }
  co_await done.wait();
}

TEST_P(SelectTest, ReceivesEverythingFromThreeSenders) {
  Counts counts;
  EXPECT_DONE(run(receive_from_three, &counts));
  for (const int picked : counts.picked) EXPECT_EQ(picked, 1000);
  EXPECT_EQ(counts.sum, 3 * 999 * 1000 / 2);
}

// Three channels that are always ready.
Task<void> pick_among_ready(Counts* counts) {
  Channel<int> channels[3];
  for (auto& channel : channels) {
    channel = co_await make_channel<int>(1);
    co_await channel.send(0);
  }
  for (int i = 0; i < 30'000; ++i) {
    const int index = co_await select(receive_case(channels[0]), receive_case(channels[1]), receive_case(channels[2]), default_case());
    if (index == 3) co_await sched::panic("default although something is ready");
    ++counts->picked[index];
    co_await channels[index].send(0);
  }
}

// Go 1.26, F20 (selectgo: pollorder). The seed is fixed, so this either always passes or never does.
TEST_P(SelectTest, ReadyCasesArePickedWithEqualChance) {
  Counts counts;
  EXPECT_DONE(run(pick_among_ready, &counts));
  double chi_square = 0;
  for (const int picked : counts.picked) chi_square += (picked - 10'000.0) * (picked - 10'000.0) / 10'000.0;
  EXPECT_LT(chi_square, 9.2) << counts.picked[0] << " " << counts.picked[1] << " " << counts.picked[2];
}

TEST_P(SelectTest, DefaultIsTakenOnlyWhenNothingIsReady) {
  EXPECT_DONE(run(+[](void*) -> Task<void> {
    auto channel = co_await make_channel<int>(1);
    for (int i = 0; i < 100; ++i) {
      int value = 0;
      bool ok = false;
      EXPECT_EQ(co_await select(default_case(), receive_case(channel, &value, &ok)), 0);
      EXPECT_EQ(co_await select(send_case(channel, i), default_case()), 0);
      EXPECT_EQ(co_await select(send_case(channel, i), default_case()), 1);
      EXPECT_EQ(co_await select(default_case(), receive_case(channel, &value, &ok)), 1);
      EXPECT_TRUE(ok);
      EXPECT_EQ(value, i);
    }
  }));
}

TEST_P(SelectTest, AClosedChannelIsAlwaysReadyAndANilOneNever) {
  EXPECT_DONE(run(+[](void*) -> Task<void> {
    auto closed = co_await make_channel<int>();
    co_await closed.close();
    for (int i = 0; i < 100; ++i) {
      int value = 1;
      bool ok = true;
      EXPECT_EQ(co_await select(receive_case(Channel<int>()), receive_case(closed, &value, &ok), send_case(Channel<int>(), 1)), 1);
      EXPECT_FALSE(ok);
      EXPECT_EQ(value, 0);
    }
  }));
}

Task<void> send_by_select(Channel<int> channel, Channel<int> other, bool* went_on) {
  co_await select(send_case(channel, 1), send_case(other, 2));
  *went_on = true;
}

Task<void> close_under_a_sending_select(bool* went_on) {
  auto channel = co_await make_channel<int>();
  auto other = co_await make_channel<int>();
  co_await go("selecter", send_by_select(channel, other, went_on));
  while (channel.state()->senders().empty()) co_await gosched();
  co_await channel.close();
  co_await Channel<int>().receive();
}

TEST_P(SelectTest, AWaitingSelectThatSendsPanicsWhenTheChannelIsClosed) {
  bool went_on = false;
  const auto outcome = run(close_under_a_sending_select, &went_on);
  EXPECT_EQ(outcome.state, RunState::kPanicked);
  EXPECT_EQ(outcome.message.rfind("panic: send on closed channel\n\n", 0), 0u) << outcome.message;
  EXPECT_FALSE(went_on);
}

TEST_P(SelectTest, SendOnAClosedChannelPanics) {
  const auto outcome = run(+[](void*) -> Task<void> {
    auto channel = co_await make_channel<int>(1);
    co_await channel.close();
    co_await select(send_case(channel, 1), default_case());
    ADD_FAILURE() << "went on after a panic";
  });
  EXPECT_EQ(outcome.message.rfind("panic: send on closed channel\n\n", 0), 0u) << outcome.message;
}

// Everybody selects on everything, sending and receiving, in different orders: what is lost or doubled shows in the sums, and what
// locks in the wrong order hangs.
struct Crowd {
  int goroutines = 8;
  int rounds = 1000;
  std::atomic<int64_t> sent{0};
  std::atomic<int64_t> received{0};
  std::atomic<int64_t> sends{0};
  std::atomic<int64_t> receives{0};
};

Task<void> mingle(Crowd* crowd, Channel<int> a, Channel<int> b, Channel<int> c, int first, WaitGroup* done) {
  for (int i = 0; i < crowd->rounds; ++i) {
    int in = 0;
    const int out = first + i;
    const int index = co_await select(receive_case(a, &in), send_case(b, out), receive_case(b, &in), send_case(a, out), send_case(c, out), receive_case(c, &in));
    if (index == 1 || index == 3 || index == 4) {
      crowd->sent += out;
      ++crowd->sends;
    } else {
      crowd->received += in;
      ++crowd->receives;
    }
  }
  co_await done->done();
}

Task<void> drain(Crowd* crowd, Channel<int> a, Channel<int> b, Channel<int> c, Channel<int> stop) {
  for (;;) {
    int in = 0;
    co_await gosched();  // it could go on for ever with what it sends itself
    // Its sends keep alive those that could only receive.
    const int index = co_await select(receive_case(a, &in), receive_case(b, &in), receive_case(c, &in), receive_case(stop), send_case(a, 0), send_case(b, 0), send_case(c, 0));
    if (index == 3) co_return;
    if (index > 3) {
      ++crowd->sends;
      continue;
    }
    crowd->received += in;
    ++crowd->receives;
  }
}

Task<void> mingle_main(Crowd* crowd) {
  auto a = co_await make_channel<int>();
  auto b = co_await make_channel<int>();
  auto c = co_await make_channel<int>(2);
  auto stop = co_await make_channel<int>();
  WaitGroup done(crowd->goroutines);
  co_await go("drain", drain(crowd, a, b, c, stop));
  for (int i = 0; i < crowd->goroutines; ++i) {
    // Not with a conditional operator: g++ 12 then destroys the temporaries of both branches.
    if (i % 2 == 0) {
      co_await go("mingle", mingle(crowd, a, b, c, i * 100'000, &done));
    } else {
      co_await go("mingle", mingle(crowd, c, a, b, i * 100'000, &done));
    }
  }
  co_await done.wait();
  co_await stop.send(0);
  for (;;) {
    auto rest = co_await c.try_receive();
    if (!rest.ready) break;
    crowd->received += rest.value;
    ++crowd->receives;
  }
}

TEST_P(SelectTest, ACrowdOfSelectsLosesNothing) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    Crowd crowd;
    EXPECT_DONE(run(mingle_main, &crowd, seed));
    EXPECT_EQ(crowd.sent.load(), crowd.received.load()) << "seed " << seed;
    EXPECT_EQ(crowd.sends.load(), crowd.receives.load()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace samovar::sync
