// The path of a switch, inline: what happens between two goroutines on the same P. Included by the scheduler's own sources only.
//
// A Gosched switch goes through all of this in some 130 instructions; out of line it took three times as many. There is no
// virtual call and no allocation here; the one lock is the global queue's, which a Gosched cannot avoid among several Ps.
#pragma once

#include <algorithm>

#include "sched/costs.h"
#include "sched/scheduler.h"

namespace samovar::sched {

// The global queue, for who holds a P. Among several Ps that takes the lock. The holder of the only one needs none, for those without
// a P do not touch this queue but injected_: here it is taken over, under the lock.
class Scheduler::GlobalQueueAccess {
 public:
  explicit GlobalQueueAccess(Scheduler& scheduler)
      : scheduler_(scheduler), locked_(scheduler.concurrent_ || scheduler.injected_.size() != 0) {
    if (!locked_) return;
    scheduler_.mutex_.lock();
    scheduler_.global_.append(&scheduler_.injected_);
  }
  ~GlobalQueueAccess() {
    if (locked_) scheduler_.mutex_.unlock();
  }
  GlobalQueueAccess(const GlobalQueueAccess&) = delete;
  GlobalQueueAccess& operator=(const GlobalQueueAccess&) = delete;

 private:
  Scheduler& scheduler_;
  const bool locked_;
};

inline constexpr uint32_t kGlobalPollTicks = 61;
inline constexpr uint32_t kGlobalBatch = 128;
inline constexpr uint8_t kTrackPeriod = 8;  // gTrackingPeriod

// wakep: work was submitted.
inline void Scheduler::wakep(M* m) {
  if (procs_.load(std::memory_order_relaxed) == 1) return;  // one P, and it is ours; relaxed: changes while the world is stopped
  if (idle_count_.load() == 0) {
    // pidlegetSpinning: whoever gives up its P next is to search first. Go does both under the lock; here somebody may have given it up since: give_up_p().
    if (need_spinning_.load() == 0) need_spinning_.store(1);
    if (idle_count_.load() == 0) return;
  }
  if (spinning_.load() == 0) wake_searcher(m);
}

// runqput
inline void Scheduler::put(M* m, G* g, bool next) {
  P* p = m->p;
  if (next) {
    g = p->queue.exchange_next(g, concurrent_);
    if (g == nullptr) return;
    // The one that was there is kicked to the tail.
  }
  while (!p->queue.push(g, concurrent_)) {
    G* batch[LocalQueue::kSpill];
    const uint32_t count = p->queue.spill(batch);
    if (count == 0) continue;  // thieves made room
    put_overflow(m, g, batch, count);
    return;
  }
}

// globrunqget, globrunqgetbatch: the first is returned, the others go to the ring of m's P, which has room for them. With
// GlobalQueueAccess.
inline G* Scheduler::take_global(M* m, uint32_t most) {
  const uint32_t size = global_.size();
  if (size == 0) return nullptr;
  const uint32_t count = std::min({most, size, size / procs() + 1});
  G* first = global_.pop_front();
  if (first == nullptr) __builtin_unreachable();  // the size says so; g++ 12 warns otherwise
  m->p->queue.push_each(count - 1, concurrent_, [this] { return global_.pop_front(); });
  // A batch of one says nothing that the run event does not, unless the tick asked for it.
  if (count > 1 || most == 1) emit(m, observe::EventKind::kGlobalTake, first->id.get(), most == 1 ? 1 : 0, count);
  return first;
}

// The same under the lock.
inline G* Scheduler::take_global_locked(M* m, uint32_t most) {
  global_.append(&injected_);
  return take_global(m, most);
}

// casgstatus: g stops running. True each 8th time: then it is measured until it runs again.
inline bool Scheduler::departs(G* g) { return ++g->track_count % kTrackPeriod == 0; }

inline void Scheduler::become_runnable(G* g, uint64_t now_ns, bool track) {
  g->status.set(GStatus::kRunnable);
  g->ready_at_ns = now_ns;
  if (track) [[unlikely]] g->runnable_since_ns = std::max<uint64_t>(now_ns, 1);
}

// Once a switch: reads the clock when enough switches have passed, or when the last slice went through a checkpoint and so
// may have been long. (Goroutines that compute for more than 100 us without a checkpoint break the rule of the house.)
inline void Scheduler::tick_clock(M* m) {
  if (m->clock_stale || --m->clock_countdown == 0) refresh_clock(m);
}

// execute
inline void Scheduler::execute(M* m, G* g, bool inherit) {
  P* p = m->p;
  if (virtual_time_) {
    m->now_ns = std::max(m->now_ns, g->ready_at_ns);
    m->now_ns += costs::kSwitch;
  } else {
    tick_clock(m);
  }
  if (!inherit) p->schedtick.add(1);
  g->status.set(GStatus::kRunning);
  g->m = m;
  m->current = g;
  p->running.publish(g);
  if (g->attention.load(std::memory_order_relaxed) != 0) g->attention.store(0, std::memory_order_relaxed);  // relaxed: a request to whoever ran before
  if (collecting_.get()) [[unlikely]] hooks_.before_run(hooks_.context, m, g);
  if (p->preempt_heir) [[unlikely]] {
    if (inherit) g->attention.store(kAttentionPreempt, std::memory_order_relaxed);  // relaxed: virtual time, one thread
    p->preempt_heir = false;
  }
  if (g->runnable_since_ns != 0) {
    p->latencies.record(m->now_ns > g->runnable_since_ns ? m->now_ns - g->runnable_since_ns : 0);
    g->runnable_since_ns = 0;
  }
  if (p->busy_since_ns.get() == 0) p->busy_since_ns.set(std::max<uint64_t>(m->now_ns, 1));
  emit(m, observe::EventKind::kGoRun, g->id.get(), m->id, inherit ? 1 : 0, m->stop_reason);
}

// timers.check: fires what is due on p, and lowers *poll_until (0: never) to when its next one is. True if any fired.
inline bool Scheduler::run_timers(M* m, P* p, uint64_t* poll_until) {
  const uint64_t earliest = p->timers.earliest();
  return earliest != 0 && fire_timers(m, p, poll_until);
}

// Its own queues, then the global one.
inline G* Scheduler::find_local(M* m, bool* inherit) {
  P* p = m->p;
  *inherit = false;
  // Each 61st tick the global queue comes first, or two goroutines that keep readying each other would own the P for ever.
  if (global_queue_size() != 0) [[unlikely]] {
    if (p->schedtick.get() % kGlobalPollTicks == 0) {
      GlobalQueueAccess access(*this);
      if (G* g = take_global(m, 1)) return g;
    }
  }
  if (G* g = p->queue.take_next(concurrent_)) return *inherit = true, g;
  if (G* g = p->queue.pop(concurrent_)) return g;
  if (global_queue_size() != 0) {  // give_up_p() looks once more under the lock
    GlobalQueueAccess access(*this);
    return take_global(m, kGlobalBatch);
  }
  return nullptr;
}

}  // namespace samovar::sched
