// Channel<T>: how goroutines pass values (Go 1.26: chan.go).
//
//   Channel<int> numbers = co_await make_channel<int>(16);
//   co_await numbers.send(7);
//   auto [value, ok] = co_await numbers.receive();   // ok: false once it is closed and drained
//   co_await numbers.close();
//
// A Channel is a reference, as in Go: copies mean the same channel, which lives as long as any of them; a default-made one is
// nil, and sending to it or receiving from it blocks for ever. Pass it to goroutines by value. T must be movable and have a default value;
// what a closed channel gives is T{}. Values move straight from a sender to a waiting receiver and back.
//
// Order: those who wait are served first come, first served; a goroutine that is woken goes to runnext of the waker's P; close
// wakes the receivers, then the senders (who panic), in reverse order.
//
// All operations are awaited on a goroutine of one and the same run; length(), capacity() and copying work anywhere. Misuse ends the
// run with Go's words.
#pragma once

#include <coroutine>
#include <cstdint>
#include <utility>

#include "sync/channel_state.h"

namespace samovar::sync {

// What a receive gives.
template <class T>
struct Received {
  T value{};
  bool ok = false;  // false: the channel is closed and drained, value is T{}
};

// What a receive that does not wait gives.
template <class T>
struct TryReceived {
  T value{};
  bool ok = false;     // as above
  bool ready = false;  // false: it would have had to wait
};

namespace detail {

// The common end of await_suspend() for an operation that has panicked or is complete.
struct ChannelOp : SyncOp {
  Attempt attempt = Attempt::kDone;
  Waiter waiter;

  void block_for_ever(WaitReason reason) const { scheduler().park(g, reason, nullptr, nullptr); }
};

template <class T>
struct Send : ChannelOp {
  Send(ChannelState<T>* channel_, T&& value_) : channel(channel_), value(std::move(value_)) {}
  ChannelState<T>* channel;
  T value;

  bool await_ready() {
    M* m = g->m;
    m->charge(sched::costs::kChannelOp);
    if (channel == nullptr) [[unlikely]] return false;
    attempt = channel->send(m, &value);
    return attempt == Attempt::kDone && go_on();
  }
  void await_suspend(std::coroutine_handle<>) {
    if (channel == nullptr) return block_for_ever(WaitReason::kChanSendNil);
    if (attempt == Attempt::kWait) return channel->park_sender(g, &waiter, &value);
    if (attempt == Attempt::kClosed) return scheduler().panic(g, "send on closed channel");
    give_way();
  }
  void await_resume() {}  // a sender woken by close does not get here, see ChannelBase::close()
};

template <class T>
struct Receive : ChannelOp {
  explicit Receive(ChannelState<T>* channel_) : channel(channel_) {}
  ChannelState<T>* channel;
  Received<T> result;

  bool await_ready() {
    M* m = g->m;
    m->charge(sched::costs::kChannelOp);
    if (channel == nullptr) [[unlikely]] return false;
    attempt = channel->receive(m, &result.value, &result.ok);
    return attempt == Attempt::kDone && go_on();
  }
  void await_suspend(std::coroutine_handle<>) {
    if (channel == nullptr) return block_for_ever(WaitReason::kChanReceiveNil);
    if (attempt == Attempt::kWait) return channel->park_receiver(g, &waiter, &result.value);
    give_way();
  }
  Received<T> await_resume() {
    if (attempt == Attempt::kWait) {
      result.ok = waiter.success;
      channel->timer_wait_ended(g->m);
    }
    return std::move(result);
  }
};

template <class T>
struct TrySend : SyncOp {
  TrySend(ChannelState<T>* channel_, T& value_) : channel(channel_), value(&value_) {}
  ChannelState<T>* channel;
  T* value;
  Attempt attempt = Attempt::kWait;

  bool await_ready() {
    M* m = g->m;
    m->charge(sched::costs::kChannelOp);
    if (channel != nullptr && !channel->surely_full()) {
      attempt = channel->send(m, value);
      if (attempt == Attempt::kWait) channel->unlock(*m->scheduler);
    }
    return attempt != Attempt::kClosed && go_on();
  }
  void await_suspend(std::coroutine_handle<>) {
    if (attempt == Attempt::kClosed) return scheduler().panic(g, "send on closed channel");
    give_way();
  }
  bool await_resume() { return attempt == Attempt::kDone; }
};

template <class T>
struct TryReceive : SyncOp {
  explicit TryReceive(ChannelState<T>* channel_) : channel(channel_) {}
  ChannelState<T>* channel;
  TryReceived<T> result;

