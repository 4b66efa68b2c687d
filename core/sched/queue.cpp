// Putting goroutines on queues, and waking just enough Ms to run them.
//
// The rule (proc.go, "Worker thread parking/unparking"): when work is submitted and nobody searches, one M is woken and
// searches ("spins"); when it finds work it wakes the next. So at most one M is woken for a submission, and none while one searches.
#include <algorithm>
#include <utility>

#include "sched/driver.h"
#include "sched/fast_path.h"

namespace samovar::sched {

using observe::EventKind;

// runqputslow: the oldest half of the ring, then g, go to the global queue as one batch.
void Scheduler::put_overflow(M* m, G* g, G** batch, uint32_t count) {
  GList list;
  for (uint32_t i = 0; i < count; ++i) list.push_back(batch[i]);
  list.push_back(g);
  {
    GlobalQueueAccess access(*this);
    global_.append(&list);
  }
  emit(m, EventKind::kOverflow, g->id.get(), 0, count + 1);
}

void Scheduler::wake_for_work(M* m) { wakep(m); }

// All of p's queue, runnext first, goes to the end of `list`.
void Scheduler::drain(P* p, GList* list) {
  while (G* g = p->queue.take_next(concurrent_)) list->push_back(g);
  while (G* g = p->queue.pop(concurrent_)) list->push_back(g);
}

void Scheduler::give_away_queue(M* m) {
  GlobalQueueAccess access(*this);
  drain(m->p, &global_);
}

void Scheduler::wait_instead(M* m, G* g, WaitReason reason) {
  g->wait_reason.set(reason);
  m->stop_reason = static_cast<uint8_t>(observe::kReasonWait + static_cast<uint8_t>(reason));
}

void Scheduler::put_back(M* m, G* g) {
  g->ready_at_ns = m->now_ns;
  put(m, g, false);
  after_plain_put();
  wakep(m);
}

// Between a put() to the ring's tail and wakep(). Work must be seen by whoever ceases to search, or he by us; the tail is but a release store, which may be seen
// after our look. A read-modify-write of what he decrements: either it comes before that, and he sees the tail, or after, and we see it. (Into runnext goes an exchange.)
void Scheduler::after_plain_put() { spinning_.fetch_add(0); }

// goready
void Scheduler::ready(M* m, G* g, bool next) {
  m->charge(costs::kSwitch / 2);
  become_runnable(g, m->now_ns, g->track_count % kTrackPeriod == 0);
  emit(m, EventKind::kGoReady, g->id.get(), m->current != nullptr ? static_cast<uint32_t>(m->current->id.get()) : 0, next ? 1 : 0);
  put(m, g, next);
  if (!next) after_plain_put();
  wakep(m);
}

// Nobody searches and a P is idle: wakes an M to search.
void Scheduler::wake_searcher(M* m) {
  uint32_t none = 0;
  if (!spinning_.compare_exchange_strong(none, 1)) return;
  mutex_.lock();
  P* p = idle_get_spinning_locked(m->now_ns);
  mutex_.unlock();
  if (p == nullptr) {
    spinning_.fetch_sub(1);
    return;
  }
  start_m(p, true, m->now_ns);
}

// startm. p is not null; spinning means that the caller has counted the M as searching.
void Scheduler::start_m(P* p, bool spinning, uint64_t now_ns) {
  mutex_.lock();
  M* m = idle_m_;
  if (m != nullptr) {
    idle_m_ = m->next_idle;
    --idle_m_count_;
  }
  const bool fresh = m == nullptr;
  if (fresh) m = new_m_locked();
  if (m != nullptr) {
    m->spinning = spinning;
    m->next_p.store(p, std::memory_order_release);  // pairs with resume_phase()
  }
  mutex_.unlock();
  if (m == nullptr || (fresh && !driver_->start(m, now_ns))) return thread_exhausted(p, m, spinning, now_ns);
  if (!fresh) driver_->wake(m, now_ns);
  log_.record_without_p({now_ns, 0, EventKind::kMWake, 0, 0, 0, m->id, fresh ? 1u : 0u});
}

// There is no thread for p (a browser's pool is fixed): p stays idle until an M becomes free, if none has meanwhile. What it has queued goes to the global
// queue, for nobody looks into the queues of an idle P.
void Scheduler::thread_exhausted(P* p, M* unstarted, bool spinning, uint64_t now_ns) {
  mutex_.lock();
  if (unstarted != nullptr) {
    unstarted->next_p.store(nullptr, std::memory_order_relaxed);  // relaxed: it has no thread
    unstarted->spinning = false;
    unstarted->phase.set(MPhase::kExited);
    unstarted->next_idle = threadless_m_;
    threadless_m_ = unstarted;
    ++threadless_m_count_;
  }
  if (idle_m_ != nullptr) {
    mutex_.unlock();
    return start_m(p, spinning, now_ns);
  }
  exhausted_.fetch_add(1, std::memory_order_relaxed);  // relaxed: a figure
  drain(p, &injected_);
  // Whoever waits for all Ps, to stop or to pass a barrier, counts on this one too and does not find it among the idle ones.
  run_safe_point_locked(p, now_ns);
  if ((attention_.load() & kStopRequested) != 0) {
    stop_p_locked(p, now_ns);
  } else {
    idle_put_locked(p, now_ns);
  }
  mutex_.unlock();
  if (spinning) spinning_.fetch_sub(1);
}

M* Scheduler::new_m_locked() {
  if (M* m = threadless_m_) {
    threadless_m_ = m->next_idle;
    --threadless_m_count_;
    m->phase.set(MPhase::kUnused);
    return m;
  }
  const uint32_t id = m_count_.load(std::memory_order_relaxed);  // relaxed: written under the lock only
  if (id >= m_limit_) return nullptr;
  auto m = std::make_unique<M>();
  m->scheduler = this;
  m->id = id;
  m->virtual_time = virtual_time_;
  m->rng = base::Rng(options_.seed * 0x9e3779b97f4a7c15ull + id);
  all_m_[id] = std::move(m);
  m_count_.store(id + 1, std::memory_order_release);  // pairs with thread_count()
  return all_m_[id].get();
}

// stopm, first half: m goes on the list of idle Ms. Its driver parks it afterwards.
void Scheduler::stop_m_locked(M* m) {
  m->phase.set(MPhase::kParked);
  m->next_idle = idle_m_;
  idle_m_ = m;
  ++idle_m_count_;
  log_.record_without_p({m->now_ns, 0, EventKind::kMPark, 0, 0, 0, m->id, 0});
  check_dead_locked();
}

void Scheduler::become_spinning(M* m) {
  m->spinning = true;
  spinning_.fetch_add(1);
  need_spinning_.store(0, std::memory_order_relaxed);  // relaxed: a hint
}

// resetspinning: it found work; if it was the last to search, another one takes over.
void Scheduler::reset_spinning(M* m) {
  m->spinning = false;
  m->backoff_victim = nullptr;  // it waited for a runnext, and found something else
  spinning_.fetch_sub(1);
  wakep(m);
}

void Scheduler::acquire_p(M* m, P* p) {
  m->p = p;
  p->m = m;
  p->holder.set(static_cast<int32_t>(m->id));
  p->old_m = m;
  p->status.set(PStatus::kRunning);
  emit(m, EventKind::kProcStart, 0, m->id);
}

P* Scheduler::release_p(M* m) {
  P* p = std::exchange(m->p, nullptr);
  p->m = nullptr;
  p->holder.set(-1);
  p->running.publish(nullptr);
  return p;
}

// pidleput
void Scheduler::idle_put_locked(P* p, uint64_t now_ns) {
  p->status.set(PStatus::kIdle);
  p->idle_since_ns.set(std::max<uint64_t>(now_ns, 1));
  p->next_idle = idle_p_;
  idle_p_ = p;
  idle_count_.fetch_add(1);
}

// pidleget
P* Scheduler::idle_get_locked(uint64_t now_ns) {
  P* p = idle_p_;
  if (p == nullptr) return nullptr;
  idle_p_ = p->next_idle;
  end_idle_locked(p, now_ns);
  if (idle_count_.fetch_sub(1) == procs() && sysmon_waits_) wake_sysmon_locked(now_ns);
  return p;
}

void Scheduler::end_idle_locked(P* p, uint64_t now_ns) {
  const uint64_t since = p->idle_since_ns.get();
  if (now_ns > since) idle_ns_.add(now_ns - since);
  p->idle_since_ns.set(0);
}

uint64_t Scheduler::idle_ns(uint64_t now_ns) const {
  // The sum first: of a P that leaves the list in between, nothing is counted rather than all of it twice.
  uint64_t out = idle_ns_.get();
  for (uint32_t i = 0; i < procs(); ++i) {
    const uint64_t since = all_p_[i]->idle_since_ns.get();
    if (since != 0 && now_ns > since) out += now_ns - since;
  }
  return out;
}

// pidlegetSpinning
P* Scheduler::idle_get_spinning_locked(uint64_t now_ns) {
  P* p = idle_get_locked(now_ns);
  if (p == nullptr) need_spinning_.store(1);
  return p;
}

// checkdead: called when an M went idle. Ms in blocking calls, or asleep until a timer, are not idle.
void Scheduler::check_dead_locked() {
  if (ending() || handing_off_ || m_count_.load() - threadless_m_count_ - idle_m_count_ > 0) return;
  for (uint32_t i = 0; i < procs(); ++i) {
    if (all_p_[i]->timers.earliest() != 0) return;
  }
  end_run(RunState::kDeadlocked);
}

}  // namespace samovar::sched
