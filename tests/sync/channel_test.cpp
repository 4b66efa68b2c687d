#include "sync/channel.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <numeric>
#include <vector>

#include "sync/harness.h"
#include "sync/waitgroup.h"

namespace samovar::sync {
namespace {

using sched::go;
using sched::gosched;
using sched::Outcome;
using sched::RunState;

class ChannelTest : public EveryRun {};
SAMOVAR_EVERY_RUN(ChannelTest);

struct Numbers {
  std::vector<int> seen;
};

Task<void> send_range_and_close(Channel<int> channel, int first, int count) {
  for (int i = 0; i < count; ++i) co_await channel.send(first + i);
  co_await channel.close();
}

template <int kCapacity>
Task<void> receive_hundred(Numbers* numbers) {
  auto channel = co_await make_channel<int>(kCapacity);
  co_await go("sender", send_range_and_close(channel, 0, 100));
  for (;;) {
    auto [value, ok] = co_await channel.receive();
    if (!ok) break;
    numbers->seen.push_back(value);
  }
}

std::vector<int> range(int count) {
  std::vector<int> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

TEST_P(ChannelTest, UnbufferedValuesArriveInOrder) {
  Numbers numbers;
  EXPECT_DONE(run(receive_hundred<0>, &numbers));
  EXPECT_EQ(numbers.seen, range(100));
}

TEST_P(ChannelTest, BufferedValuesArriveInOrder) {
  Numbers numbers;
  EXPECT_DONE(run(receive_hundred<7>, &numbers));
  EXPECT_EQ(numbers.seen, range(100));
}

// Sums what producers send through a channel, by consumers.
struct Stress {
  int producers;
  int consumers;
  int each;
  int capacity;
  std::atomic<uint64_t> sum{0};
  std::atomic<uint64_t> count{0};
};

Task<void> produce(Channel<uint64_t> channel, uint64_t first, int count, WaitGroup* done) {
  for (int i = 0; i < count; ++i) co_await channel.send(first + static_cast<uint64_t>(i));
  co_await done->done();
}

Task<void> consume(Channel<uint64_t> channel, Stress* stress, WaitGroup* done) {
  for (;;) {
    auto [value, ok] = co_await channel.receive();
    if (!ok) break;
    stress->sum.fetch_add(value);
    stress->count.fetch_add(1);
  }
  co_await done->done();
}

Task<void> stress_main(Stress* stress) {
  auto channel = co_await make_channel<uint64_t>(stress->capacity);
  WaitGroup produced(stress->producers);
  WaitGroup consumed(stress->consumers);
  for (int i = 0; i < stress->consumers; ++i) co_await go("consumer", consume(channel, stress, &consumed));
  for (int i = 0; i < stress->producers; ++i) {
    co_await go("producer", produce(channel, static_cast<uint64_t>(i) * static_cast<uint64_t>(stress->each), stress->each, &produced));
  }
  co_await produced.wait();
  co_await channel.close();
  co_await consumed.wait();
}

TEST_P(ChannelTest, NothingIsLostBetweenManyProducersAndConsumers) {
  for (int capacity : {0, 1, 16}) {
    Stress stress{13, 7, 2000, capacity};
    EXPECT_DONE(run(stress_main, &stress));
    const uint64_t n = 13 * 2000;
    EXPECT_EQ(stress.count.load(), n);
    EXPECT_EQ(stress.sum.load(), n * (n - 1) / 2);
  }
}

// ---- Order: with one P, where Go promises or always shows it. ----

class OneProc : public testing::TestWithParam<Time> {
 protected:
  void SetUp() override {
    if (GetParam() == Time::kReal) SAMOVAR_SKIP_WITHOUT_THREADS();
  }
  template <class T>
  Outcome run(sched::Task<void> (*main)(T*), T* argument) { return run_on<T>(1, GetParam(), main, argument); }
};
INSTANTIATE_TEST_SUITE_P(Time, OneProc, testing::Values(Time::kReal, Time::kVirtual), [](const auto& info) {
  return std::string(info.param == Time::kReal ? "Threads" : "Virtual");
});

Task<void> receive_and_note(Channel<int> channel, int mark, Numbers* numbers) {
  auto [value, ok] = co_await channel.receive();
  numbers->seen.push_back(ok ? value : mark);
}

Task<void> note(int mark, Numbers* numbers) {
  numbers->seen.push_back(mark);
  co_return;
}

Task<void> wake_order(Numbers* numbers) {
  co_await gosched();  // the first look of a run is at the global queue; from here on it is the 61st again
  auto channel = co_await make_channel<int>();
  co_await go("R", receive_and_note(channel, -1, numbers));
  co_await gosched();
  for (int i = 0; i < 4; ++i) co_await go("X", note(i, numbers));
  co_await channel.send(7);
  numbers->seen.push_back(100);
  co_await gosched();
}

// Go 1.26, F7: M R7 X0 X1 X2 X3. The last X was in runnext and is kicked behind the others.
TEST_P(OneProc, AWokenReceiverRunsNextAndTheSenderGoesOnFirst) {
  Numbers numbers;
  EXPECT_DONE(run(wake_order, &numbers));
  EXPECT_EQ(numbers.seen, (std::vector<int>{100, 7, 0, 1, 2, 3}));
}

Task<void> close_order(Numbers* numbers) {
  co_await gosched();  // the first look of a run is at the global queue; from here on it is the 61st again
  auto channel = co_await make_channel<int>();
  for (int i = 0; i < 10; ++i) {
    co_await go("receiver", receive_and_note(channel, i, numbers));
    co_await gosched();
  }
  co_await channel.close();
  co_await gosched();
}

// Go 1.26, F8.
TEST_P(OneProc, CloseWakesReceiversInReverseAndTheFirstRunsFirstOutOfRunnext) {
  Numbers numbers;
  EXPECT_DONE(run(close_order, &numbers));
  EXPECT_EQ(numbers.seen, (std::vector<int>{0, 9, 8, 7, 6, 5, 4, 3, 2, 1}));
}

Task<void> send_one(Channel<int> channel, int value) { co_await channel.send(value); }

Task<void> blocked_senders(Numbers* numbers) {
  co_await gosched();  // the first look of a run is at the global queue; from here on it is the 61st again
  auto channel = co_await make_channel<int>();
  for (int i = 0; i < 6; ++i) {
    co_await go("sender", send_one(channel, i));
    co_await gosched();
  }
  for (int i = 0; i < 6; ++i) numbers->seen.push_back((co_await channel.receive()).value);
}

// Go 1.26, F10.
TEST_P(OneProc, BlockedSendersAreServedInOrder) {
  Numbers numbers;
  EXPECT_DONE(run(blocked_senders, &numbers));
  EXPECT_EQ(numbers.seen, range(6));
}

Task<void> senders_behind_a_full_buffer(Numbers* numbers) {
  co_await gosched();  // the first look of a run is at the global queue; from here on it is the 61st again
  auto channel = co_await make_channel<int>(2);
  co_await channel.send(0);
  co_await channel.send(1);
  for (int i = 2; i < 5; ++i) {
    co_await go("sender", send_one(channel, i));
    co_await gosched();
  }
  numbers->seen.push_back((co_await channel.receive()).value);
  EXPECT_EQ(channel.length(), 2u);
  for (int i = 1; i < 5; ++i) numbers->seen.push_back((co_await channel.receive()).value);
}

// Go 1.26, F11.
TEST_P(OneProc, ASenderBlockedOnAFullBufferPutsItsValueAtTheTail) {
  Numbers numbers;
  EXPECT_DONE(run(senders_behind_a_full_buffer, &numbers));
  EXPECT_EQ(numbers.seen, range(5));
}

// ---- Values. ----

Task<void> move_only(void*) {
  auto channel = co_await make_channel<std::unique_ptr<int>>(1);
  co_await channel.send(std::make_unique<int>(41));
  EXPECT_EQ(channel.length(), 1u);
  EXPECT_EQ(channel.capacity(), 1u);
  auto refused = std::make_unique<int>(42);
  EXPECT_FALSE(co_await channel.try_send(refused));
  EXPECT_NE(refused, nullptr) << "moved from although it was not sent";
  auto [value, ok] = co_await channel.receive();
  EXPECT_TRUE(ok);
  EXPECT_EQ(*value, 41);
  auto none = co_await channel.try_receive();
  EXPECT_FALSE(none.ready);
  EXPECT_TRUE(co_await channel.try_send(refused));
  auto some = co_await channel.try_receive();
  EXPECT_TRUE(some.ready && some.ok);
  EXPECT_EQ(*some.value, 42);
}

TEST_P(ChannelTest, MoveOnlyValuesPass) { EXPECT_DONE(run(move_only)); }

Task<void> closed_and_drained(void*) {
  auto channel = co_await make_channel<int>(3);
  co_await channel.send(5);
  co_await channel.close();
  auto first = co_await channel.receive();
  EXPECT_TRUE(first.ok);
  EXPECT_EQ(first.value, 5);
  auto second = co_await channel.receive();
  EXPECT_FALSE(second.ok);
  EXPECT_EQ(second.value, 0);
  auto third = co_await channel.try_receive();
  EXPECT_TRUE(third.ready);
  EXPECT_FALSE(third.ok);
}

// Go 1.26, F19: (5, true), then (0, false).
TEST_P(ChannelTest, AClosedChannelDrainsAndThenGivesZeroAndFalse) { EXPECT_DONE(run(closed_and_drained)); }

TEST_P(ChannelTest, ParkedSendersAndReceiversAreDestroyedWithTheRun) {
  // The values, channels and waiters in the frames of goroutines that never go on: for the leak checker.
  EXPECT_DONE(run(+[](void*) -> Task<void> {
    auto channel = Channel<std::unique_ptr<int>>::unbuffered();
    auto other = Channel<std::unique_ptr<int>>::buffered(1);
    co_await other.send(std::make_unique<int>(1));
    co_await go("sender", [](Channel<std::unique_ptr<int>> c) -> Task<void> { co_await c.send(std::make_unique<int>(2)); }(other));
    co_await go("receiver", [](Channel<std::unique_ptr<int>> c) -> Task<void> { co_await c.receive(); }(channel));
    co_await gosched();
  }));
}

// ---- Misuse: Go 1.26's words, F19. ----

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

#define EXPECT_PANIC(outcome, text)                           \
  do {                                                        \
    const Outcome& seen = (outcome);                          \
    EXPECT_EQ(seen.state, RunState::kPanicked);               \
    EXPECT_EQ(first_line(seen.message), text) << seen.message; \
  } while (false)

TEST_P(ChannelTest, SendOnAClosedChannelPanics) {
  EXPECT_PANIC(run(+[](void*) -> Task<void> {
    auto channel = co_await make_channel<int>(1);
    co_await channel.close();
    co_await channel.send(1);
    ADD_FAILURE() << "went on after a panic";
  }), "panic: send on closed channel");
}

TEST_P(ChannelTest, CloseOfAClosedChannelPanics) {
  EXPECT_PANIC(run(+[](void*) -> Task<void> {
    auto channel = co_await make_channel<int>();
    co_await channel.close();
    co_await channel.close();
  }), "panic: close of closed channel");
}

TEST_P(ChannelTest, CloseOfANilChannelPanics) {
  EXPECT_PANIC(run(+[](void*) -> Task<void> { co_await Channel<int>().close(); }), "panic: close of nil channel");
}

TEST_P(ChannelTest, SizesOutOfRangePanic) {
  EXPECT_PANIC(run(+[](void*) -> Task<void> { co_await make_channel<int>(-1); }), "panic: makechan: size out of range");
  EXPECT_PANIC(run(+[](void*) -> Task<void> { co_await make_channel<int>(int64_t{1} << 62); }), "panic: makechan: size out of range");
}

Task<void> sender_to_be_woken_by_close(Channel<int> channel) {
  co_await channel.send(1);
  ADD_FAILURE() << "went on after a panic";
}

TEST_P(ChannelTest, AWaitingSenderPanicsWhenTheChannelIsClosed) {
  const Outcome outcome = run(+[](void*) -> Task<void> {
    auto channel = co_await make_channel<int>();
    co_await go("sender", sender_to_be_woken_by_close(channel));
    co_await gosched();
    while (channel.state()->senders().empty()) co_await gosched();
    co_await channel.close();
    co_await Channel<int>().receive();
  });
  EXPECT_PANIC(outcome, "panic: send on closed channel");
  EXPECT_NE(outcome.message.find("[running]:\nsender(...)"), std::string::npos) << outcome.message;
}

}  // namespace
}  // namespace samovar::sync
