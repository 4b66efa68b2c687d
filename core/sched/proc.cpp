// The scheduling loop of an M: find something runnable, run it, do what it asked for when it stopped.
// Names in comments are those of proc.go in Go 1.26.
#include <algorithm>
#include <utility>

#include "sched/driver.h"
#include "sched/fast_path.h"

namespace samovar::sched {

using observe::EventKind;

namespace {
// The clock is read after this much run time, roughly; between two readings events carry the last one.
constexpr uint64_t kClockQuantumLow = 4'000;
constexpr uint64_t kClockQuantumHigh = 16'000;
constexpr uint32_t kMaxClockInterval = 256;  // switches
constexpr uint32_t kSlicesAtOnce = 64;  // that an M takes in virtual time before the driver has the word: it keeps an eye on the clock
}  // namespace

void Scheduler::refresh_clock(M* m) {
  if (virtual_time_) return;
  const uint64_t before = m->now_ns;
  m->now_ns = std::max(before, driver_->now(m));
  const uint64_t passed = m->now_ns - before;
  if (!m->clock_stale && passed < kClockQuantumLow) {
    m->clock_interval = std::min(m->clock_interval * 2, kMaxClockInterval);
  } else if (passed > kClockQuantumHigh) {
    m->clock_interval = std::max(m->clock_interval / 4, 1u);
  }
  m->clock_countdown = m->clock_interval;
  m->clock_stale = false;
}

// goschedImpl: to the tail of the global queue.
inline void Scheduler::yield_globally(M* m, G* g, bool track) {
  become_runnable(g, m->now_ns, track);
  {
    GlobalQueueAccess access(*this);
    global_.push_back(g);
  }
  wakep(m);
}

// Carries out what the goroutine asked for when it stopped. True if the M has to look for another (or *step is to be
// returned); false if g goes on.
[[gnu::always_inline]] inline bool Scheduler::settle(M* m, G* g, Step* step) {
  step->kind = Step::kRan;
  const Disposition disposition = m->disposition;
  if (disposition == Disposition::kDriverYield) {
    m->phase.set(MPhase::kInGoroutine);
    return true;
  }
  const bool track = disposition != Disposition::kSyscall && departs(g);  // casgstatus: running and in a call count as one
  if (disposition != Disposition::kStopWorld && disposition != Disposition::kSafePointEverywhere) {
    m->current = nullptr;
  }
  switch (disposition) {
    case Disposition::kPark: {
      g->status.set(GStatus::kWaiting);
      g->wait_reason.set(m->wait_reason);
      g->waiting_since_ns = m->now_ns;
      m->stop_reason = static_cast<uint8_t>(observe::kReasonWait + static_cast<uint8_t>(m->wait_reason));
      g->m = nullptr;
      // From here on g may be running on another M.
      if (m->unlock == nullptr || m->unlock(m, g, m->unlock_argument)) break;
      g->status.set(GStatus::kRunnable);
      execute(m, g, true);
      return false;
    }
    case Disposition::kExit:
    case Disposition::kGoexit:
      m->stop_reason = observe::kStopExit;
      m->charge(costs::kExit);
      retire(m, g, disposition == Disposition::kGoexit);
      break;
    case Disposition::kGosched:
      m->stop_reason = observe::kStopGosched;
      yield_globally(m, g, track);
      break;
    case Disposition::kPreempt:
      if (world_is_mine(m)) {
        // sysmon does not know that this goroutine has stopped the world and must go on alone.
        g->attention.fetch_and(~static_cast<uint32_t>(kAttentionPreempt));
        m->current = g;
        return false;
      }
      m->stop_reason = observe::kStopPreempted;
      m->p->preempted.add(1);
      if ((attention_.load() & kStopRequested) == 0) {
        yield_globally(m, g, track);
      } else {
        // goschedImpl since 1.26: it goes on right after the world has started again.
        become_runnable(g, m->now_ns, track);
        put(m, g, true);
      }
      break;
    case Disposition::kGoyield:
      m->stop_reason = observe::kStopGoyield;
      become_runnable(g, m->now_ns, track);
      put(m, g, false);
      break;
    case Disposition::kSyscall:
      m->stop_reason = observe::kStopSyscall;
      enter_call(m, g);
      step->kind = Step::kSleepUntil;
      step->when_ns = m->sleep_until_ns;
      return true;
    case Disposition::kStopWorld:
      return !stop_world(m, step);
    case Disposition::kSafePointEverywhere:
      return !safe_point_everywhere(m, step);
    case Disposition::kPanic:
      break;
    case Disposition::kContinue:
    case Disposition::kDriverYield:
      break;
  }
  return true;
}

// Whether nothing but goroutines has to be looked at before the next one runs.
inline bool Scheduler::nothing_special(const M* m) const {
  return attention_.load(std::memory_order_acquire) == 0 &&             // pairs with the stores of stop_world() and end_run()
         !m->p->run_safe_point.load(std::memory_order_acquire) &&       // pairs with safe_point_everywhere()
         m->p->timers.earliest() == 0 && !collecting_.get();
}

// Virtual time, after a slice: whether the driver would have m take the next step too, and need not be asked.
inline bool Scheduler::goes_on_alone(const M* m, uint32_t* slices) {
  if (m->now_ns >= m->horizon_ns || m->phase.get() != MPhase::kRunning || ++*slices == kSlicesAtOnce) return false;
  virtual_now_ns_.set(std::max(virtual_now_ns_.get(), m->now_ns));
  return true;
}

Step Scheduler::run_m(M* m) {
  Step step;
  G* g = nullptr;
  bool inherit = true;
  uint32_t slices = 0;
  if (!resume_phase(m, &step, &g)) return step;
  for (;;) {
    if (g == nullptr) {
      // What find_runnable() would do first, without its detours.
      if (nothing_special(m)) [[likely]] g = find_local(m, &inherit);
      if (g == nullptr) {
        g = find_runnable(m, &inherit, &step);
        if (g == nullptr) return step;
        if (collecting_.get() && hooks_.holds_back(hooks_.context, m, g)) [[unlikely]] {
          g = nullptr;
          continue;
        }
      }
      if (m->spinning) [[unlikely]] {
        reset_spinning(m);
      } else if (g->gc_worker) [[unlikely]] {
        wakep(m);  // schedule(): what this P had to do is done elsewhere
      }
      execute(m, g, inherit);
    }
    // The trampoline: a goroutine runs until it asks for something that is not just another of its own frames.
    do {
      m->disposition = Disposition::kContinue;
      g->top.resume();
    } while (m->disposition == Disposition::kContinue);
    if (settle(m, g, &step)) {
      if (step.kind != Step::kRan) return step;
      if (virtual_time_ && !goes_on_alone(m, &slices)) return step;
      g = nullptr;
    }
  }
}

// Continues where the last step ended. False: there is nothing to do yet, *step says what to wait for. *g is set when a goroutine goes on.
bool Scheduler::resume_phase(M* m, Step* step, G** g) {
  const MPhase phase = m->phase.get();
  if (phase == MPhase::kRunning) return true;
  if (ending()) {
    m->phase.set(MPhase::kExited);
    step->kind = Step::kExit;
    return false;
  }
  m->clock_stale = true;
  refresh_clock(m);
  switch (phase) {
    case MPhase::kInGoroutine:
      *g = m->current;
      break;
    case MPhase::kParked:
    case MPhase::kUnused:
      if (P* p = m->next_p.exchange(nullptr, std::memory_order_acquire)) {  // pairs with start_m()
        acquire_p(m, p);
        break;
      }
      step->kind = Step::kPark;
      return false;
    case MPhase::kPolling: {
      poll_until_.store(0);
      poller_.store(nullptr);
      mutex_.lock();
      P* p = idle_get_locked(m->now_ns);
      if (p == nullptr) {
        stop_m_locked(m);
        mutex_.unlock();
        step->kind = Step::kPark;
        return false;
      }
      mutex_.unlock();
      acquire_p(m, p);
      if (std::exchange(m->polled_spinning, false)) become_spinning(m);
      break;
    }
    case MPhase::kBackoff:
      break;
    case MPhase::kCall:
      return exit_call(m, g, step);
    case MPhase::kStopping: {
      mutex_.lock();
      const bool waiting = m->awaits_barrier ? safe_point_caller_ == m : stop_wait_ > 0;
      mutex_.unlock();
      if (waiting) {
        if (!virtual_time_) preempt_all();  // stopTheWorldWithSema asks again each 100 us
        wait_for_world(m, step);
        return false;
      }
      if (!m->awaits_barrier) world_stopped(m);
      *g = m->current;
      break;
    }
    case MPhase::kRunning:
    case MPhase::kExited:
      break;
  }
  m->phase.set(MPhase::kRunning);
  return true;
}

// The P has nothing to run any more.
void Scheduler::note_idle(M* m) {
  P* p = m->p;
  const uint64_t since = p->busy_since_ns.get();
  if (since == 0) return;
  m->clock_stale = true;
  refresh_clock(m);
  p->busy_ns.add(m->now_ns > since ? m->now_ns - since : 0);
  p->busy_since_ns.set(0);
  p->running.publish(nullptr);
  emit(m, EventKind::kProcIdle, 0, m->id, 0, std::exchange(m->stop_reason, observe::kStopNone));
}

// findRunnable
G* Scheduler::find_runnable(M* m, bool* inherit, Step* step) {
  for (bool first = true;; first = false) {
    if (!first && virtual_time_ && m->now_ns > m->horizon_ns) {
      // What it waits for may be up to an M that is behind: nothing would ever change if this one went on alone.
      step->kind = Step::kRan;
      return nullptr;
    }
    const uint32_t attention = attention_.load(std::memory_order_acquire);  // pairs with the stores of stop_world() and finish_run()
    if (attention != 0) [[unlikely]] {
      if ((attention & kEnding) != 0) {
        m->phase.set(MPhase::kExited);
        step->kind = Step::kExit;
        return nullptr;
      }
      note_idle(m);
      gc_stop_m(m);
      step->kind = Step::kPark;
      return nullptr;
    }
    P* p = m->p;
    if (p->run_safe_point.load(std::memory_order_acquire)) [[unlikely]] {  // pairs with safe_point_everywhere()
      platform::MutexLock lock(mutex_);
      run_safe_point_locked(p, m->now_ns);
    }
    uint64_t poll_until = 0;
    run_timers(m, p, &poll_until);
    if (collecting_.get()) [[unlikely]] {
      if (G* g = hooks_.find_worker(hooks_.context, m)) return *inherit = false, g;
    }
    if (G* g = find_local(m, inherit)) return g;
    note_idle(m);

    if (m->backoff_victim != nullptr) {
      P* victim = std::exchange(m->backoff_victim, nullptr);
      if (G* g = steal_from(m, victim, true)) return *inherit = false, g;
    }
    const uint32_t busy = procs() - idle_count_.load();
    if (m->spinning || 2 * spinning_.load() < busy) {
      if (!m->spinning) become_spinning(m);
      bool ran_timers = false;
      if (G* g = steal_work(m, inherit, &ran_timers, &poll_until, step)) return g;
      if (m->backoff_victim != nullptr) return nullptr;  // *step says for how long
      if (ran_timers) continue;
    }
    if (collecting_.get()) [[unlikely]] {
      if (G* g = hooks_.find_idle_worker(hooks_.context, m)) return *inherit = false, g;
    }
    m->sleep_until_ns = poll_until;
    G* g = nullptr;
    if (give_up_p(m, &g, step)) {
      if (g != nullptr) return *inherit = false, g;
      if (m->p == nullptr) return nullptr;
    }
  }
}

// The second half of findRunnable: hands the P back, looks once more, and settles down to sleep. True if it did something
// final: *g is to be run, or the M has no P and *step says how to wait. False: start over.
bool Scheduler::give_up_p(M* m, G** g, Step* step) {
  mutex_.lock();
  if (attention_.load() != 0 || m->p->run_safe_point.load()) {
    mutex_.unlock();
    return false;
  }
  if (global_queue_size() != 0) {
    *g = take_global_locked(m, kGlobalBatch);
    mutex_.unlock();
    return true;
  }
  if (!m->spinning && need_spinning_.load() != 0) {
    become_spinning(m);
    mutex_.unlock();
    return false;
  }
  idle_put_locked(release_p(m), m->now_ns);
  if (!m->spinning && need_spinning_.load() != 0) [[unlikely]] {
    // Somebody submitted work while this P was not idle yet: wakep() sets the flag and then looks at idle_count_, here it is the other way round.
    acquire_p(m, idle_get_locked(m->now_ns));
    become_spinning(m);
    mutex_.unlock();
    return false;
  }
  mutex_.unlock();
  m->charge(costs::kGiveUpP);

  uint64_t poll_until = m->sleep_until_ns;
  const bool was_spinning = m->spinning;
  if (was_spinning) {
    *g = recheck_after_spinning(m, &poll_until);
    if (m->p != nullptr) return *g != nullptr;
  }
  if (poll_until != 0) {
    M* expected = nullptr;
    if (poller_.compare_exchange_strong(expected, m)) {
      poll_until_.store(poll_until);
      m->phase.set(MPhase::kPolling);
      m->polled_spinning = was_spinning;
      m->sleep_until_ns = poll_until;
      step->kind = Step::kSleepUntil;
      step->when_ns = poll_until;
      return true;
    }
    wake_poller(m, poll_until);
  }
  m->spinning = false;
  mutex_.lock();
  stop_m_locked(m);
  mutex_.unlock();
  step->kind = Step::kPark;
  return true;
}

// Having said that it searches no more, an M looks at everything once again: whoever submitted work before that saw a searching M
// and woke nobody. (Submitter: publish work, then read spinning_. Here: decrement spinning_, then read the queues. Both
// sequentially consistent.) With m->p set on return, null means start over.
G* Scheduler::recheck_after_spinning(M* m, uint64_t* poll_until) {
  m->spinning = false;
  spinning_.fetch_sub(1);
  mutex_.lock();
  if (global_queue_size() != 0) {
    if (P* p = idle_get_spinning_locked(m->now_ns)) {
      acquire_p(m, p);
      G* g = take_global_locked(m, kGlobalBatch);
      mutex_.unlock();
      become_spinning(m);
      return g;
    }
  }
  mutex_.unlock();
  const bool work = !all_queues_empty() || (collecting_.get() && hooks_.has_idle_work(hooks_.context));
  if (work) {
    mutex_.lock();
    P* p = idle_get_spinning_locked(m->now_ns);
    mutex_.unlock();
    if (p != nullptr) {
      acquire_p(m, p);
      become_spinning(m);
      return nullptr;
    }
  }
  for (uint32_t i = 0; i < procs(); ++i) {
    const uint64_t when = all_p_[i]->timers.earliest();
    if (when != 0 && (*poll_until == 0 || when < *poll_until)) *poll_until = when;
  }
  return nullptr;
}

}  // namespace samovar::sched
