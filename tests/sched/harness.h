// How the tests of core/sched run things: a main goroutine in, an Outcome out, and nothing may be left over.
//
//   Ran ran = run({.procs = 2}, main_of_the_test, &state);
//   EXPECT_EQ(ran.outcome.state, RunState::kDone);
//
// A run that does not end within kHangSeconds is cancelled, which the test then sees as RunState::kCancelled with `hung` set.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "platform/clock.h"
#include "platform/parker.h"
#include "platform/worker_pool.h"
#include "sched/ops.h"
#include "sched/scheduler.h"

namespace samovar::sched {

enum class Time { kReal, kVirtual };

// Not a promise of how fast anything is: only what hangs takes so long, even under a sanitizer on a machine that does other things.
inline constexpr uint64_t kHangSeconds = 120;

inline constexpr uint64_t kMicrosecond = 1'000;
inline constexpr uint64_t kMillisecond = 1'000'000;
inline constexpr uint64_t kSecond = 1'000'000'000;

// One pool for the whole test binary; threads are made on demand and stay.
inline platform::WorkerPool& test_workers() {
  static platform::WorkerPool pool(platform::max_threads() == 0 ? 0 : 128);
  return pool;
}

inline bool threads_available() { return platform::max_threads() > 0; }

// A number from the environment, e.g. SAMOVAR_TEST_SEED.
inline uint64_t environment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr || *text == 0 ? otherwise : std::strtoull(text, nullptr, 10);
}

// The seed of this go: SAMOVAR_TEST_SEED, or 1.
inline uint64_t test_seed() { return environment("SAMOVAR_TEST_SEED", 1); }

// Lives in a coroutine's frame and counts how many of its kind live: all must be gone after a run.
class Tracked {
 public:
  Tracked() { live().fetch_add(1); }
  Tracked(const Tracked&) : Tracked() {}
  ~Tracked() { live().fetch_sub(1); }
  static std::atomic<int64_t>& live() {
    static std::atomic<int64_t> count{0};
    return count;
  }
};

struct Settings {
  uint32_t procs = 1;
  Time time = Time::kVirtual;
  uint64_t seed = test_seed();
  platform::WorkerPool* workers = &test_workers();
  size_t event_bytes = 1 << 20;
  uint64_t slice_ns = Options().slice_ns;
  uint32_t schedtrace_ms = 0;
  // Called before the run begins.
  std::function<void(Scheduler&)> beforehand = nullptr;
  // Called while the run goes on, from another thread (threads) or between portions (virtual time).
  std::function<void(Scheduler&)> meanwhile = nullptr;
  // Called after the run, before the scheduler goes.
  std::function<void(Scheduler&)> afterwards = nullptr;
};

inline Options options_of(const Settings& settings) {
  Options options;
  options.procs = settings.procs;
  options.seed = settings.seed;
  options.virtual_time = settings.time == Time::kVirtual;
  options.event_bytes = settings.event_bytes;
  options.slice_ns = settings.slice_ns;
  options.schedtrace_ms = settings.schedtrace_ms;
  options.workers = settings.workers;
  return options;
}

struct Ran {
  Outcome outcome;
  bool hung = false;
  std::vector<observe::Event> events;  // ring after ring; drained after the run
  uint64_t dropped = 0;
  uint64_t digest = 0;
  uint64_t created = 0;
  uint64_t left = 0;  // goroutines that had not ended when the run did
  uint64_t threads = 0;
  std::vector<std::string> names;

  uint64_t count(observe::EventKind kind) const {
    uint64_t n = 0;
    for (const auto& event : events) n += event.kind == kind;
    return n;
  }
  const observe::Event* first(observe::EventKind kind, uint32_t g = 0) const {
    for (const auto& event : events) {
      if (event.kind == kind && (g == 0 || event.g == g)) return &event;
    }
    return nullptr;
  }
};

namespace harness {

// A thread that cancels a run that hangs, and calls `meanwhile`.
class Companion {
 public:
  Companion(Scheduler& scheduler, const Settings& settings) : scheduler_(scheduler), settings_(settings) {
    started_ = pool().start([](void* self) { static_cast<Companion*>(self)->watch(); }, this);
  }
  // True if the run had to be cancelled.
  bool finish() {
    if (!started_) return false;
    over_.store(true);
    parker_.unpark();
    done_.park();
    return hung_;
  }

