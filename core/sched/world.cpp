// Stopping the world, the ragged barrier, and the number of Ps (proc.go: stopTheWorldWithSema, forEachP, procresize).
#include <algorithm>
#include <numeric>
#include <utility>

#include "sched/driver.h"
#include "sched/fast_path.h"
#include "sched/ops.h"

namespace samovar::sched {

using observe::EventKind;

namespace {
constexpr uint64_t kAskAgainNs = 100'000;  // stopTheWorldWithSema preempts anew each 100 us
// Most stops take less time than waking a thread does. Go's stopper sleeps at once; staying awake takes the pauses' median from 16 to 3 us natively.
constexpr uint64_t kStayAwakeNs = 20'000;
}

// Goroutines that run are asked to stop at their next checkpoint.
void Scheduler::preempt_all() {
  for (uint32_t i = 0; i < procs(); ++i) {
    if (G* g = all_p_[i]->running.look()) g->attention.fetch_or(kAttentionPreempt);
  }
}

// A P has stopped for the world's stop.
void Scheduler::stop_p_locked(P* p, uint64_t now_ns) {
  p->status.set(PStatus::kGcStop);
  close_busy(p, now_ns);
  if (--stop_wait_ == 0 && stopper_ != nullptr) driver_->wake(stopper_, now_ns);
}

void Scheduler::close_busy(P* p, uint64_t now_ns) {
  const uint64_t since = p->busy_since_ns.get();
  if (since != 0 && now_ns > since) p->busy_ns.add(now_ns - since);
  p->busy_since_ns.set(0);
}

// m's goroutine asked for the world. True: it has stopped already, or somebody else was first (the goroutine then finds
// wait_param null and asks again); the goroutine goes on.
bool Scheduler::stop_world(M* m, Step* step) {
  G* g = m->current;
  refresh_clock(m);
  mutex_.lock();
  if ((attention_.load() & (kStopRequested | kEnding)) != 0 || safe_point_caller_ != nullptr) {
    mutex_.unlock();
    g->wait_param = nullptr;
    g->status.set(GStatus::kRunnable);
    m->current = nullptr;
    put(m, g, true);
    return false;
  }
  g->wait_param = g;
  g->wait_reason.set(WaitReason::kStoppingTheWorld);
  stop_begin_ns_ = m->now_ns;
  stop_reason_ = static_cast<StwReason>(m->stw_reason);
  emit(m, EventKind::kStwBegin, g->id.get(), m->id, 0, m->stw_reason);
  stopper_ = nullptr;
  stop_wait_ = procs();
  attention_.fetch_or(kStopRequested);
  preempt_all();
  m->p->status.set(PStatus::kGcStop);
  --stop_wait_;
  for (uint32_t i = 0; i < procs(); ++i) {
    P* p = all_p_[i];
    if (p != m->p && p->status.get() == PStatus::kRunning && take_from_call(p)) stop_p_locked(p, m->now_ns);
  }
  while (idle_p_ != nullptr) {
    P* p = idle_p_;
    idle_p_ = p->next_idle;
    idle_count_.fetch_sub(1);
    end_idle_locked(p, m->now_ns);
    p->status.set(PStatus::kGcStop);
    --stop_wait_;
  }
  stopper_ = m;
  const bool stopped = stop_wait_ == 0;
  mutex_.unlock();
  if (stopped) {
    world_stopped(m);
    return true;
  }
  m->awaits_barrier = false;
  wait_for_world(m, step);
  return false;
}

void Scheduler::wait_for_world(M* m, Step* step) {
  m->phase.set(MPhase::kStopping);
  step->kind = virtual_time_ ? Step::kPark : Step::kSleepUntil;
  step->when_ns = m->now_ns + kAskAgainNs;
  step->awake_ns = kStayAwakeNs;
}

void Scheduler::world_stopped(M* m) {
  m->current->attention.fetch_and(~static_cast<uint32_t>(kAttentionPreempt));  // preempt_all() asked this one too
  refresh_clock(m);
  pauses_stopping_[stop_reason_ == StwReason::kGc].record(m->now_ns - stop_begin_ns_);
  emit(m, EventKind::kStwStopped, m->current->id.get(), m->id);
}

// Whether m's goroutine has stopped the world and not restarted it yet. m's own thread.
bool Scheduler::world_is_mine(const M* m) {
  if ((attention_.load() & kStopRequested) == 0) return false;
  platform::MutexLock lock(mutex_);
  return stopper_ == m;
}

// gcstopm: the M of another P sees the request.
void Scheduler::gc_stop_m(M* m) {
  if (m->spinning) {
    m->spinning = false;
    spinning_.fetch_sub(1);
  }
  m->backoff_victim = nullptr;
  refresh_clock(m);
  mutex_.lock();
  P* p = release_p(m);
  stop_p_locked(p, m->now_ns);
  stop_m_locked(m);
  mutex_.unlock();
}

void Scheduler::start_the_world(M* m, uint32_t count) {
  const uint32_t before = procs();
  // In one go: a P that became available while the request still stood would be stopped again, and counted twice.
  mutex_.lock();
  const uint32_t after = count == 0 ? before : count;
  P* with_work = resize_procs_locked(m, after);
  // From the unlock on, somebody who comes back from a blocking call may stop the world again, and overwrite these.
  const StwReason reason = stop_reason_;
  const uint64_t begin_ns = stop_begin_ns_;
  stopper_ = nullptr;
  attention_.fetch_and(~kStopRequested);
  if (sysmon_waits_) wake_sysmon_locked(m->now_ns);
  mutex_.unlock();
  m->clock_stale = true;
  refresh_clock(m);
  pauses_total_[reason == StwReason::kGc].record(m->now_ns - begin_ns);
  emit(m, EventKind::kStwEnd, m->current->id.get(), m->id, m->now_ns - begin_ns);
  if (before != after) emit(m, EventKind::kGomaxprocs, m->current->id.get(), before, after);
  while (with_work != nullptr) {
    P* p = with_work;
    with_work = p->next_work;
    start_m(p, false, m->now_ns);
  }
  wakep(m);
}

// (*p).destroy: the ring goes to the head of the global queue in its order, runnext before it; timers to m's P.
void Scheduler::destroy_p(M* m, P* p) {
  GList order;
  drain(p, &order);
  order.append(&global_);
  order.append(&injected_);
  global_.append(&order);
  p->timers.move_to(&m->p->timers);
  if (hooks_.proc_destroyed != nullptr) hooks_.proc_destroyed(hooks_.context, p);
  free_gs_.append(&p->free_gs);
  p->status.set(PStatus::kDead);
}

// The second half of procresize, for an m whose P goes: its goroutine leaves that, and goes on on the first. (Go traces the same.)
void Scheduler::move_to_first_p(M* m) {
  P* own = m->p;
  m->clock_stale = true;
  refresh_clock(m);
  close_busy(own, m->now_ns);
  emit(m, EventKind::kProcIdle, 0, m->id, 0, observe::kStopGosched);
  release_p(m);
  acquire_p(m, all_p_[0]);
  m->p->running.publish(m->current);
  emit(m, EventKind::kGoRun, m->current->id.get(), m->id, 1);
}

// procresize. The world is stopped, m runs the goroutine that stopped it. Gives the Ps that have work, linked by next_work.
P* Scheduler::resize_procs_locked(M* m, uint32_t count) {
  const uint32_t before = procs();
  for (uint32_t i = made_procs(); i < count; ++i) {
    all_p_storage_[i] = std::make_unique<P>(i, frames_);
    all_p_[i] = all_p_storage_[i].get();
    log_.add_ring(i);
    all_p_[i]->events = &log_.ring(i);
    if (hooks_.proc_state != nullptr) all_p_[i]->gc = hooks_.proc_state(hooks_.context, i);
    made_procs_.store(i + 1, std::memory_order_release);  // pairs with made_procs()
  }
  procs_.store(count, std::memory_order_release);  // pairs with procs()
  concurrent_ = count > 1 && !virtual_time_;
  coprimes_.clear();
  for (uint32_t i = 1; i <= count; ++i) {
    if (std::gcd(i, count) == 1) coprimes_.push_back(i);
  }
  if (m->p == nullptr) {
    m->p = all_p_[0];  // the run begins
  } else if (m->p->id >= count) {
    move_to_first_p(m);
  }
  m->p->status.set(PStatus::kRunning);
  if (m->current != nullptr && m->p->busy_since_ns.get() == 0) m->p->busy_since_ns.set(std::max<uint64_t>(m->now_ns, 1));
  for (uint32_t i = count; i < before; ++i) destroy_p(m, all_p_[i]);
  P* with_work = nullptr;
  for (uint32_t i = count; i-- > 0;) {
    P* p = all_p_[i];
    if (p == m->p) continue;
    if (p->queue.empty()) {
      idle_put_locked(p, m->now_ns);
    } else {
      p->status.set(PStatus::kIdle);
      p->next_work = with_work;
      with_work = p;
    }
  }
  if (before != count && hooks_.procs_changed != nullptr) hooks_.procs_changed(hooks_.context, m->now_ns, count);
  return with_work;
}

// forEachP: runs the function on every P at its next safe point, without stopping the world. True: all have run it.
bool Scheduler::safe_point_everywhere(M* m, Step* step) {
  G* g = m->current;
  mutex_.lock();
  if (safe_point_caller_ != nullptr || (attention_.load() & (kStopRequested | kEnding)) != 0) {
    mutex_.unlock();
    g->wait_param = nullptr;
    g->status.set(GStatus::kRunnable);
    m->current = nullptr;
    put(m, g, true);
    return false;
  }
  g->wait_param = g;
  safe_point_caller_ = m;
  safe_point_function_ = m->safe_point_function;
  safe_point_argument_ = m->safe_point_argument;
  safe_point_wait_ = procs() - 1;
  for (uint32_t i = 0; i < procs(); ++i) {
    if (all_p_[i] != m->p) all_p_[i]->run_safe_point.store(true, std::memory_order_release);  // pairs with find_runnable()
  }
  preempt_all();
  safe_point_function_(safe_point_argument_, m->p);
  for (P* p = idle_p_; p != nullptr; p = p->next_idle) {
    p->run_safe_point.store(false, std::memory_order_relaxed);  // relaxed: idle Ps change hands under the lock
    safe_point_function_(safe_point_argument_, p);
    --safe_point_wait_;
  }
  P* handed[kMaxProcs];
  uint32_t count = 0;
  for (uint32_t i = 0; i < procs(); ++i) {
    P* p = all_p_[i];
    if (p == m->p || p->status.get() != PStatus::kRunning || !take_from_call(p)) continue;
    close_busy(p, m->now_ns);
    p->run_safe_point.store(false, std::memory_order_relaxed);  // relaxed: the P is ours now
    safe_point_function_(safe_point_argument_, p);
    --safe_point_wait_;
    handed[count++] = p;
  }
  const bool done = safe_point_wait_ == 0;
  if (done) safe_point_caller_ = nullptr;
  mutex_.unlock();
  for (uint32_t i = 0; i < count; ++i) hand_off(handed[i], m->now_ns);
  m->awaits_barrier = true;
  if (!done) wait_for_world(m, step);
  return done;
}

// runSafePointFn, by the holder of p. Under the lock: a barrier has either asked by then, or will find the P where it goes next.
void Scheduler::run_safe_point_locked(P* p, uint64_t now_ns) {
  if (!p->run_safe_point.exchange(false)) return;
  safe_point_function_(safe_point_argument_, p);
  if (--safe_point_wait_ == 0) driver_->wake(std::exchange(safe_point_caller_, nullptr), now_ns);
}

// A request from outside becomes a goroutine of the runtime's own, put on the global queue by sysmon.
void Scheduler::inject_resize(uint32_t count, uint64_t now_ns) {
  if (count == procs()) return;
  const Current saved = current();
  current() = {this, nullptr};
  G* g = make_g(nullptr, "runtime.GOMAXPROCS", set_procs(count));
  current() = saved;
  if (g == nullptr) return;
  g->system = true;
  system_goroutines_.fetch_add(1);
  log_.record_without_p({now_ns, 0, EventKind::kGoCreate, 0, 0, static_cast<uint32_t>(g->id.get()), 0, g->name});
  inject(g, now_ns);
}

// injectglist without a P: onto the global queue, with an M for it. By sysmon.
void Scheduler::inject(G* g, uint64_t now_ns) {
  if (g->status.get() == GStatus::kWaiting) log_.record_without_p({now_ns, 0, EventKind::kGoReady, 0, 0, static_cast<uint32_t>(g->id.get()), 0, 0});
  become_runnable(g, now_ns, false);
  mutex_.lock();
  injected_.push_back(g);
  P* p = idle_get_locked(now_ns);
  handing_off_ = p != nullptr;
  mutex_.unlock();
  if (p == nullptr) return;
  start_m(p, false, now_ns);
  finish_hand_off();
}

}  // namespace samovar::sched
