// Blocking calls, and sysmon, which takes the Ps of those that take long.
//
// A goroutine in a blocking call keeps its P at first (P::in_call names its M): most calls are short, and coming back is then one
// compare-and-swap. sysmon takes the P away after 20 us or more and hands it to another M (proc.go: entersyscall, exitsyscall,
// retake, handoffp). The name matters: by the time the first M comes back the other one may be in a call itself, and a mere flag
// would give the P to the wrong one. Blocking calls here are simulated: the M's thread really sleeps, or in virtual time its clock moves on.
#include <algorithm>

#include "observe/schedtrace.h"
#include "sched/driver.h"
#include "sched/fast_path.h"

namespace samovar::sched {

using observe::EventKind;

namespace {
constexpr uint64_t kLongCallNs = 10'000'000;  // retake: so long a call loses its P in any case
constexpr uint64_t kSysmonMin = 20'000;
constexpr uint64_t kSysmonMax = 10'000'000;
constexpr uint32_t kSysmonIdleRounds = 50;
}  // namespace

// entersyscall. The goroutine has stopped; m->call_ns says for how long.
void Scheduler::enter_call(M* m, G* g) {
  P* p = m->p;
  m->clock_stale = true;
  m->charge(costs::kSyscall);
  refresh_clock(m);
  emit(m, EventKind::kSyscallEnter, g->id.get(), m->id, m->call_ns);
  g->status.set(GStatus::kSyscall);
  m->current = g;
  m->old_p = p;
  m->sleep_until_ns = m->now_ns + m->call_ns;
  m->call_goroutine.set(static_cast<uint64_t>(g->id.get()));
  m->phase.set(MPhase::kCall);
  calls_.fetch_add(1, std::memory_order_relaxed);  // relaxed: a figure
  mutex_.lock();
  if (sysmon_waits_) wake_sysmon_locked(m->now_ns);
  // reentersyscall: a ragged barrier that asked before the P could be taken from the call would have to wait for the call to end.
  run_safe_point_locked(p, m->now_ns);
  m->p = nullptr;
  if ((attention_.load() & kStopRequested) != 0) {
    // entersyscallHandleGCWait. Nobody else may get hold of the P in between: he could give it away, and it would be another's call that lost it.
    leave_to_others(p);
    stop_p_locked(p, m->now_ns);
  } else {
    p->in_call.store(m->id + 1);
  }
  mutex_.unlock();
}

// p's M has lost it.
void Scheduler::leave_to_others(P* p) {
  p->syscalltick.add(1);
  p->m = nullptr;
  p->holder.set(-1);
  p->running.publish(nullptr);
}

// Whoever gets true has the P, which its M has lost.
bool Scheduler::take_from_call(P* p) {
  uint32_t in_call = p->in_call.load();
  if (in_call == 0 || !p->in_call.compare_exchange_strong(in_call, 0)) return false;
  leave_to_others(p);
  return true;
}

// exitsyscall: the old P if it is still there, or if by now another goroutine is in a call there, or any idle one, or the goroutine queues and the M parks.
bool Scheduler::exit_call(M* m, G** g, Step* step) {
  if (m->now_ns < m->sleep_until_ns) {  // woken for no reason
    step->kind = Step::kSleepUntil;
    step->when_ns = m->sleep_until_ns;
    return false;
  }
  m->charge(costs::kSyscall);
  G* returning = m->current;
  calls_.fetch_sub(1, std::memory_order_relaxed);  // relaxed: a figure
  P* p = m->old_p;
  uint32_t in_call = m->id + 1;
  if (p->in_call.compare_exchange_strong(in_call, 0)) {
    m->p = p;
    p->syscalltick.add(1);
    returning->status.set(GStatus::kRunning);
    emit(m, EventKind::kSyscallExit, returning->id.get(), m->id, 0, 0);
    m->phase.set(MPhase::kRunning);
    *g = returning;
    return true;
  }
  // exitsyscallTryGetP
  const G* robbed = p->running.look();
  if (take_from_call(p)) {
    acquire_p(m, p);
    emit(m, EventKind::kHandoff, robbed != nullptr ? robbed->id.get() : 0, p->id);
    go_on_after_call(m, returning, g);
    return true;
  }
  mutex_.lock();
  p = (attention_.load() & kStopRequested) != 0 ? nullptr : idle_get_locked(m->now_ns);
  if (p == nullptr) {
    m->current = nullptr;
    returning->m = nullptr;
    become_runnable(returning, m->now_ns, departs(returning));
    log_.record_without_p({m->now_ns, 0, EventKind::kSyscallExit, 2, 0, static_cast<uint32_t>(returning->id.get()), m->id, 0});
    injected_.push_back(returning);
    stop_m_locked(m);
    mutex_.unlock();
    step->kind = Step::kPark;
    return false;
  }
  mutex_.unlock();
  acquire_p(m, p);
  go_on_after_call(m, returning, g);
  return true;
}

// m has a P again, other than by having kept it.
void Scheduler::go_on_after_call(M* m, G* returning, G** g) {
  m->phase.set(MPhase::kRunning);
  emit(m, EventKind::kSyscallExit, returning->id.get(), m->id, 0, 1);
  m->p->syscalltick.add(1);
  execute(m, returning, true);
  *g = returning;
}

// handoffp: p, taken from an M in a blocking call, gets another M if there is anything to do.
void Scheduler::hand_off(P* p, uint64_t now_ns) {
  handoffs_.fetch_add(1, std::memory_order_relaxed);  // relaxed: a figure
  if (!p->queue.empty() || global_queue_size() != 0 || (collecting_.get() && hooks_.has_idle_work(hooks_.context))) {
    return start_m(p, false, now_ns);
  }
  uint32_t none = 0;
  if (spinning_.load() + idle_count_.load() == 0 && spinning_.compare_exchange_strong(none, 1)) {
    need_spinning_.store(0);
    return start_m(p, true, now_ns);
  }
  mutex_.lock();
  if ((attention_.load() & kStopRequested) != 0) {
    stop_p_locked(p, now_ns);
    mutex_.unlock();
    return;
  }
  // A barrier that asked while the P was on its way here finds it neither in a call nor idle: it waits for whoever holds it.
  run_safe_point_locked(p, now_ns);
  if (global_queue_size() != 0) {
    mutex_.unlock();
    return start_m(p, false, now_ns);
  }
  // If all others are idle too, somebody has to sleep until the next timer: p may hold it.
  const bool needs_poller = idle_count_.load() == procs() - 1 && poller_.load() == nullptr && p->timers.earliest() != 0;
  if (needs_poller) {
    mutex_.unlock();
    return start_m(p, false, now_ns);
  }
  idle_put_locked(p, now_ns);
  const uint64_t when = p->timers.earliest();
  mutex_.unlock();
  if (when != 0) {
    M* poller = poller_.load();
    if (poller != nullptr && poll_until_.load() > when) driver_->wake(poller, now_ns);
  }
}

// retake: for each P, has its goroutine run for a slice, or been in a blocking call for more than a round? Gives how many Ps changed hands.
uint32_t Scheduler::retake(uint64_t now_ns) {
  uint32_t taken = 0;
  for (uint32_t i = 0; i < procs(); ++i) {
    P* p = all_p_[i];
    if (p->status.get() != PStatus::kRunning) continue;
    auto& seen = p->seen;
    bool preempted = false;
    const uint32_t schedtick = p->schedtick.get();
    if (seen.schedtick != schedtick) {
      seen.schedtick = schedtick;
      seen.sched_when_ns = now_ns;
    } else if (now_ns - seen.sched_when_ns >= options_.slice_ns) {
      preempt(p, now_ns - seen.sched_when_ns, now_ns);
      preempted = true;
    }
    if (p->in_call.load() == 0) continue;
    const uint32_t syscalltick = p->syscalltick.get();
    if (!preempted && seen.syscalltick != syscalltick) {
      seen.syscalltick = syscalltick;
      seen.syscall_when_ns = now_ns;
      continue;
    }
    // It may stay if it has no work, others search or idle anyway, and it has not been long.
    if (p->queue.empty() && spinning_.load() + idle_count_.load() > 0 && seen.syscall_when_ns + kLongCallNs > now_ns) continue;
    G* g = p->running.look();
    // Between taking the P and handing it on nobody seems to run: the M that lost it could come back, queue its goroutine, park, and
    // report a deadlock. (incidlelocked in Go's retake: it pretends that one more M is running.)
    mutex_.lock();
    handing_off_ = true;
    mutex_.unlock();
    const bool mine = take_from_call(p);
    if (!mine) {
      finish_hand_off();
      continue;
    }
    log_.record_without_p({now_ns, 0, EventKind::kHandoff, 0, 0, g != nullptr ? static_cast<uint32_t>(g->id.get()) : 0, p->id, 0});
    close_busy(p, now_ns);
    hand_off(p, now_ns);
    finish_hand_off();
    ++taken;
  }
  return taken;
}

void Scheduler::finish_hand_off() {
  platform::MutexLock lock(mutex_);
  handing_off_ = false;
  check_dead_locked();
}

// preemptone: asks; the goroutine yields at its next checkpoint.
void Scheduler::preempt(P* p, uint64_t ran_ns, uint64_t now_ns) {
  if (p->in_call.load() != 0) return;  // "Don't bother trying to preempt a goroutine in a syscall."
  G* g = p->running.look();
  if (g == nullptr || (g->attention.load() & kAttentionPreempt) != 0) return;
  // In virtual time sysmon steps between slices: the goroutine may have parked, and the one that inherits its slice is meant.
  if (virtual_time_ && g->status.get() != GStatus::kRunning) p->preempt_heir = true;
  g->attention.fetch_or(kAttentionPreempt);
  log_.record_without_p({now_ns, 0, EventKind::kPreempt, 0, 0, static_cast<uint32_t>(g->id.get()), p->id, ran_ns});
}

uint64_t Scheduler::sysmon_round(uint64_t now_ns) {
  heartbeat_.fetch_add(1, std::memory_order_relaxed);  // relaxed: a figure
  if (const uint32_t count = requested_procs_.exchange(0)) inject_resize(count, now_ns);
  if (hooks_.force_due != nullptr && hooks_.force_due(hooks_.context, now_ns)) {
    if (G* g = hooks_.force(hooks_.context)) inject(g, now_ns);
  }
  if (schedtrace_sink_ != nullptr && now_ns >= next_trace_ns_) {
    next_trace_ns_ = now_ns + uint64_t{options_.schedtrace_ms} * 1'000'000;
    observe::SchedSnapshot shot;
    snapshot(&shot, options_.schedtrace_detail);
    schedtrace_sink_(schedtrace_context_, shot);
  }
  if (retake(now_ns) > 0) {
    sysmon_idle_rounds_ = 0;
  } else {
    ++sysmon_idle_rounds_;
  }
  if (sysmon_idle_rounds_ == 0) {
    sysmon_delay_ns_ = kSysmonMin;
  } else if (sysmon_idle_rounds_ > kSysmonIdleRounds) {
    sysmon_delay_ns_ = std::min(sysmon_delay_ns_ * 2, kSysmonMax);
  }
  sysmon_delay_ns_ = std::max(sysmon_delay_ns_, kSysmonMin);
  // Deep sleep: with all Ps idle or stopped there is nothing to watch.
  if (schedtrace_sink_ != nullptr) return sysmon_delay_ns_;
  mutex_.lock();
  const bool deep = (attention_.load() & kStopRequested) != 0 || (idle_count_.load() == procs() && calls_.load() == 0);
  if (deep) {
    sysmon_waits_ = true;
    sysmon_idle_rounds_ = 0;
    sysmon_delay_ns_ = kSysmonMin;
  }
  mutex_.unlock();
  return deep ? ~0ull : sysmon_delay_ns_;
}

void Scheduler::wake_sysmon_locked(uint64_t now_ns) {
  sysmon_waits_ = false;
  driver_->wake_sysmon(now_ns);
}

}  // namespace samovar::sched
