// Timers, as the scheduling loop sees them.
#include <algorithm>

#include "sched/driver.h"
#include "sched/fast_path.h"

namespace samovar::sched {

using observe::EventKind;

uint64_t Scheduler::now(M* m) {
  m->clock_stale = true;
  refresh_clock(m);
  return m->now_ns;
}

bool Scheduler::fire_timers(M* m, P* p, uint64_t* poll_until) {
  uint64_t earliest = p->timers.earliest();
  bool fired = false;
  while (earliest != 0 && earliest <= m->now_ns) {
    const TimerHeap::Due due = p->timers.take_due(m->now_ns);
    if (due.timer == nullptr) break;
    m->charge(costs::kTimerOp);
    emit(m, EventKind::kTimerFire, due.goroutine, 0, m->now_ns - due.due_ns);
    due.fire(due.timer, m, m->now_ns);
    fired = true;
    earliest = p->timers.earliest();
  }
  if (earliest != 0 && (*poll_until == 0 || earliest < *poll_until)) *poll_until = earliest;
  return fired;
}

void Scheduler::start_timer(M* m, Timer* timer) {
  m->charge(costs::kTimerOp);
  const uint64_t when = timer->when_ns;  // after add() it may fire, and be gone, at any moment
  if (m->p->timers.add(timer)) wake_poller(m, when);
}

// wakeNetPoller: the M that sleeps until the next timer must not sleep past when_ns; if none does, somebody should look.
void Scheduler::wake_poller(M* m, uint64_t when_ns) {
  after_plain_put();  // the timer, too, was announced by a plain store
  M* poller = poller_.load();
  if (poller != nullptr) {
    const uint64_t until = poll_until_.load();
    if (until == 0 || until > when_ns) driver_->wake(poller, m->now_ns);
    return;
  }
  wakep(m);
}

}  // namespace samovar::sched
