// Channel timers and function timers over the scheduler's heaps.
//
// The trouble with both is a callback in flight: an M has taken the timer out of its heap and is about to call, while a goroutine
// stops it, starts it anew, or drops the last reference. A channel timer's callback therefore decides nothing by itself: under the
// channel's lock it looks what the time and the timer's state say now, so that a late one does no harm; and whoever finds that one
// is in flight leaves it a reference to the channel. A function timer's heap always has a reference of its own.
//
// Rejected: a heap that always owns a reference to channel timers. At the end of a run timers are left in the heaps, and
// nobody would drop it; but frames of goroutines are destroyed, and with them all references that they hold.
#include "sync/timer.h"

#include <algorithm>
#include <new>

namespace samovar::sync {

// Guarded by the lock of its channel, which owns it. The channel has room for one value.
class ChannelTimer {
 public:
  ChannelTimer() {
    node_.fire = fire;
    node_.argument = this;
  }

  // To be set once, before anything else.
  void attach(ChannelState<uint64_t>* state) { state_ = state; }

  void arm_locked(uint64_t when_ns, uint64_t period_ns) {
    when_ns_ = when_ns;
    period_ns_ = period_ns;
    armed_ = true;
  }

  // Whether it was armed, or had fired and nobody had noticed.
  bool disarm_locked(Scheduler& scheduler) {
    uint64_t stale = 0;
    bool ok = false;
    G* wake = nullptr;  // nobody: no sender ever waits
    const bool fired = state_->count_.get() > 0 && state_->receive_locked(&stale, &ok, &wake) == Attempt::kDone;
    const bool pending = std::exchange(armed_, false);
    leave_heap_locked(scheduler);
    return pending || fired;
  }

  // Fires if it is due; the goroutine that is to be readied, or null.
  G* deliver_locked(uint64_t now_ns) {
    if (!armed_ || now_ns < when_ns_) return nullptr;
    uint64_t due_ns = when_ns_;
    if (period_ns_ > 0) {
      when_ns_ += period_ns_ * (1 + (now_ns - when_ns_) / period_ns_);
    } else {
      armed_ = false;
    }
    G* wake = nullptr;
    state_->send_locked(&due_ns, &wake);  // if the last value is still there, this one is dropped
    return wake;
  }

  void wait_begins_locked(M* m) {
    ++waiting_;
    enter_heap_locked(m);
  }

  void wait_ended_locked(Scheduler& scheduler) {
    if (--waiting_ == 0) leave_heap_locked(scheduler);
  }

  void enter_heap_locked(M* m) {
    if (!armed_ || waiting_ == 0 || in_heap_) return;
    in_heap_ = true;
    node_.when_ns = std::max<uint64_t>(when_ns_, 1);
    m->scheduler->start_timer(m, &node_);
  }

 private:
  void leave_heap_locked(Scheduler& scheduler) {
    if (!std::exchange(in_heap_, false)) return;
    if (scheduler.stop_timer(&node_)) return;
    ++late_callbacks_;
    state_->add_reference();
  }

  static void fire(sched::Timer* node, M* m, uint64_t now_ns) {
    auto* timer = static_cast<ChannelTimer*>(node->argument);
    ChannelState<uint64_t>* state = timer->state_;
    Scheduler& scheduler = *m->scheduler;
    state->lock(scheduler);
    // Which of several callbacks in flight is the late one cannot be told, and does not matter: they are counted.
    const bool late = timer->late_callbacks_ > 0;
    if (late) {
      --timer->late_callbacks_;
    } else {
      timer->in_heap_ = false;
    }
    G* wake = timer->deliver_locked(now_ns);
    timer->enter_heap_locked(m);  // the next tick; a select that was won elsewhere
    state->unlock(scheduler);
    if (wake != nullptr) scheduler.ready(m, wake);
    if (late && state->drop_reference()) delete state;
  }

  sched::Timer node_;
  ChannelState<uint64_t>* state_ = nullptr;
  uint64_t when_ns_ = 0;
  uint64_t period_ns_ = 0;
  bool armed_ = false;
  bool in_heap_ = false;          // entered, and its callback has not begun
  uint32_t waiting_ = 0;          // goroutines that wait for the channel
  uint32_t late_callbacks_ = 0;   // in flight when the timer was taken back; each has a reference to the channel
};

ChannelBase::~ChannelBase() {
  if (timer_ != nullptr) delete timer_;
}

void ChannelBase::run_timer_locked(M* m) {
  // Readied under the lock, unlike everywhere else: the caller has only room for the one it wakes itself.
  if (G* wake = timer_->deliver_locked(m->scheduler->now(m))) m->scheduler->ready(m, wake);
}

void ChannelBase::begin_timer_wait_locked(M* m) { timer_->wait_begins_locked(m); }

void ChannelBase::end_timer_wait(M* m) {
  lock(*m->scheduler);
  timer_->wait_ended_locked(*m->scheduler);
  unlock(*m->scheduler);
}

// What AfterFunc has in a heap. References: those of FuncTimers, and one for each time it is in a heap or its callback is in flight.
// Its memory comes from the scheduler's frames, which go back all together: nobody drops the reference of a timer that is still
// pending at the end of a run.
class FuncTimerState {
 public:
  static FuncTimerState* make(const char* name, detail::AfterFunc::Function function, void* argument) {
    void* memory = sched::allocate_frame(sizeof(FuncTimerState));
    return memory != nullptr ? new (memory) FuncTimerState(name, function, argument) : nullptr;
  }

