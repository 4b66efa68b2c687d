// WaitGroup: waits until a number of things are done (Go 1.26: sync/waitgroup.go).
//
//   co_await group.add(n);  ...  co_await group.done();  ...  co_await group.wait();
//
// Panics: "sync: negative WaitGroup counter", "sync: WaitGroup misuse: Add called concurrently with Wait". It must outlive every
// operation on it. (Go's third panic, "WaitGroup is reused before previous Wait has returned", cannot happen: a waiter is released for
// good when the counter reaches zero, and has nothing left to look at.)
#pragma once

#include <coroutine>
#include <cstdint>

#include "sync/op.h"
#include "sync/waiter.h"

namespace samovar::sync {

class WaitGroup;

namespace detail {

struct WaitGroupAdd : SyncOp {
  WaitGroupAdd(WaitGroup* group_, int32_t amount_) : group(group_), amount(amount_) {}
  WaitGroup* group;
  int32_t amount;
  const char* panic = nullptr;

  bool await_ready();
  void await_suspend(std::coroutine_handle<>) {
    if (panic != nullptr) return scheduler().panic(g, panic);
    give_way();
  }
  void await_resume() {}
};

struct WaitGroupWait : SyncOp {
  explicit WaitGroupWait(WaitGroup* group_) : group(group_) {}
  WaitGroup* group;
  bool waits = false;
  Waiter waiter;

  bool await_ready();
  void await_suspend(std::coroutine_handle<>);
  void await_resume() {}
};

}  // namespace detail

class WaitGroup {
 public:
  // A counter that starts at `count`: add() before the run, as it were.
  explicit WaitGroup(int32_t count = 0) : state_(pack(count)) {}
  WaitGroup(const WaitGroup&) = delete;
  WaitGroup& operator=(const WaitGroup&) = delete;

  // To be awaited.
  detail::WaitGroupAdd add(int32_t amount) { return {this, amount}; }
  detail::WaitGroupAdd done() { return {this, -1}; }
  detail::WaitGroupWait wait() { return detail::WaitGroupWait(this); }

  // A snapshot.
  int32_t counter() const { return counter_of(state_.get()); }

 private:
  friend struct detail::WaitGroupAdd;
  friend struct detail::WaitGroupWait;

  // The counter in the upper half, the number of waiters in the lower.
  static constexpr int64_t pack(int32_t counter) { return static_cast<int64_t>(counter) * (int64_t{1} << 32); }
  static constexpr int32_t counter_of(int64_t state) { return static_cast<int32_t>(state >> 32); }
  static constexpr uint32_t waiters_of(int64_t state) { return static_cast<uint32_t>(state); }

  // Null, or why the goroutine panics.
  const char* add_on(M* m, int32_t amount) {
    const int64_t state = state_.add(*m->scheduler, pack(amount));
    if (counter_of(state) > 0 && (waiters_of(state) == 0 || counter_of(state) != amount)) return nullptr;
    return add_slow(m, amount, state);
  }
  const char* add_slow(M* m, int32_t amount, int64_t state);
  bool wait_on(M* m);
  static bool unlock_parked(M* m, G* g, void* group);

  RunCounter<int64_t> state_;
  RunLock lock_;          // guards waiters_ and the growth of the number of waiters
  WaiterQueue waiters_;
};

namespace detail {

inline bool WaitGroupAdd::await_ready() {
  g->m->charge(sched::costs::kMutexOp);
  panic = group->add_on(g->m, amount);
  return panic == nullptr && go_on();
}

inline bool WaitGroupWait::await_ready() {
  g->m->charge(sched::costs::kMutexOp);
  waits = group->wait_on(g->m);
  return !waits && go_on();
}

}  // namespace detail
}  // namespace samovar::sync
