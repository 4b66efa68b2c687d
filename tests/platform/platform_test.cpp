// Parking, locking, and the pool of threads.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <vector>

#include "platform/clock.h"
#include "platform/mutex.h"
#include "platform/parker.h"
#include "platform/worker_pool.h"
#include "support/sanitizers.h"

namespace samovar::platform {
namespace {

constexpr int kRounds = kThreadSanitizer ? 5'000 : 20'000;
constexpr uint64_t kMillisecond = 1'000'000;

#define SKIP_WITHOUT_THREADS() \
  if (max_threads() == 0) GTEST_SKIP() << "built without threads"

// Runs job(i) on `count` threads of a pool and waits for all.
template <class Job>
void on_threads(uint32_t count, Job job) {
  WorkerPool pool(count);
  struct Call {
    Job* job;
    uint32_t index;
    Parker done;
  };
  std::vector<std::unique_ptr<Call>> calls;
  for (uint32_t i = 0; i < count; ++i) {
    calls.push_back(std::make_unique<Call>());
    calls[i]->job = &job;
    calls[i]->index = i;
    ASSERT_TRUE(pool.start([](void* argument) {
      auto* call = static_cast<Call*>(argument);
      (*call->job)(call->index);
      call->done.unpark();
    }, calls[i].get()));
  }
  for (auto& call : calls) call->done.park();
}

// ---- Parker ----

TEST(Parker, TokenLeftBeforeIsNotLost) {
  Parker parker;
  parker.unpark();
  parker.park();  // would hang
  SUCCEED();
}

TEST(Parker, TokensDoNotAddUp) {
  Parker parker;
  parker.unpark();
  parker.unpark();
  parker.park();
  EXPECT_FALSE(parker.park_for(kMillisecond));
}

TEST(Parker, ParkForTakesATokenThatIsThere) {
  Parker parker;
  parker.unpark();
  EXPECT_TRUE(parker.park_for(0));
  EXPECT_FALSE(parker.park_for(0));
}

TEST(Parker, ParkForGivesUpAfterItsTimeAndNotBefore) {
  Parker parker;
  const uint64_t before = now_ns();
  EXPECT_FALSE(parker.park_for(5 * kMillisecond));
  EXPECT_GE(now_ns() - before, 5 * kMillisecond);
}

TEST(Parker, ParkForIsEndedByUnpark) {
  SKIP_WITHOUT_THREADS();
  Parker parker;
  std::atomic<bool> took{false};
  on_threads(2, [&](uint32_t index) {
    if (index == 0) took = parker.park_for(60'000 * kMillisecond);
    if (index == 1) parker.unpark();
  });
  EXPECT_TRUE(took.load());
}

TEST(Parker, SpinForTakesATokenOrGivesUpAfterItsTime) {
  Parker parker;
  parker.unpark();
  EXPECT_TRUE(parker.spin_for(0));
  const uint64_t before = now_ns();
  EXPECT_FALSE(parker.spin_for(kMillisecond));
  EXPECT_GE(now_ns() - before, kMillisecond);
}

TEST(Parker, SpinForIsEndedByUnparkAndSeesWhatWasWritten) {
  SKIP_WITHOUT_THREADS();
  Parker parker;
  bool took = false;
  int written = 0;  // plain: the parker orders its uses
  int read = 0;
  on_threads(2, [&](uint32_t index) {
    if (index == 0) {
      took = parker.spin_for(60'000 * kMillisecond);
      read = written;
    } else {
      written = 1;
      parker.unpark();
    }
  });
  EXPECT_TRUE(took);
  EXPECT_EQ(read, 1);
}

TEST(Parker, PingPongLosesNoWakeUpAndCarriesWhatWasWritten) {
  SKIP_WITHOUT_THREADS();
  Parker ping, pong;
  int64_t ball = 0;  // plain: the parkers order its uses
  on_threads(2, [&](uint32_t index) {
    for (int i = 0; i < kRounds; ++i) {
      if (index == 0) {
        ++ball;
        pong.unpark();
        ping.park();
      } else {
        pong.park();
        ++ball;
        ping.unpark();
      }
    }
  });
  EXPECT_EQ(ball, 2 * kRounds);
}

TEST(Parker, TokenThatArrivesWithTheTimeoutIsTakenOrLeft) {
  SKIP_WITHOUT_THREADS();
  Parker parker, next;
  int taken = 0;
  on_threads(2, [&](uint32_t index) {
    for (int i = 0; i < 500; ++i) {
      if (index == 0) {
        // Times out at about the moment the token comes; a token that came too late is still there.
        if (!parker.park_for(static_cast<uint64_t>(i % 50) * 1000)) parker.park();
        ++taken;
        next.unpark();
      } else {
        spin_ns(static_cast<uint64_t>(i % 47) * 1000);
        parker.unpark();
        next.park();
      }
    }
  });
  EXPECT_EQ(taken, 500);
}

// ---- Mutex ----

TEST(Mutex, TryLockFailsOnlyWhileItIsHeld) {
  Mutex mutex;
  EXPECT_TRUE(mutex.try_lock());
  EXPECT_FALSE(mutex.try_lock());
  mutex.unlock();
  EXPECT_TRUE(mutex.try_lock());
  mutex.unlock();
}

TEST(Mutex, OneThreadIsInsideAtATime) {
  SKIP_WITHOUT_THREADS();
  Mutex mutex;
  int64_t count = 0;  // plain: the mutex guards it
  int inside = 0;
  int most = 0;
  on_threads(4, [&](uint32_t index) {
    for (int i = 0; i < kRounds; ++i) {
      MutexLock lock(mutex);
      most = std::max(most, ++inside);
      ++count;
      if (i % 128 == static_cast<int>(index)) sleep_ns(1000);  // sometimes the others have to sleep
      --inside;
    }
  });
  EXPECT_EQ(count, 4 * kRounds);
  EXPECT_EQ(most, 1);
}

TEST(Mutex, TryLockTakesPartInExclusion) {
  SKIP_WITHOUT_THREADS();
  Mutex mutex;
  int64_t count = 0;
  std::atomic<int64_t> successes{0};
  on_threads(3, [&](uint32_t) {
    for (int i = 0; i < kRounds; ++i) {
      if (!mutex.try_lock()) continue;
      ++count;
      mutex.unlock();
      successes.fetch_add(1);
    }
  });
  EXPECT_EQ(count, successes.load());
}

// ---- WorkerPool ----

TEST(WorkerPool, RunsAsManyJobsAsItMayHaveThreads) {
  SKIP_WITHOUT_THREADS();
  struct Shared {
    std::atomic<int> arrived{0};
    Parker all;
    Parker release[3];
    Parker done[3];
  } shared;
  struct Call {
    Shared* shared;
    int index;
  } calls[4] = {{&shared, 0}, {&shared, 1}, {&shared, 2}, {&shared, 3}};
  WorkerPool pool(3);
  const WorkerPool::Job job = [](void* argument) {
    auto* call = static_cast<Call*>(argument);
    if (call->shared->arrived.fetch_add(1) == 2) call->shared->all.unpark();
    call->shared->release[call->index].park();
    call->shared->done[call->index].unpark();
  };
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(pool.start(job, &calls[i]));
  EXPECT_FALSE(pool.start(job, &calls[3]));
  shared.all.park();  // all three run at once
  for (int i = 0; i < 3; ++i) shared.release[i].unpark();
  for (int i = 0; i < 3; ++i) shared.done[i].park();
  EXPECT_EQ(shared.arrived.load(), 3);
}

TEST(WorkerPool, LendsAThreadAgainAndAgain) {
  SKIP_WITHOUT_THREADS();
  WorkerPool pool(1);
  struct Job {
    std::atomic<int> count{0};
    Parker done;
  } job;
  for (int i = 0; i < 1000; ++i) {
    // The thread says that it is done a moment before it is to be had again.
    while (!pool.start([](void* argument) {
      auto* own = static_cast<Job*>(argument);
      own->count.fetch_add(1);
      own->done.unpark();
    }, &job)) {
      cpu_pause();
    }
    job.done.park();
  }
  EXPECT_EQ(job.count.load(), 1000);
}

TEST(WorkerPool, ReservesUpToItsLimit) {
  SKIP_WITHOUT_THREADS();
  WorkerPool pool(3);
  EXPECT_EQ(pool.reserve(2), 2u);
  EXPECT_EQ(pool.reserve(1), 2u);
  EXPECT_EQ(pool.reserve(100), 3u);
  EXPECT_EQ(pool.limit(), 3u);
}

TEST(WorkerPool, OfNoneStartsNothing) {
  WorkerPool pool(0);
  EXPECT_FALSE(pool.start([](void*) {}, nullptr));
}

// ---- Clock ----

TEST(Clock, NeverGoesBack) {
  uint64_t last = now_ns();
  for (int i = 0; i < 10'000; ++i) {
    const uint64_t now = now_ns();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(Clock, SleepingTakesAtLeastItsTime) {
  const uint64_t before = now_ns();
  sleep_ns(2 * kMillisecond);
  EXPECT_GE(now_ns() - before, 2 * kMillisecond);
}

TEST(Clock, ResolutionIsAFewMicrosecondsAtMost) {
  EXPECT_GE(clock_resolution_ns(), 1u);
  EXPECT_LE(clock_resolution_ns(), 2 * kMillisecond);
}

}  // namespace
}  // namespace samovar::platform
