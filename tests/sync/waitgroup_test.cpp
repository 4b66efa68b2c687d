#include "sync/waitgroup.h"

#include <atomic>
#include <vector>

#include "sync/cond.h"
#include "sync/harness.h"
#include "sync/once.h"
#include "sync/semaphore.h"

namespace samovar::sync {
namespace {

using sched::go;
using sched::gosched;
using sched::RunState;

class WaitGroupTest : public EveryRun {};
SAMOVAR_EVERY_RUN(WaitGroupTest);

struct Work {
  WaitGroup group;
  std::atomic<int> finished{0};
  std::atomic<int> too_early{0};
};

Task<void> finish_one(Work* work) {
  co_await gosched();
  ++work->finished;
  co_await work->group.done();
}

Task<void> wait_for_all(Work* work, int expected, WaitGroup* done) {
  co_await work->group.wait();
  if (work->finished < expected) ++work->too_early;
  co_await done->done();
}

Task<void> many_rounds(Work* work) {
  for (int round = 1; round <= 50; ++round) {
    WaitGroup waiters(3);
    co_await work->group.add(20);
    for (int i = 0; i < 3; ++i) co_await go("waiter", wait_for_all(work, round * 20, &waiters));
    for (int i = 0; i < 20; ++i) co_await go("worker", finish_one(work));
    co_await work->group.wait();
    if (work->finished != round * 20) ++work->too_early;
    co_await waiters.wait();
  }
}

TEST_P(WaitGroupTest, NobodyIsReleasedBeforeAllAreDone) {
  Work work;
  EXPECT_DONE(run(many_rounds, &work));
  EXPECT_EQ(work.too_early.load(), 0);
  EXPECT_EQ(work.group.counter(), 0);
}

// Go 1.26, F30.
TEST_P(WaitGroupTest, ANegativeCounterPanics) {
  const auto outcome = run(+[](void*) -> Task<void> {
    WaitGroup group;
    co_await group.add(1);
    co_await group.done();
    co_await group.done();
    ADD_FAILURE() << "went on after a panic";
  });
  EXPECT_EQ(outcome.state, RunState::kPanicked);
  EXPECT_EQ(outcome.message.rfind("panic: sync: negative WaitGroup counter\n\n", 0), 0u) << outcome.message;
}

// ---- Cond ----

struct Bell {
  Mutex mutex;
  Cond<> cond{&mutex};
  int waiting = 0;
  std::vector<int> order;
};

Task<void> wait_for_bell(Bell* bell, int mark) {
  co_await bell->mutex.lock();
  ++bell->waiting;
  co_await bell->cond.wait();
  bell->order.push_back(mark);
  co_await bell->mutex.unlock();
}

template <bool kBroadcast>
Task<void> ring(Bell* bell) {
  co_await gosched();  // the first look of a run is at the global queue; from here on it is the 61st again
  const int count = kBroadcast ? 10 : 4;
  for (int i = 0; i < count; ++i) {
    co_await go("waiter", wait_for_bell(bell, i));
    co_await gosched();
  }
  if (kBroadcast) {
    co_await bell->cond.broadcast();
    while (bell->order.size() < 10) co_await gosched();
  } else {
    for (int i = 0; i < count; ++i) {
      co_await bell->cond.signal();
      co_await gosched();
    }
  }
}

// Go 1.26, F9.
TEST(CondOrder, BroadcastReadiesInOrderAndTheLastRunsFirstOutOfRunnext) {
  for (const Time time : {Time::kReal, Time::kVirtual}) {
    if (time == Time::kReal && !sched::threads_available()) continue;
    Bell bell;
    EXPECT_DONE(run_on(1, time, ring<true>, &bell));
    EXPECT_EQ(bell.order, (std::vector<int>{9, 0, 1, 2, 3, 4, 5, 6, 7, 8}));
  }
}

// Go 1.26, F9.
TEST(CondOrder, SignalWakesFirstComeFirstServed) {
  for (const Time time : {Time::kReal, Time::kVirtual}) {
    if (time == Time::kReal && !sched::threads_available()) continue;
    Bell bell;
    EXPECT_DONE(run_on(1, time, ring<false>, &bell));
    EXPECT_EQ(bell.order, (std::vector<int>{0, 1, 2, 3}));
  }
}

// A bounded buffer with two conditions: whoever misses a call hangs, and that is reported as a deadlock.
struct Buffer {
  Mutex mutex;
  Cond<> not_full{&mutex};
  Cond<> not_empty{&mutex};
  int items = 0;
  int64_t taken = 0;
};

Task<void> put_items(Buffer* buffer, int count, WaitGroup* done) {
  for (int i = 0; i < count; ++i) {
    co_await buffer->mutex.lock();
    while (buffer->items == 3) co_await buffer->not_full.wait();
    ++buffer->items;
    co_await buffer->not_empty.signal();
    co_await buffer->mutex.unlock();
  }
  co_await done->done();
}

Task<void> take_items(Buffer* buffer, int count, WaitGroup* done) {
  for (int i = 0; i < count; ++i) {
    co_await buffer->mutex.lock();
    while (buffer->items == 0) co_await buffer->not_empty.wait();
    --buffer->items;
    ++buffer->taken;
    co_await buffer->mutex.unlock();
    co_await buffer->not_full.signal();
  }
  co_await done->done();
}

Task<void> use_buffer(Buffer* buffer) {
  WaitGroup done(8);
  for (int i = 0; i < 4; ++i) {
    co_await go("put", put_items(buffer, 500, &done));
    co_await go("take", take_items(buffer, 500, &done));
  }
  co_await done.wait();
}

TEST_P(WaitGroupTest, NoSignalIsMissed) {
  Buffer buffer;
  EXPECT_DONE(run(use_buffer, &buffer));
  EXPECT_EQ(buffer.taken, 2000);
  EXPECT_EQ(buffer.items, 0);
}

// ---- Semaphore, Once ----

struct Pool {
  Semaphore free{3};
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
};

Task<void> borrow(Pool* pool, int times, WaitGroup* done) {
  for (int i = 0; i < times; ++i) {
    co_await pool->free.acquire();
    const int inside = ++pool->inside;
    int most = pool->most;
    while (inside > most && !pool->most.compare_exchange_weak(most, inside)) {
    }
    co_await gosched();
    --pool->inside;
    co_await pool->free.release(i % 3 == 0);
  }
  co_await done->done();
}

Task<void> use_pool(Pool* pool) {
  WaitGroup done(10);
  for (int i = 0; i < 10; ++i) co_await go("borrower", borrow(pool, 300, &done));
  co_await done.wait();
}

TEST_P(WaitGroupTest, ASemaphoreAdmitsAsManyAsItCounts) {
  Pool pool;
  EXPECT_DONE(run(use_pool, &pool));
  EXPECT_LE(pool.most.load(), 3);
  if (time() == Time::kVirtual) {
    EXPECT_EQ(pool.most.load(), 3);
  }
  EXPECT_EQ(pool.free.count(), 3u);
}

struct Single {
  Once once;
  std::atomic<int> calls{0};
  std::atomic<int> too_early{0};
};

Task<void> initialise(void* single) {
  co_await gosched();
  ++static_cast<Single*>(single)->calls;
}

Task<void> call_once(Single* single, WaitGroup* done) {
  co_await single->once.call(initialise, single);
  if (single->calls != 1) ++single->too_early;
  co_await done->done();
}

Task<void> call_once_from_many(Single* single) {
  WaitGroup done(20);
  for (int i = 0; i < 20; ++i) co_await go("caller", call_once(single, &done));
  co_await done.wait();
}

TEST_P(WaitGroupTest, OnceCallsOnceAndEverybodyWaitsForIt) {
  Single single;
  EXPECT_DONE(run(call_once_from_many, &single));
  EXPECT_EQ(single.calls.load(), 1);
  EXPECT_EQ(single.too_early.load(), 0);
}

}  // namespace
}  // namespace samovar::sync