  bool await_ready() {
    M* m = g->m;
    m->charge(sched::costs::kChannelOp);
    if (channel != nullptr && !channel->surely_empty()) {
      result.ready = channel->receive(m, &result.value, &result.ok) == Attempt::kDone;
      if (!result.ready) {
        result.ok = false;
        channel->unlock(*m->scheduler);
      }
    }
    return go_on();
  }
  void await_suspend(std::coroutine_handle<>) { give_way(); }
  TryReceived<T> await_resume() { return std::move(result); }
};

struct Close : SyncOp {
  explicit Close(ChannelBase* channel_) : channel(channel_) {}
  ChannelBase* channel;
  const char* panic = nullptr;

  bool await_ready() {
    g->m->charge(sched::costs::kChannelOp);
    panic = channel == nullptr ? "close of nil channel" : channel->close(g->m);
    return panic == nullptr && go_on();
  }
  void await_suspend(std::coroutine_handle<>) {
    if (panic != nullptr) return scheduler().panic(g, panic);
    give_way();
  }
  void await_resume() {}
};

}  // namespace detail

template <class T>
class Channel {
 public:
  using Element = T;

  Channel() = default;  // nil
  Channel(const Channel& other) : state_(other.state_) {
    if (state_ != nullptr) state_->add_reference();
  }
  Channel(Channel&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  Channel& operator=(Channel other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~Channel() {
    if (state_ != nullptr && state_->drop_reference()) delete state_;
  }

  // A channel made outside of a run, for example in what main is given. `capacity` must fit the memory; nil if there is none.
  static Channel unbuffered() { return Channel(ChannelState<T>::make(0)); }
  static Channel buffered(uint32_t capacity) { return Channel(ChannelState<T>::make(capacity)); }

  // ch <- value. Panics: "send on closed channel", also when it is closed while the goroutine waits.
  detail::Send<T> send(T value) const { return {state_, std::move(value)}; }

  // value, ok := <-ch.
  detail::Receive<T> receive() const { return detail::Receive<T>(state_); }

  // Sends if that needs no waiting; gives whether it did. `value` is moved from only then. Panics as send().
  detail::TrySend<T> try_send(T& value) const { return {state_, value}; }
  detail::TrySend<T> try_send(T&& value) const { return {state_, value}; }

  // Receives if that needs no waiting.
  detail::TryReceive<T> try_receive() const { return detail::TryReceive<T>(state_); }

  // Panics: "close of nil channel", "close of closed channel".
  detail::Close close() const { return detail::Close(state_); }

  // len(ch) and cap(ch). Any thread; a snapshot.
  uint32_t length() const { return state_ != nullptr ? state_->length() : 0; }
  uint32_t capacity() const { return state_ != nullptr ? state_->capacity() : 0; }

  explicit operator bool() const { return state_ != nullptr; }
  friend bool operator==(const Channel& a, const Channel& b) { return a.state_ == b.state_; }

  // For this folder: takes over a reference.
  explicit Channel(ChannelState<T>* state) : state_(state) {}
  ChannelState<T>* state() const { return state_; }

 private:
  ChannelState<T>* state_ = nullptr;
};

namespace detail {

template <class T>
struct MakeChannel : SyncOp {
  explicit MakeChannel(int64_t size_) : size(size_) {}
  int64_t size;
  Channel<T> channel;

  bool in_range() const { return size >= 0 && static_cast<uint64_t>(size) <= kMaxChannelBytes / sizeof(T); }
  bool await_ready() {
    if (in_range()) channel = Channel<T>(ChannelState<T>::make(static_cast<uint32_t>(size)));
    return static_cast<bool>(channel);
  }
  void await_suspend(std::coroutine_handle<>) {
    if (!in_range()) return scheduler().panic(g, "makechan: size out of range");
    scheduler().fatal(g, "out of memory: cannot allocate a channel");
  }
  Channel<T> await_resume() { return std::move(channel); }
};

}  // namespace detail

// make(chan T, size): `co_await make_channel<int>(8)`. Panics: "makechan: size out of range".
template <class T>
detail::MakeChannel<T> make_channel(int64_t size = 0) { return detail::MakeChannel<T>(size); }

}  // namespace samovar::sync
