// Timers that goroutines use: Timer, Ticker, After and AfterFunc (Go 1.26: time/sleep.go, time/tick.go, runtime/time.go).
//
//   Timer timer = co_await new_timer(5'000'000);
//   auto [when_ns, ok] = co_await timer.channel().receive();
//
// Channel timers have the semantics of Go 1.23 and later: their channel passes for unbuffered (length and capacity 0), and after stop() or
// reset() nothing stale is to be received. They are in a P's heap only while some goroutine waits for their channel; otherwise
// they are looked at by whoever receives. So an unread timer costs nothing, needs no stop(), and does not keep a run alive that is
// otherwise deadlocked; a pending AfterFunc does.
//
// All times are run times in ns (Scheduler::now). What is received is the moment at which the timer was due. Timer, Ticker
// and FuncTimer are references, as Channel is; a FuncTimer must not outlive its run.
#pragma once

#include <coroutine>
#include <cstdint>
#include <utility>

#include "sync/channel.h"

namespace samovar::sync {

class FuncTimerState;

namespace detail {

// Run time `ns` from now; a negative one is now, a far one never.
uint64_t timer_deadline(M* m, int64_t ns);

// What the operations below do, on the M that runs the goroutine, without suspending it. `state` is that of a timer, not null. Due `ns` from now (as timer_deadline()), and
// then every period_ns; 0: once. Stopping and resetting give whether it was still to fire (a channel's: or had fired unread), and leave its channel empty.
bool stop_channel_timer(M* m, ChannelState<uint64_t>* state);
bool reset_channel_timer(M* m, ChannelState<uint64_t>* state, int64_t ns, uint64_t period_ns);
Channel<uint64_t> start_channel_timer(M* m, int64_t ns, uint64_t period_ns);  // the only reference to a new one; nil if there is no memory

// The heap has a reference of its own to one that is pending, the caller must hold another.
bool stop_func_timer(M* m, FuncTimerState* state);
bool reset_func_timer(M* m, FuncTimerState* state, int64_t ns);

struct StopTimer : SyncOp {
  explicit StopTimer(ChannelState<uint64_t>* state_) : state(state_) {}
  ChannelState<uint64_t>* state;
  bool was_pending = false;

  bool await_ready() {
    was_pending = stop_channel_timer(g->m, state);
    return go_on();
  }
  void await_suspend(std::coroutine_handle<>) { give_way(); }
  bool await_resume() { return was_pending; }
};

struct ResetTimer : SyncOp {
  ResetTimer(ChannelState<uint64_t>* state_, int64_t ns_, bool periodic_) : state(state_), ns(ns_), periodic(periodic_) {}
  ChannelState<uint64_t>* state;
  int64_t ns;
  bool periodic;
  bool was_pending = false;

  bool refused() const { return periodic && ns <= 0; }
  bool await_ready() {
    if (refused()) return false;
    was_pending = reset_channel_timer(g->m, state, ns, periodic ? static_cast<uint64_t>(ns) : 0);
    return go_on();
  }
  void await_suspend(std::coroutine_handle<>) {
    if (refused()) return scheduler().panic(g, "non-positive interval for Ticker.Reset");
    give_way();
  }
  bool await_resume() { return was_pending; }
};

struct StopFuncTimer : SyncOp {
  explicit StopFuncTimer(FuncTimerState* state_) : state(state_) {}
  FuncTimerState* state;
  bool was_pending = false;

  bool await_ready() {
    was_pending = stop_func_timer(g->m, state);
    return go_on();
  }
  void await_suspend(std::coroutine_handle<>) { give_way(); }
  bool await_resume() { return was_pending; }
};

struct ResetFuncTimer : SyncOp {
  ResetFuncTimer(FuncTimerState* state_, int64_t ns_) : state(state_), ns(ns_) {}
  FuncTimerState* state;
  int64_t ns;
  bool was_pending = false;

