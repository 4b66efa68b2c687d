// ParkSystem and CatchUp: how the collector's own goroutines wait. Private to the collector.
#pragma once

#include <coroutine>

#include "sched/ops.h"

namespace samovar::gc {

// Parks the goroutine for `reason`; once it has stopped, unlock(m, g, argument) puts it where it is found again, or says that it may go on at once.
struct ParkSystem : sched::Op {
  ParkSystem(sched::WaitReason reason_, sched::M::UnlockFunction unlock_, void* argument_) : reason(reason_), unlock(unlock_), argument(argument_) {}
  sched::WaitReason reason;
  sched::M::UnlockFunction unlock;
  void* argument;
  bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<>) { g->m->scheduler->park(g, reason, unlock, argument); }
  void await_resume() {}
};

// In virtual time: lets Ms that are behind catch up, and nothing else: no safe point.
struct CatchUp : sched::Op {
  bool await_ready() { return !sched::detail::wants_driver_yield(g); }
  void await_suspend(std::coroutine_handle<>) { sched::detail::driver_yield(g); }
  void await_resume() {}
};

}  // namespace samovar::gc
