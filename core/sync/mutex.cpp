#include "sync/mutex.h"

#include "platform/mutex.h"

namespace samovar::sync {
namespace {

constexpr int kSpinRounds = 4;    // active_spin
constexpr int kSpinPauses = 30;   // active_spin_cnt

// proc.go:sync_runtime_canSpin: spinning is worth it only if the holder may be running on another P right now, and nothing else is
// waiting for this one.
bool can_spin(const M* m, int round) {
  const Scheduler& scheduler = *m->scheduler;
  if (!scheduler.concurrent() || round >= kSpinRounds) return false;
  if (scheduler.procs() <= scheduler.idle_procs() + scheduler.spinning() + 1) return false;
  return m->p->queue.size() == 0 && !m->p->queue.has_next();
}

void spin() {
  for (int i = 0; i < kSpinPauses; ++i) platform::cpu_pause();
}

}  // namespace

void note_mutex_wait(Scheduler& scheduler, uint64_t ns) { scheduler.add_mutex_wait(ns); }

// lockSlow, nearly line by line.
Task<void> Mutex::lock_slow() {
  G* g = co_await sched::self();
  Scheduler& scheduler = *g->m->scheduler;
  uint64_t wait_start = 0;
  bool waited = false;
  bool starving = false;
  bool awoke = false;
  int round = 0;
  int32_t old = state_.get();
  for (;;) {
    // In starvation mode the mutex is handed over, spinning would be of no use.
    if ((old & (kLocked | kStarving)) == kLocked && can_spin(g->m, round)) {
      // kWoken tells unlock() not to wake anybody else.
      if (!awoke && (old & kWoken) == 0 && (old >> kWaiterShift) != 0 && state_.exchange_if(scheduler, old, old | kWoken)) {
        awoke = true;
      }
      spin();
      ++round;
      old = state_.get();
      continue;
    }
    int32_t next = old;
    if ((old & kStarving) == 0) next |= kLocked;
    if ((old & (kLocked | kStarving)) != 0) next += kOneWaiter;
    if (starving && (old & kLocked) != 0) next |= kStarving;
    if (awoke) next &= ~kWoken;
    if (!state_.exchange_if(scheduler, old, next)) {
      old = state_.get();
      continue;
    }
    if ((old & (kLocked | kStarving)) == 0) break;  // ours
    const bool to_the_front = waited;
    if (!waited) wait_start = scheduler.now(g->m);
    waited = true;
    bool woken = false;
    while (!woken) woken = co_await detail::SemaphoreWait(&sleepers_, WaitReason::kSyncMutexLock, to_the_front);
    const uint64_t wait_ns = scheduler.now(g->m) - wait_start;
    starving = starving || wait_ns > kStarvationThresholdNs;
    old = state_.get();
    if ((old & kStarving) != 0) {
      // It was handed to us: not marked as locked, and we are still counted as waiting.
      int32_t delta = kLocked - kOneWaiter;
      if (!starving || (old >> kWaiterShift) == 1) delta -= kStarving;
      state_.add(scheduler, delta);
      break;
    }
    awoke = true;
    round = 0;
  }
  if (waited) note_mutex_wait(scheduler, scheduler.coarse_now(g->m) - wait_start);
}

// unlockSlow; `state` is what is left after kLocked was taken off.
detail::Unlocked Mutex::unlock_slow(M* m, int32_t state) {
  if (((state + kLocked) & kLocked) == 0) return detail::Unlocked::kFatal;
  if ((state & kStarving) != 0) {
    // Straight to the first waiter, and our slice with it, so that it runs at once.
    return sleepers_.release_on(m, true) ? detail::Unlocked::kYield : detail::Unlocked::kDone;
  }
  int32_t old = state;
  for (;;) {
    // Nobody to wake, or somebody is awake, has it, or gets it handed over.
    if ((old >> kWaiterShift) == 0 || (old & (kLocked | kWoken | kStarving)) != 0) return detail::Unlocked::kDone;
    if (state_.exchange_if(*m->scheduler, old, (old - kOneWaiter) | kWoken)) {
      sleepers_.release_on(m, false);
      return detail::Unlocked::kDone;
    }
    old = state_.get();
  }
}

namespace detail {

void finish_unlock(const SyncOp& op, Unlocked result, const char* fatal_text) {
  switch (result) {
    case Unlocked::kDone: return op.give_way();
    case Unlocked::kYield: op.g->m->disposition = sched::Disposition::kGoyield; return;
    case Unlocked::kFatal: return op.scheduler().fatal(op.g, fatal_text);
  }
}

}  // namespace detail
}  // namespace samovar::sync