  bool await_ready() {
    was_pending = reset_func_timer(g->m, state, ns);
    return go_on();
  }
  void await_suspend(std::coroutine_handle<>) { give_way(); }
  bool await_resume() { return was_pending; }
};

}  // namespace detail

// time.Timer with a channel.
class Timer {
 public:
  Timer() = default;
  explicit Timer(Channel<uint64_t> channel) : channel_(std::move(channel)) {}

  // Receives one value when the timer fires.
  const Channel<uint64_t>& channel() const { return channel_; }

  // To be awaited. Both give whether it was still to fire, or had fired unread; the channel is empty afterwards.
  detail::StopTimer stop() const { return detail::StopTimer(channel_.state()); }
  detail::ResetTimer reset(int64_t ns) const { return {channel_.state(), ns, false}; }

 private:
  Channel<uint64_t> channel_;
};

// time.Ticker. Ticks that nobody takes are dropped.
class Ticker {
 public:
  Ticker() = default;
  explicit Ticker(Channel<uint64_t> channel) : channel_(std::move(channel)) {}

  const Channel<uint64_t>& channel() const { return channel_; }

  // To be awaited. reset panics: "non-positive interval for Ticker.Reset".
  detail::StopTimer stop() const { return detail::StopTimer(channel_.state()); }
  detail::ResetTimer reset(int64_t period_ns) const { return {channel_.state(), period_ns, true}; }

 private:
  Channel<uint64_t> channel_;
};

// time.Timer of AfterFunc.
class FuncTimer {
 public:
  FuncTimer() = default;
  explicit FuncTimer(FuncTimerState* state) : state_(state) {}  // takes over a reference
  FuncTimer(const FuncTimer& other);
  FuncTimer(FuncTimer&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  FuncTimer& operator=(FuncTimer other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~FuncTimer();

  // To be awaited. Both give whether the call was still to come.
  detail::StopFuncTimer stop() const { return detail::StopFuncTimer(state_); }
  detail::ResetFuncTimer reset(int64_t ns) const { return {state_, ns}; }

 private:
  FuncTimerState* state_ = nullptr;
};

namespace detail {

template <class Result>
struct NewTimer : SyncOp {
  NewTimer(int64_t ns_, bool periodic_) : ns(ns_), periodic(periodic_) {}
  int64_t ns;
  bool periodic;
  Channel<uint64_t> channel;

  bool refused() const { return periodic && ns <= 0; }
  bool await_ready() {
    if (!refused()) channel = start_channel_timer(g->m, ns, periodic ? static_cast<uint64_t>(ns) : 0);
    return channel && go_on();
  }
  void await_suspend(std::coroutine_handle<>) {
    if (refused()) return scheduler().panic(g, "non-positive interval for NewTicker");
    if (!channel) return scheduler().fatal(g, "out of memory: cannot allocate a timer");
    give_way();
  }
  Result await_resume() { return Result(std::move(channel)); }
};

struct AfterFunc : SyncOp {
  using Function = Task<void> (*)(void*);
  AfterFunc(int64_t ns_, const char* name_, Function function_, void* argument_)
      : ns(ns_), name(name_), function(function_), argument(argument_) {}
  int64_t ns;
  const char* name;
  Function function;
  void* argument;
  FuncTimerState* state = nullptr;

  bool await_ready();
  void await_suspend(std::coroutine_handle<>) {
    if (state == nullptr) return scheduler().fatal(g, "out of memory: cannot allocate a timer");
    give_way();
  }
  FuncTimer await_resume() { return FuncTimer(state); }
};

}  // namespace detail

// To be awaited: time.NewTimer, time.After, time.NewTicker.
inline detail::NewTimer<Timer> new_timer(int64_t ns) { return {ns, false}; }
inline detail::NewTimer<Channel<uint64_t>> after(int64_t ns) { return {ns, false}; }
inline detail::NewTimer<Ticker> new_ticker(int64_t period_ns) { return {period_ns, true}; }

// To be awaited: time.AfterFunc: runs function(argument) as a goroutine of its own, called `name` (a literal), ns from now.
inline detail::AfterFunc after_func(int64_t ns, const char* name, detail::AfterFunc::Function function, void* argument) {
  return {ns, name, function, argument};
}

}  // namespace samovar::sync