 private:
  static platform::WorkerPool& pool() {
    static platform::WorkerPool instance(4);
    return instance;
  }
  void watch() {
    const uint64_t deadline = platform::now_ns() + kHangSeconds * kSecond;
    if (settings_.meanwhile) settings_.meanwhile(scheduler_);
    while (!over_.load()) {
      if (platform::now_ns() > deadline) {
        hung_ = true;
        scheduler_.cancel();
        break;
      }
      parker_.park_for(kSecond);
    }
    done_.unpark();
  }
  Scheduler& scheduler_;
  const Settings& settings_;
  platform::Parker parker_;
  platform::Parker done_;
  std::atomic<bool> over_{false};
  bool hung_ = false;
  bool started_ = false;
};

inline bool run_virtual(Scheduler& scheduler, const Settings& settings, Task<void> (*main)(void*), void* argument, Outcome* outcome) {
  const uint64_t deadline = platform::now_ns() + kHangSeconds * kSecond;
  bool hung = false;
  scheduler.begin(main, argument);
  bool more = true;
  while (more) {
    more = scheduler.advance(settings.meanwhile ? 1 : 1000);
    if (more && settings.meanwhile) settings.meanwhile(scheduler);
    if (more && platform::now_ns() > deadline) {
      hung = true;
      scheduler.cancel();
    }
  }
  *outcome = scheduler.finish();
  return hung;
}

}  // namespace harness

// Runs main(argument) as goroutine 1 to the end and checks that no frame is left.
inline Ran run(const Settings& settings, Task<void> (*main)(void*), void* argument) {
  const int64_t live_before = Tracked::live().load();
  Ran ran;
  {
    Scheduler scheduler(options_of(settings));
    if (settings.beforehand) settings.beforehand(scheduler);
    if (settings.time == Time::kVirtual) {
      ran.hung = harness::run_virtual(scheduler, settings, main, argument, &ran.outcome);
    } else {
      harness::Companion companion(scheduler, settings);
      ran.outcome = scheduler.run(main, argument);
      ran.hung = companion.finish();
    }
    ran.digest = scheduler.log().digest();
    ran.created = scheduler.goroutines_created();
    ran.left = scheduler.goroutines();
    ran.threads = scheduler.thread_count();
    ran.names = scheduler.names();
    std::vector<observe::Event> some(4096);
    for (size_t silent = 0; silent <= kMaxProcs;) {
      const size_t got = scheduler.log().drain(some.data(), some.size());
      ran.events.insert(ran.events.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(got));
      silent = got == 0 ? silent + 1 : 0;
    }
    ran.dropped = scheduler.log().dropped();
    if (settings.afterwards) settings.afterwards(scheduler);
  }
  EXPECT_FALSE(ran.hung) << "the run did not end by itself; seed " << settings.seed << ", procs " << settings.procs;
  EXPECT_EQ(Tracked::live().load(), live_before) << "frames were left; seed " << settings.seed << ", procs " << settings.procs;
  return ran;
}

// The same with a typed argument.
template <class T>
Ran run(const Settings& settings, Task<void> (*main)(T*), T* argument) {
  struct Call {
    Task<void> (*main)(T*);
    T* argument;
  } call{main, argument};
  return run(settings, +[](void* context) {
    auto* c = static_cast<Call*>(context);
    return c->main(c->argument);
  }, static_cast<void*>(&call));
}

// A test for each number of Ps, with real threads and in virtual time.
class EveryRun : public testing::TestWithParam<std::tuple<uint32_t, Time>> {
 protected:
  void SetUp() override {
    if (time() == Time::kReal && !threads_available()) GTEST_SKIP() << "built without threads";
  }
  uint32_t procs() const { return std::get<0>(GetParam()); }
  Time time() const { return std::get<1>(GetParam()); }
  bool is_virtual() const { return time() == Time::kVirtual; }
  Settings settings() const { return {.procs = procs(), .time = time()}; }
};

