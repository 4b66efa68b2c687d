// select: waits for whichever of several channel operations can go first (Go 1.26: select.go:selectgo).
//
//   int value;
//   switch (co_await select(receive_case(numbers, &value), send_case(results, 7), default_case())) {
//     case 0: ...   // received
//     case 1: ...   // sent
//     case 2: ...   // neither was possible at once
//   }
//
// Gives the position of the case that went. If several can, one is picked at random, each with the same chance (the M's generator, so
// a virtual run repeats). Cases on a nil channel never go; select() with no cases blocks for ever. A closed channel can always be
// received from; sending to one panics. At most 64 cases.
//
// How: the cases are looked at in random order with all channels locked; if none can go, the goroutine queues on all of them, and whoever
// comes first wins its G::select_done. Channels are locked in the order of their ordinals, so that two selects never
// wait for each other's locks.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

#include "sync/channel.h"

namespace samovar::sync {

namespace detail {

// One case without its element type. The function pointer is called once a case looked at: a select is no fast path of a
// switch, and types cannot be kept apart in one random order otherwise.
struct SelectCase {
  ChannelBase* channel = nullptr;
  void* element = nullptr;
  Attempt (*attempt_locked)(ChannelBase* channel, void* element, bool* ok, G** wake) = nullptr;
  bool sends = false;
};

inline constexpr size_t kMaxCases = 64;

// The algorithm, over arrays that the awaiter owns.
struct SelectOp : SyncOp {
  SelectCase* cases = nullptr;
  Waiter* waiters = nullptr;
  uint8_t* poll_order = nullptr;
  uint8_t* lock_order = nullptr;
  uint32_t count = 0;        // of the order arrays: cases with a channel
  uint32_t case_count = 0;   // of cases and waiters
  int32_t default_index = -1;
  int32_t chosen = -1;
  bool ok = false;           // of a receive
  Attempt attempt = Attempt::kWait;

  // True if a case has gone (chosen) or there is a default; else attempt says, and all channels are locked if it is kWait.
  bool begin();
  void suspend();
  // After it was woken: takes the goroutine off all the other queues.
  void end();

 private:
  void order_cases();
  void lock_all();
  void unlock_all(const Scheduler& scheduler);
  static bool unlock_parked(M* m, G* g, void* self);
};

template <class T>
struct ReceiveCase {
  ReceiveCase(ChannelState<T>* channel_, T* out_, bool* ok_) : channel(channel_), out(out_), ok(ok_) {}
  ChannelState<T>* channel;
  T* out;
  bool* ok;
  T slot{};

  void describe(SelectCase* to) {
    to->channel = channel;
    to->element = &slot;
    to->attempt_locked = [](ChannelBase* base, void* element, bool* received, G** wake) {
      return static_cast<ChannelState<T>*>(base)->receive_locked(static_cast<T*>(element), received, wake);
    };
  }
  void deliver(bool received) {
    if (out != nullptr) *out = std::move(slot);
    if (ok != nullptr) *ok = received;
  }
};

template <class T>
struct SendCase {
  SendCase(ChannelState<T>* channel_, T&& value_) : channel(channel_), value(std::move(value_)) {}
  ChannelState<T>* channel;
  T value;

  void describe(SelectCase* to) {
    to->channel = channel;
    to->element = &value;
    to->sends = true;
    to->attempt_locked = [](ChannelBase* base, void* element, bool*, G** wake) {
      return static_cast<ChannelState<T>*>(base)->send_locked(static_cast<T*>(element), wake);
    };
  }
  void deliver(bool) {}
};

struct DefaultCase {
  void describe(SelectCase*) {}
  void deliver(bool) {}
};

template <class... Cases>
struct Select : SelectOp {
  static constexpr size_t kCount = sizeof...(Cases);
  static constexpr size_t kRoom = kCount > 0 ? kCount : 1;
  static_assert(kCount <= kMaxCases);
  static_assert((0 + ... + (std::is_same_v<Cases, DefaultCase> ? 1 : 0)) <= 1, "more than one default case");

  explicit Select(Cases&&... cases_) : own_cases(std::move(cases_)...) {}
  std::tuple<Cases...> own_cases;
  SelectCase case_room[kRoom];
  Waiter waiter_room[kRoom];
  uint8_t poll_room[kRoom];
  uint8_t lock_room[kRoom];

  bool await_ready() {
    cases = case_room;
    waiters = waiter_room;
    poll_order = poll_room;
    lock_order = lock_room;
    case_count = kCount;
    describe(std::index_sequence_for<Cases...>{});
    return begin() && go_on();
  }
  void await_suspend(std::coroutine_handle<>) { suspend(); }
  int await_resume() {
    if (attempt == Attempt::kWait) end();
    deliver(std::index_sequence_for<Cases...>{});
    return chosen;
  }

 private:
  template <size_t... kIndex>
  void describe(std::index_sequence<kIndex...>) {
    ((std::get<kIndex>(own_cases).describe(&case_room[kIndex]),
      std::is_same_v<Cases, DefaultCase> ? void(default_index = kIndex) : void()), ...);
  }
  template <size_t... kIndex>
  void deliver(std::index_sequence<kIndex...>) {
    ((chosen == static_cast<int>(kIndex) ? std::get<kIndex>(own_cases).deliver(ok) : void()), ...);
  }
};

}  // namespace detail

// case *out, *ok = <-channel; both may be null.
template <class T>
detail::ReceiveCase<T> receive_case(const Channel<T>& channel, T* out = nullptr, bool* ok = nullptr) {
  return {channel.state(), out, ok};
}

// case channel <- value.
template <class T>
detail::SendCase<T> send_case(const Channel<T>& channel, typename Channel<T>::Element value) {
  return {channel.state(), std::move(value)};
}

inline detail::DefaultCase default_case() { return {}; }

template <class... Cases>
detail::Select<Cases...> select(Cases... cases) { return detail::Select<Cases...>(std::move(cases)...); }

}  // namespace samovar::sync
