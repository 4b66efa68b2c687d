// What a goroutine can do: the awaitable operations of the scheduler itself. (Channels, mutexes and the like: core/sync.)
//
//   Task<void> worker(Counter* counter) {
//     for (int i = 0; i < 1000; ++i) {
//       counter->hash();
//       co_await checkpoint();        // at least each 100 us of work
//     }
//   }
//   co_await go("worker", worker(&counter));
//
// All are used as `co_await op(...)` on a goroutine.
#pragma once

#include <coroutine>
#include <utility>

#include "sched/costs.h"
#include "sched/scheduler.h"

namespace samovar::sched {

namespace detail {

// The goroutine lets other Ms catch up (virtual time) and goes on.
inline void driver_yield(G* g) {
  g->attention.fetch_and(~static_cast<uint32_t>(kAttentionDriver));
  g->m->disposition = Disposition::kDriverYield;
}
inline bool wants_driver_yield(const G* g) {
  return (g->attention.load(std::memory_order_relaxed) & kAttentionDriver) != 0;  // relaxed: set by this very thread
}

// What somebody wanted attention for. For await_suspend of an operation that is complete.
inline void give_way(G* g) {
  const uint32_t attention = g->attention.load(std::memory_order_relaxed);  // relaxed: requests to be noticed soon, nothing hangs on them
  if ((attention & kAttentionAssist) != 0) {
    const Hooks& hooks = g->m->scheduler->hooks();
    g->attention.fetch_and(~static_cast<uint32_t>(kAttentionAssist));
    g->m->scheduler->park(g, WaitReason::kGcAssistWait, hooks.assist_wait, hooks.context);
  } else if ((attention & kAttentionPreempt) != 0) {
    g->m->disposition = Disposition::kPreempt;
  } else {
    driver_yield(g);
  }
}

template <Disposition kDisposition>
struct Leave : Op {
  bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<>) { g->m->disposition = kDisposition; }
  void await_resume() {}
};

struct Checkpoint : Op {
  explicit Checkpoint(uint64_t cost) : cost_ns(cost) {}
  uint64_t cost_ns;
  bool await_ready() {
    M* m = g->m;
    m->charge(cost_ns);
    m->clock_stale = true;
    return g->attention.load(std::memory_order_relaxed) == 0;  // relaxed: a request to be noticed soon, nothing hangs on it
  }
  void await_suspend(std::coroutine_handle<>) { give_way(g); }
  void await_resume() {}
};

struct Go : Op {
  Go(const char* name_, Task<void> body_) : name(name_), body(std::move(body_)) {}
  const char* name;
  Task<void> body;
  bool failed = false;
  uint64_t id = 0;
  bool await_ready() {
    M* m = g->m;
    G* created = m->scheduler->spawn(m, name, std::move(body));
    failed = created == nullptr;
    if (!failed) id = created->id.get();
    return !failed && !wants_driver_yield(g);
  }
  void await_suspend(std::coroutine_handle<>) {
    if (failed) {
      g->m->disposition = Disposition::kPanic;
    } else {
      driver_yield(g);
    }
  }
  uint64_t await_resume() { return id; }
};

struct Sleep : Op {
  explicit Sleep(int64_t ns_) : ns(ns_) {}
  int64_t ns;
  Timer timer;
  bool await_ready() { return ns <= 0; }
  void await_suspend(std::coroutine_handle<>) {
    timer.fire = [](Timer* fired, M* m, uint64_t) { m->scheduler->ready(m, static_cast<G*>(fired->argument)); };
    timer.argument = g;
    timer.goroutine = static_cast<uint32_t>(g->id.get());
    // The timer starts only after the goroutine has stopped: it could fire at once on another P.
    g->m->scheduler->park(g, WaitReason::kSleep, start, this);
  }
  void await_resume() {}

 private:
  static bool start(M* m, G*, void* self) {
    Timer& timer = static_cast<Sleep*>(self)->timer;
    timer.when_ns = m->scheduler->now(m) + static_cast<uint64_t>(static_cast<Sleep*>(self)->ns);
    m->scheduler->start_timer(m, &timer);
    return true;
  }
};

struct BlockingCall : Op {
  explicit BlockingCall(uint64_t ns_) : ns(ns_) {}
  uint64_t ns;
  bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<>) {
    g->m->call_ns = ns;
    g->m->disposition = Disposition::kSyscall;
  }
  void await_resume() {}
};

struct StopTheWorld : Op {
  explicit StopTheWorld(StwReason reason_) : reason(reason_) {}
  StwReason reason;
  bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<>) {
    g->m->stw_reason = static_cast<uint8_t>(reason);
    g->m->disposition = Disposition::kStopWorld;
  }
  bool await_resume() { return g->wait_param != nullptr; }
};