inline std::string run_name(const testing::TestParamInfo<std::tuple<uint32_t, Time>>& info) {
  return std::string(std::get<1>(info.param) == Time::kReal ? "Threads" : "Virtual") + std::to_string(std::get<0>(info.param));
}

#define SAMOVAR_EVERY_RUN(Suite)                                                                                                     \
  INSTANTIATE_TEST_SUITE_P(Procs, Suite,                                                                                             \
                           testing::Combine(testing::Values(1u, 2u, 4u, 8u), testing::Values(Time::kReal, Time::kVirtual)),          \
                           run_name)

#define SAMOVAR_SKIP_WITHOUT_THREADS() \
  if (!::samovar::sched::threads_available()) GTEST_SKIP() << "built without threads"

inline const Outcome& outcome_of(const Ran& ran) { return ran.outcome; }
inline const Outcome& outcome_of(const Outcome& outcome) { return outcome; }

// Of a Ran or an Outcome, which may be made in place. More can be said with <<.
#define EXPECT_DONE(ran)                                                                      \
  if (const auto& seen = (ran); false) {                                                      \
  } else /* NOLINT: takes no else from around it */                                           \
    EXPECT_EQ(::samovar::sched::outcome_of(seen).state, ::samovar::sched::RunState::kDone)    \
        << ::samovar::sched::outcome_of(seen).message << " (seed " << ::samovar::sched::test_seed() << ")"

// A place where goroutines wait until somebody opens it; what the tests need of core/sync, which they do not know.
// Those who wait are readied in the order they came.
class Gate {
 public:
  // Parks until open().
  auto wait(WaitReason reason = WaitReason::kSemacquire) { return Wait{{}, this, reason}; }
  // Readies all who wait, and lets everybody through from now on.
  auto open() { return Open{{}, this, ~0u}; }
  // Readies one of them, the first; does nothing if there is none.
  auto wake_one() { return Open{{}, this, 1}; }
  size_t waiting() {
    std::lock_guard lock(mutex_);
    return waiters_.size();
  }

 private:
  struct Wait : Op {
    Wait(Op op, Gate* gate_, WaitReason reason_) : Op(op), gate(gate_), reason(reason_) {}
    Gate* gate;
    WaitReason reason;
    bool await_ready() { return false; }
    void await_suspend(std::coroutine_handle<>) { g->m->scheduler->park(g, reason, enqueue, gate); }
    void await_resume() {}
    static bool enqueue(M*, G* g, void* self) {
      Gate* gate = static_cast<Gate*>(self);
      std::lock_guard lock(gate->mutex_);
      if (gate->open_) return false;
      gate->waiters_.push_back(g);
      return true;
    }
  };
  struct Open : Op {
    Open(Op op, Gate* gate_, uint32_t most_) : Op(op), gate(gate_), most(most_) {}
    Gate* gate;
    uint32_t most;
    bool await_ready() {
      std::vector<G*> woken;
      {
        std::lock_guard lock(gate->mutex_);
        gate->open_ = gate->open_ || most == ~0u;
        while (woken.size() < most && !gate->waiters_.empty()) {
          woken.push_back(gate->waiters_.front());
          gate->waiters_.erase(gate->waiters_.begin());
        }
      }
      for (G* one : woken) g->m->scheduler->ready(g->m, one);
      return true;
    }
    void await_suspend(std::coroutine_handle<>) {}
    void await_resume() {}
  };

  // Not a platform::Mutex: a gate may go as soon as somebody has passed it, while whoever opened it is still unlocking.
  std::mutex mutex_;
  bool open_ = false;            // guarded by mutex_
  std::vector<G*> waiters_;      // guarded by mutex_
};

// Counts down from n; whoever waits goes on at nought.
class Countdown {
 public:
  explicit Countdown(int64_t n) : left_(n) {}
  Task<void> done() {
    if (left_.fetch_sub(1) == 1) co_await gate_.open();
  }
  auto wait() { return gate_.wait(WaitReason::kSyncWaitGroupWait); }

 private:
  std::atomic<int64_t> left_;
  Gate gate_;
};

}  // namespace samovar::sched
