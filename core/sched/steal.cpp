// Work stealing (proc.go: stealWork, runqsteal, runqgrab).
#include <algorithm>

#include "sched/fast_path.h"

namespace samovar::sched {

using observe::EventKind;

// Four rounds over all Ps, from a random start with a random stride that is coprime to their number, so that each P comes exactly
// once a round and thieves spread out. The last round also runs the victims' due timers and may take a runnext.
G* Scheduler::steal_work(M* m, bool* inherit, bool* ran_timers, uint64_t* poll_until, Step* step) {
  constexpr int kRounds = 4;
  const uint32_t count = procs();
  *inherit = false;
  for (int round = 0; round < kRounds; ++round) {
    const bool last = round == kRounds - 1;
    const uint32_t random = m->rng.next32();
    const uint32_t stride = coprimes_[random / count % coprimes_.size()];
    for (uint32_t i = 0, at = random % count; i < count; ++i, at = (at + stride) % count) {
      if (attention_.load() != 0) {
        *ran_timers = true;  // the caller starts over and sees why
        return nullptr;
      }
      P* victim = all_p_[at];
      if (victim == m->p) continue;
      m->charge(costs::kStealAttempt);
      if (last && run_timers(m, victim, poll_until)) {
        // A timer may have readied something for our own P.
        *ran_timers = true;
        if (G* g = find_local(m, inherit)) return g;
      }
      if (victim->is_idle()) continue;
      if (G* g = steal_from(m, victim, false)) return g;
      if (!last || !victim->queue.has_next()) continue;
      if (victim->status.get() == PStatus::kRunning && victim->in_call.load() == 0) {
        // The victim is probably about to run it, or to block and do so: it gets 3 us before its runnext is taken.
        m->backoff_victim = victim;
        m->phase.set(MPhase::kBackoff);
        step->kind = Step::kSleepUntil;
        step->when_ns = m->sleep_until_ns = m->now_ns + costs::kRunnextBackoff;
        return nullptr;
      }
      if (G* g = steal_from(m, victim, true)) return g;
    }
  }
  return nullptr;
}

// runqsteal: takes half of the victim's ring, rounded up, or its runnext if the ring is empty and with_next is set. The last of
// the batch is given back, to be run at once, the others go to m's own ring.
G* Scheduler::steal_from(M* m, P* victim, bool with_next) {
  G* batch[LocalQueue::kSpill];
  uint32_t count = victim->queue.steal(batch);
  if (count == 0 && with_next) {
    batch[0] = victim->queue.steal_next();
    if (batch[0] != nullptr) count = 1;
  }
  if (count == 0) return nullptr;
  m->charge(costs::kStealSuccess);
  refresh_clock(m);
  G* first = batch[count - 1];
  m->p->queue.push_batch(batch, count - 1);
  m->p->steals.add(1);
  m->p->stolen.add(count);
  victim->stolen_from.fetch_add(count, std::memory_order_relaxed);  // relaxed: a figure
  emit(m, EventKind::kSteal, first->id.get(), victim->id, count);
  return first;
}

// Whether steal_work() would find nothing: the queue of an idle P is empty.
bool Scheduler::all_queues_empty() const {
  for (uint32_t i = 0; i < procs(); ++i) {
    if (!all_p_[i]->queue.empty()) return false;
  }
  return true;
}

}  // namespace samovar::sched