struct StartTheWorld : Op {
  explicit StartTheWorld(uint32_t procs_) : procs(procs_) {}
  uint32_t procs;
  bool await_ready() {
    g->m->scheduler->start_the_world(g->m, procs);
    return true;
  }
  void await_suspend(std::coroutine_handle<>) {}
  void await_resume() {}
};

struct SafePoint : Op {
  using Function = void (*)(void* argument, P* p);
  SafePoint(Function function_, void* argument_) : function(function_), argument(argument_) {}
  Function function;
  void* argument;
  bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<>) {
    g->m->safe_point_function = function;
    g->m->safe_point_argument = argument;
    g->m->disposition = Disposition::kSafePointEverywhere;
  }
  bool await_resume() { return g->wait_param != nullptr; }
};

struct Panic : Op {
  Panic(const char* text_, bool fatal_) : text(text_), fatal(fatal_) {}
  const char* text;
  bool fatal;
  bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<>) {
    if (fatal) {
      g->m->scheduler->fatal(g, text);
    } else {
      g->m->scheduler->panic(g, text);
    }
  }
  void await_resume() {}
};

struct Self : Op {
  bool await_ready() { return true; }
  void await_suspend(std::coroutine_handle<>) {}
  G* await_resume() { return g; }
};

}  // namespace detail

// go f(): makes a goroutine of body, which goes to runnext of this P; gives its id. `name` must be a literal.
inline detail::Go go(const char* name, Task<void> body) { return {name, std::move(body)}; }

// runtime.Gosched: to the tail of the global queue.
inline auto gosched() { return detail::Leave<Disposition::kGosched>{}; }

// goyield: to the tail of this P's ring.
inline auto goyield() { return detail::Leave<Disposition::kGoyield>{}; }

// runtime.Goexit: ends the goroutine, from however deep; locals are destroyed.
inline auto goexit() { return detail::Leave<Disposition::kGoexit>{}; }

// A safe point: costs about a nanosecond, and yields when asked to. Every loop needs one at least each 100 us of work.
// cost_ns is what the work since the last one costs in virtual time; in real time it is ignored.
inline detail::Checkpoint checkpoint(uint64_t cost_ns = 0) { return detail::Checkpoint(cost_ns); }

// time.Sleep, ns.
inline detail::Sleep sleep_for(int64_t ns) { return detail::Sleep(ns); }

// A simulated blocking system call: the M is lost to it for ns, the P only if it takes long.
inline detail::BlockingCall blocking_call(uint64_t ns) { return detail::BlockingCall(ns); }

// Stops all other Ps at their next safe point, waiting its turn if the world is being stopped already. The goroutine then runs alone
// until start_the_world.
inline Task<void> stop_the_world(StwReason reason) {
  bool stopped = false;
  while (!stopped) stopped = co_await detail::StopTheWorld(reason);
}

// Restarts the world, with `procs` Ps if that is not 0.
inline detail::StartTheWorld start_the_world(uint32_t procs = 0) { return detail::StartTheWorld(procs); }

// runtime.GOMAXPROCS(n) for n in 1 to kMaxProcs. As stopTheWorldGC not in the middle of a collection, whose workers are as many as it had Ps at the beginning.
inline Task<void> set_procs(uint32_t procs) {
  constexpr int64_t kLookAgainNs = 100'000;
  const G* g = co_await detail::Self();
  const Hooks& hooks = g->scheduler->hooks();
  if (hooks.context == nullptr) {
    co_await stop_the_world(StwReason::kGomaxprocs);
    co_await start_the_world(procs);
    co_return;
  }
  hooks.hold_cycles(hooks.context, true);
  bool waits = true;
  while (waits) {
    waits = hooks.in_cycle(hooks.context);
    if (waits) {
      co_await sleep_for(kLookAgainNs);
      continue;
    }
    co_await stop_the_world(StwReason::kGomaxprocs);
    waits = hooks.in_cycle(hooks.context);  // one was about to begin
    co_await start_the_world(waits ? 0 : procs);
  }
  hooks.hold_cycles(hooks.context, false);
}

// forEachP: runs function(argument, p) for every P at its next safe point.
inline Task<void> for_each_p(detail::SafePoint::Function function, void* argument) {
  bool done = false;
  while (!done) done = co_await detail::SafePoint(function, argument);
}

// panic(text) and the runtime's fatal errors: end the run, do not return.
inline detail::Panic panic(const char* text) { return {text, false}; }
inline detail::Panic fatal(const char* text) { return {text, true}; }

// The goroutine that is running.
inline detail::Self self() { return {}; }

}  // namespace samovar::sched
