// Finalizers and cleanups: found by the sweeper, run by one goroutine (runtime.finalizers). Each is a plain function: it runs between two suspensions and
// may use what it is given freely; it may resurrect the object by storing it somewhere that lives.
#include <algorithm>
#include <utility>

#include "gc/collector.h"
#include "gc/park.h"
#include "sched/driver.h"
#include "sched/ops.h"

namespace samovar::gc {

using heap::Special;
using heap::SpecialKind;
using sched::G;
using sched::M;
using sched::Task;

void Collector::set_finalizer(void* object, heap::FinalizerFunction function, uint64_t argument) {
  const auto address = reinterpret_cast<uintptr_t>(object);
  if (Special* old = heap_.find_special(address, SpecialKind::kFinalizer, true)) heap_.release(old);
  if (function == nullptr) return;
  Special* special = heap_.add_special(address, SpecialKind::kFinalizer);
  if (special == nullptr) return;  // a lifeboat: the run is about to end
  special->finalizer = function;
  special->argument = argument;
  // The job that marks what finalizers need may have passed by.
  ProcState& state = proc_state();
  if (state.marking) marker_.mark_referents(state.work, special->object);
}

void Collector::add_cleanup(void* object, heap::CleanupFunction function, uint64_t argument) {
  Special* special = heap_.add_special(reinterpret_cast<uintptr_t>(object), SpecialKind::kCleanup);
  if (special == nullptr) return;
  special->cleanup = function;
  special->argument = argument;
}

void* Collector::strong(heap::WeakHandle* handle) {
  const uintptr_t address = heap_.strong(handle);
  if (address == 0) return nullptr;
  // It was only weakly reachable, perhaps: marking must not pass it by.
  ProcState& state = proc_state();
  if (state.marking) marker_.mark(state.work, address);
  return reinterpret_cast<void*>(address);
}

// A sweeper has found that it is time. On a thread that holds a P.
void Collector::special_due(void* collector, Special* special) {
  auto* self = static_cast<Collector*>(collector);
  const bool finalizer = special->kind == SpecialKind::kFinalizer;
  (finalizer ? self->finalizers_queued_ : self->cleanups_queued_).fetch_add(1, std::memory_order_relaxed);  // relaxed: figures
  G* wake = nullptr;
  {
    platform::MutexLock lock(self->due_mutex_);
    self->due_.push_back(special);
    wake = std::exchange(self->idle_finalizer_, nullptr);
  }
  if (wake != nullptr) self->scheduler_.ready(sched::current().m, wake, false);
}

bool Collector::finalizer_waits(M*, G* g, void* collector) {
  auto* self = static_cast<Collector*>(collector);
  platform::MutexLock lock(self->due_mutex_);
  if (!self->due_.empty()) return false;
  self->idle_finalizer_ = g;
  return true;
}

Task<void> Collector::run_finalizers() {
  for (;;) {
    co_await ParkSystem(sched::WaitReason::kFinalizerWait, finalizer_waits, this);
    {
      platform::MutexLock lock(due_mutex_);
      running_.swap(due_);
    }
    // The last that became due runs first, as in a block of Go's queue.
    bool more = true;
    while (more) {
      Special* special = nullptr;
      {
        platform::MutexLock lock(due_mutex_);
        special = running_.empty() ? nullptr : running_.back();
      }
      more = special != nullptr;
      if (!more) break;
      if (special->kind == SpecialKind::kFinalizer) {
        special->finalizer(reinterpret_cast<void*>(special->object), special->argument);
        finalizers_executed_.fetch_add(1, std::memory_order_relaxed);  // relaxed: figures
      } else {
        special->cleanup(special->argument);
        cleanups_executed_.fetch_add(1, std::memory_order_relaxed);
      }
      {
        platform::MutexLock lock(due_mutex_);
        running_.pop_back();
      }
      heap_.release(special);
      co_await sched::checkpoint(sched::costs::kSwitch);
    }
  }
}

}  // namespace samovar::gc