  void add_reference() { references_.fetch_add(1, std::memory_order_relaxed); }  // relaxed: the caller holds one
  void drop_reference() {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;  // pairs with other drops
    this->~FuncTimerState();
    sched::release_frame(this, sizeof(FuncTimerState));
  }

  bool stop(Scheduler& scheduler) {
    lock_.lock(scheduler);
    const bool stopped = stop_locked(scheduler);
    lock_.unlock(scheduler);
    return stopped;
  }

  bool restart(M* m, uint64_t when_ns) {
    lock_.lock(*m->scheduler);
    const bool stopped = stop_locked(*m->scheduler);
    add_reference();
    node_.when_ns = std::max<uint64_t>(when_ns, 1);
    m->scheduler->start_timer(m, &node_);
    lock_.unlock(*m->scheduler);
    return stopped;
  }

 private:
  FuncTimerState(const char* name, detail::AfterFunc::Function function, void* argument)
      : name_(name), function_(function), argument_(argument) {
    node_.fire = fire;
    node_.argument = this;
  }

  bool stop_locked(Scheduler& scheduler) {
    if (!scheduler.stop_timer(&node_)) return false;
    drop_reference();  // not the last: the caller has one
    return true;
  }

  static void fire(sched::Timer* node, M* m, uint64_t) {
    auto* state = static_cast<FuncTimerState*>(node->argument);
    m->scheduler->spawn(m, state->name_, state->function_(state->argument_));
    state->drop_reference();
  }

  sched::Timer node_;
  RunLock lock_;  // of stop and restart against each other
  const char* name_;
  detail::AfterFunc::Function function_;
  void* argument_;
  std::atomic<uint32_t> references_{1};
};

FuncTimer::FuncTimer(const FuncTimer& other) : state_(other.state_) {
  if (state_ != nullptr) state_->add_reference();
}

FuncTimer::~FuncTimer() {
  if (state_ != nullptr) state_->drop_reference();
}

namespace detail {

uint64_t timer_deadline(M* m, int64_t ns) {
  const uint64_t now = m->scheduler->now(m);
  return ns > 0 ? now + static_cast<uint64_t>(ns) : now;  // both below 2^63
}

Channel<uint64_t> start_channel_timer(M* m, int64_t ns, uint64_t period_ns) {
  auto* timer = new (std::nothrow) ChannelTimer;
  auto* state = timer != nullptr ? ChannelState<uint64_t>::make(1, timer) : nullptr;
  if (state == nullptr) {
    delete timer;
    return {};
  }
  timer->attach(state);
  timer->arm_locked(timer_deadline(m, ns), period_ns);  // nobody else knows it yet
  return Channel<uint64_t>(state);
}

bool stop_channel_timer(M* m, ChannelState<uint64_t>* state) {
  state->lock(*m->scheduler);
  const bool pending = state->timer()->disarm_locked(*m->scheduler);
  state->unlock(*m->scheduler);
  return pending;
}

bool reset_channel_timer(M* m, ChannelState<uint64_t>* state, int64_t ns, uint64_t period_ns) {
  state->lock(*m->scheduler);
  const bool pending = state->timer()->disarm_locked(*m->scheduler);
  state->timer()->arm_locked(timer_deadline(m, ns), period_ns);
  state->timer()->enter_heap_locked(m);
  state->unlock(*m->scheduler);
  return pending;
}

bool stop_func_timer(M* m, FuncTimerState* state) { return state->stop(*m->scheduler); }

bool reset_func_timer(M* m, FuncTimerState* state, int64_t ns) { return state->restart(m, timer_deadline(m, ns)); }

bool AfterFunc::await_ready() {
  state = FuncTimerState::make(name, function, argument);
  if (state == nullptr) return false;
  state->restart(g->m, timer_deadline(g->m, ns));
  return go_on();
}

}  // namespace detail
}  // namespace samovar::sync
