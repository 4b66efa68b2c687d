// Timers: each P keeps a 4-ary heap of them (Go: time.go).
//
// A timer is owned by whoever waits for it, mostly an awaiter in a coroutine frame; the heap holds pointers. A timer
// goes into the heap of the P that starts it and fires on whichever P looks first: its own at the top of the scheduling
// loop, an idle one in its last round of stealing.
//
// Where Go marks a stopped timer and removes it later, this heap knows each timer's place and removes it at once: the same
// behaviour with less state.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "platform/mutex.h"

namespace samovar::sched {

struct M;
class TimerHeap;

struct Timer {
  // Runs on the scheduling M `m` (never on a goroutine), with no lock held, at run time `now_ns`. It must not block. It may
  // start the timer anew and may make goroutines ready. After a one-shot timer's callback has begun, the timer is
  // no longer touched, so the callback may free what holds it.
  using Callback = void (*)(Timer* timer, M* m, uint64_t now_ns);

  Callback fire = nullptr;
  void* argument = nullptr;
  uint64_t when_ns = 0;                     // run time at which it fires
  uint64_t period_ns = 0;                   // 0: once. Else the next is when + period * (1 + late / period)
  std::atomic<TimerHeap*> heap{nullptr};    // where it is; null: nowhere
  uint32_t index = 0;                       // its place there, guarded by the heap's lock
  uint32_t goroutine = 0;                   // whom the callback readies, for the event; 0: nobody, or it is not known beforehand
};

class TimerHeap {
 public:
  // Adds a timer that is in no heap. True if it is now the earliest. Any thread.
  bool add(Timer* timer);

  // Removes timer; false if it is in no heap (fired, stopped, never started). Any thread.
  static bool remove(Timer* timer);

  // When the earliest fires; 0 if there is none. Any thread, no lock.
  uint64_t earliest() const { return earliest_.load(std::memory_order_acquire); }  // pairs with update_earliest_locked()

  uint32_t size() const { return size_.load(std::memory_order_relaxed); }  // relaxed: a statistic

  // Takes a timer that is due at now_ns out of the heap (a periodic one goes back in at once with its next time) and gives it with
  // what it was due at; null if none is. Any thread.
  struct Due {
    Timer* timer = nullptr;
    Timer::Callback fire = nullptr;
    uint64_t due_ns = 0;
    uint32_t goroutine = 0;
  };
  Due take_due(uint64_t now_ns);

  // Moves all timers into `other`; the world is stopped.
  void move_to(TimerHeap* other);

 private:
  void insert_locked(Timer* timer);
  void remove_locked(uint32_t index);
  void sift_up_locked(uint32_t index);
  void sift_down_locked(uint32_t index);
  void place_locked(uint32_t index, Timer* timer);
  void update_earliest_locked();
  static bool before(const Timer* a, const Timer* b, uint64_t order_a, uint64_t order_b);

  struct Entry {
    Timer* timer;
    uint64_t order;  // timers due at the same moment fire in the order they were started
  };
  platform::Mutex mutex_;
  std::vector<Entry> heap_;            // guarded by mutex_
  uint64_t next_order_ = 0;            // guarded by mutex_
  std::atomic<uint64_t> earliest_{0};
  std::atomic<uint32_t> size_{0};
};

}  // namespace samovar::sched
