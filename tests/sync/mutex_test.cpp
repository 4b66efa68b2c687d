#include "sync/mutex.h"

#include <atomic>
#include <vector>

#include "sync/harness.h"
#include "sync/rwmutex.h"
#include "sync/waitgroup.h"

namespace samovar::sync {
namespace {

using sched::checkpoint;
using sched::go;
using sched::gosched;
using sched::RunState;

class MutexTest : public EveryRun {};
SAMOVAR_EVERY_RUN(MutexTest);

struct Guarded {
  Mutex mutex;
  int inside = 0;
  int most_inside = 0;
  int64_t count = 0;  // not atomic on purpose
  bool yields = false;
};

Task<void> increment(Guarded* guarded, int times, WaitGroup* done) {
  for (int i = 0; i < times; ++i) {
    co_await guarded->mutex.lock();
    ++guarded->inside;
    if (guarded->inside > guarded->most_inside) guarded->most_inside = guarded->inside;
    ++guarded->count;
    if (guarded->yields && i % 16 == 0) co_await gosched();
    --guarded->inside;
    co_await guarded->mutex.unlock();
  }
  co_await done->done();
}

Task<void> increment_from_ten(Guarded* guarded) {
  WaitGroup done(10);
  for (int i = 0; i < 10; ++i) co_await go("increment", increment(guarded, 3000, &done));
  co_await done.wait();
}

TEST_P(MutexTest, OneGoroutineIsInsideAtATime) {
  for (const bool yields : {false, true}) {
    Guarded guarded;
    guarded.yields = yields;
    EXPECT_DONE(run(increment_from_ten, &guarded));
    EXPECT_EQ(guarded.count, 30000);
    EXPECT_EQ(guarded.most_inside, 1);
    EXPECT_FALSE(guarded.mutex.is_locked());
    EXPECT_EQ(guarded.mutex.waiters(), 0u);
  }
}

// ---- Starvation. ----

struct Greedy {
  Mutex mutex;
  uint64_t waited_ns = 0;
  int held = 0;
  bool waiter_has_it = false;
};

Task<void> wait_for_mutex(Greedy* greedy) {
  sched::G* g = co_await sched::self();
  const uint64_t start = g->m->scheduler->now(g->m);
  co_await greedy->mutex.lock();
  greedy->waited_ns = g->m->scheduler->now(g->m) - start;
  greedy->waiter_has_it = true;
  co_await greedy->mutex.unlock();
}

// Holds the mutex for 100 us at a time, and takes it again at once.
Task<void> hold_greedily(Greedy* greedy) {
  co_await greedy->mutex.lock();
  co_await go("waiter", wait_for_mutex(greedy));
  while (greedy->mutex.waiters() == 0) co_await gosched();
  while (!greedy->waiter_has_it && greedy->held < 10'000) {
    co_await checkpoint(100'000);
    ++greedy->held;
    co_await greedy->mutex.unlock();
    co_await gosched();  // lets the woken one try, with one P too
    co_await greedy->mutex.lock();
  }
  co_await greedy->mutex.unlock();
}

Task<void> never_yield(Greedy* greedy) {
  co_await greedy->mutex.lock();
  co_await go("waiter", wait_for_mutex(greedy));
  while (greedy->mutex.waiters() == 0) co_await gosched();
  while (!greedy->waiter_has_it && greedy->held < 10'000) {
    co_await checkpoint(100'000);
    ++greedy->held;
    co_await greedy->mutex.unlock();
    co_await greedy->mutex.lock();
  }
  co_await greedy->mutex.unlock();
}

// Go 1.26, F21: 1.08 to 1.17 ms and 10 to 11 holds of 100 us, with a second P on which the waiter wakes and loses.
TEST(MutexStarvation, AWaiterGetsItJustAfterAMillisecond) {
  Greedy greedy;
  EXPECT_DONE(run_on(2, Time::kVirtual, never_yield, &greedy));
  EXPECT_TRUE(greedy.waiter_has_it);
  EXPECT_GE(greedy.waited_ns, 1'000'000u);
  EXPECT_LE(greedy.waited_ns, 1'250'000u);
  EXPECT_GE(greedy.held, 10);
  EXPECT_LE(greedy.held, 13);
}

TEST(MutexStarvation, AGreedyGoroutineThatYieldsLosesItSooner) {
  Greedy greedy;
  EXPECT_DONE(run_on(1, Time::kVirtual, hold_greedily, &greedy));
  EXPECT_TRUE(greedy.waiter_has_it);
  EXPECT_LE(greedy.held, 2);
}

TEST_P(MutexTest, TryLockTakesOnlyAFreeMutex) {
  EXPECT_DONE(run(+[](void*) -> Task<void> {
    Mutex mutex;
    EXPECT_TRUE(co_await mutex.try_lock());
    EXPECT_FALSE(co_await mutex.try_lock());
    co_await mutex.unlock();
    EXPECT_TRUE(co_await mutex.try_lock());
    co_await mutex.unlock();
  }));
}

// Go 1.26, F30.
TEST_P(MutexTest, UnlockOfAnUnlockedMutexIsFatal) {
  const auto outcome = run(+[](void*) -> Task<void> {
    Mutex mutex;
    co_await mutex.unlock();
    ADD_FAILURE() << "went on";
  });
  EXPECT_EQ(outcome.state, RunState::kPanicked);
  EXPECT_EQ(outcome.message.rfind("fatal error: sync: unlock of unlocked mutex\n\n", 0), 0u) << outcome.message;
}

// ---- RWMutex. ----

struct Library {
  RWMutex mutex;
  int writing = 0;
  std::atomic<int> reading{0};
  std::atomic<int> faults{0};
  int64_t written = 0;
};

Task<void> read_repeatedly(Library* library, int times, WaitGroup* done) {
  for (int i = 0; i < times; ++i) {
    co_await library->mutex.read_lock();
    ++library->reading;
    if (library->writing != 0) ++library->faults;
    if (i % 8 == 0) co_await gosched();
    if (library->writing != 0) ++library->faults;
    --library->reading;
    co_await library->mutex.read_unlock();
  }
  co_await done->done();
}

Task<void> write_repeatedly(Library* library, int times, WaitGroup* done) {
  for (int i = 0; i < times; ++i) {
    co_await library->mutex.lock();
    if (++library->writing != 1 || library->reading != 0) ++library->faults;
    if (i % 4 == 0) co_await gosched();
    ++library->written;
    --library->writing;
    co_await library->mutex.unlock();
  }
  co_await done->done();
}

Task<void> use_library(Library* library) {
  WaitGroup done(8);
  for (int i = 0; i < 6; ++i) co_await go("reader", read_repeatedly(library, 1000, &done));
  for (int i = 0; i < 2; ++i) co_await go("writer", write_repeatedly(library, 500, &done));
  co_await done.wait();
}

TEST_P(MutexTest, WritersAreAlone) {
  Library library;
  EXPECT_DONE(run(use_library, &library));
  EXPECT_EQ(library.faults.load(), 0);
  EXPECT_EQ(library.written, 1000);
}

Task<void> read_once(Library* library, WaitGroup* done) {
  co_await library->mutex.read_lock();
  co_await library->mutex.read_unlock();
  co_await done->done();
}

Task<void> read_together(Library* library) {
  WaitGroup done(3);
  co_await library->mutex.read_lock();
  for (int i = 0; i < 3; ++i) co_await go("reader", read_once(library, &done));
  co_await done.wait();
  co_await library->mutex.read_unlock();
}

TEST_P(MutexTest, ReadersShare) {
  Library library;
  EXPECT_DONE(run(read_together, &library));
}

struct Preference {
  RWMutex mutex;
  std::vector<char> order;
};

Task<void> late_writer(Preference* preference) {
  co_await preference->mutex.lock();
  preference->order.push_back('W');
  co_await preference->mutex.unlock();
}

Task<void> late_reader(Preference* preference, WaitGroup* done) {
  co_await preference->mutex.read_lock();
  preference->order.push_back('R');
  co_await preference->mutex.read_unlock();
  co_await done->done();
}

Task<void> prefer_writer(Preference* preference) {
  WaitGroup done(1);
  co_await preference->mutex.read_lock();
  co_await go("writer", late_writer(preference));
  for (;;) {
    if (!co_await preference->mutex.try_read_lock()) break;
    co_await preference->mutex.read_unlock();
    co_await gosched();
  }
  co_await go("reader", late_reader(preference, &done));
  for (int i = 0; i < 100; ++i) co_await gosched();
  EXPECT_TRUE(preference->order.empty());
  EXPECT_FALSE(co_await preference->mutex.try_lock());
  co_await preference->mutex.read_unlock();
  co_await done.wait();
}

// Go 1.26, F22.
TEST_P(MutexTest, AWaitingWriterKeepsNewReadersOut) {
  Preference preference;
  EXPECT_DONE(run(prefer_writer, &preference));
  EXPECT_EQ(preference.order, (std::vector<char>{'W', 'R'}));
}

TEST_P(MutexTest, UnlockOfAnUnlockedRWMutexIsFatal) {
  EXPECT_EQ(run(+[](void*) -> Task<void> {
    RWMutex mutex;
    co_await mutex.read_unlock();
  }).message.rfind("fatal error: sync: RUnlock of unlocked RWMutex\n\n", 0), 0u);
  EXPECT_EQ(run(+[](void*) -> Task<void> {
    RWMutex mutex;
    co_await mutex.unlock();
  }).message.rfind("fatal error: sync: Unlock of unlocked RWMutex\n\n", 0), 0u);
}

}  // namespace
}  // namespace samovar::sync
