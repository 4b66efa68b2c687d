// A cycle, from phase to phase: what the controller goroutine does (Go: gcStart, gcMarkDone, gcMarkTermination), and the goroutine that sweeps.
#include <algorithm>
#include <utility>

#include "gc/park.h"
#include "gc/worker.h"
#include "sched/costs.h"
#include "sched/driver.h"
#include "sched/ops.h"

namespace samovar::gc {

using observe::EventKind;
using sched::G;
using sched::M;
using sched::Task;
using sched::WaitReason;

namespace {

constexpr int64_t kHeldNs = 50'000;       // between two looks whether GOMAXPROCS has changed
constexpr int kSpansPerSweepBatch = 10;  // bgsweep yields after so many if others wait

}  // namespace

// ---- The controller's mailbox ----

bool Collector::controller_waits(M*, G* g, void* collector) {
  auto* self = static_cast<Collector*>(collector);
  platform::MutexLock lock(self->control_mutex_);
  if (self->requested_ || self->settings_requested_) return false;
  self->idle_controller_ = g;
  return true;
}

bool Collector::controller_waits_for_marks(M*, G* g, void* collector) {
  auto* self = static_cast<Collector*>(collector);
  platform::MutexLock lock(self->control_mutex_);
  if (self->marks_may_be_done_) return false;
  self->marking_controller_ = g;
  return true;
}

Task<void> Collector::wait_for_request() { co_await ParkSystem(WaitReason::kForceGcIdle, controller_waits, this); }

Task<void> Collector::wait_for_mark_done() {
  co_await ParkSystem(WaitReason::kGcWorkerActive, controller_waits_for_marks, this);
  platform::MutexLock lock(control_mutex_);
  marks_may_be_done_ = false;
}

bool Collector::forcer_waits(M*, G* g, void* collector) {
  auto* self = static_cast<Collector*>(collector);
  platform::MutexLock lock(self->control_mutex_);
  self->idle_forcer_ = g;
  return true;
}

// Made parked, like the others: whoever is woken for the first time has something to do.
Task<void> Collector::wake_controller() {
  for (;;) {
    G* wake = nullptr;
    {
      platform::MutexLock lock(control_mutex_);
      wake = std::exchange(idle_controller_, nullptr);
    }
    const G* g = co_await sched::self();
    if (wake != nullptr) scheduler_.ready(g->m, wake);
    co_await ParkSystem(WaitReason::kForceGcIdle, forcer_waits, this);
  }
}

Task<void> Collector::control() {
  for (;;) {
    co_await wait_for_request();
    bool settings = false;
    bool cycle = false;
    {
      platform::MutexLock lock(control_mutex_);
      settings = settings_requested_;
      cycle = requested_;
    }
    if (settings && !cycle) {
      // debug.SetGCPercent stops the world too.
      co_await sched::stop_the_world(sched::StwReason::kOther);
      apply_settings();
      co_await sched::start_the_world();
    }
    if (cycle) co_await run_cycle();
  }
}

// The world is stopped.
void Collector::apply_settings() {
  {
    platform::MutexLock lock(control_mutex_);
    if (!settings_requested_) return;
    settings_requested_ = false;
    pacer_.change(new_settings_);
  }
  pacer_.commit(heap_.sweep_done(), heap_.live_bytes());
  pace_sweep();
}

// As far as the trigger is away (gcControllerCommit).
void Collector::pace_sweep() {
  const uint64_t live = heap_.live_bytes();
  const uint64_t trigger_now = trigger();
  heap_.pace_sweep(trigger_now > live ? trigger_now - live : 0);
}

// ---- One cycle ----

Task<void> Collector::run_cycle() {
  bool held = holds_.load() != 0;
  while (held) {
    co_await sched::sleep_for(kHeldNs);
    held = holds_.load() != 0;
  }
  // What is left of the last one.
  bool unswept = heap_.sweep_one();
  while (unswept) {
    co_await sched::checkpoint(sched::costs::kSweepSpan);
    unswept = heap_.sweep_one();
  }
  G* g = co_await sched::self();
  make_workers(g->m);
  record_ = {};
  record_.cycle = cycle_.get() + 1;
  record_.start_ns = scheduler_.now(g->m);
  {
    platform::MutexLock lock(control_mutex_);
    record_.why = requested_why_;
  }
  scheduler_.emit(g->m, EventKind::kGcBegin, g->id.get(), record_.cycle, heap_.live_bytes(), record_.why);
  co_await sched::stop_the_world(sched::StwReason::kGc);
  uint64_t stopped_ns = scheduler_.now(g->m);
  begin_marking(g->m);
  co_await sched::start_the_world();
  count_pause(record_.start_ns, stopped_ns, record_.mark_ns);
  wake_starters(g->m);
  limiter_.finish_transition(scheduler_.now(g->m));
  scheduler_.emit(g->m, EventKind::kGcMark, g->id.get(), record_.cycle, record_.goal);

  bool over = false;
  while (!over) {
    co_await wait_for_mark_done();
    // Ragged barrier: each P gives away what it still has. If any had something, marking goes on.
    co_await sched::for_each_p(flush_proc, this);
    if (active_.load() != 0 || roots_left() || pool_.has_shared()) {
      scheduler_.wake_for_work(g->m);
      // Whoever takes it says so again when it is through; if all have been through meanwhile, nobody will.
      active_.fetch_add(1);
      leave_marking(g->m);
      continue;
    }
    record_.marked_ns = scheduler_.now(g->m);
    co_await sched::stop_the_world(sched::StwReason::kGc);
    stopped_ns = scheduler_.now(g->m);
    over = marking_is_over(g->m);
    if (over) end_marking(g->m);
    co_await sched::start_the_world();
    record_.end_ns = scheduler_.now(g->m);
    count_pause(record_.marked_ns, stopped_ns, record_.end_ns);
  }
  limiter_.finish_transition(record_.end_ns);
  record_cycle(g->m);
  wake_after_cycle(g->m);
}

// The world is stopped.
void Collector::begin_marking(M* m) {
  {
    // Whoever has asked for a collection until now wants this one: none can want a later one before it has begun (Go tests again under startSema).
    platform::MutexLock lock(control_mutex_);
    requested_ = false;
    requested_why_ = observe::kGcTriggerHeap;
  }
  request_pending_.store(true, std::memory_order_relaxed);  // relaxed: a hint
  while (heap_.sweep_one()) {
  }
  apply_settings();
  tell_swept(m);
  pacer_.max_stack_scan.store(static_cast<int64_t>(pacer_.last_stack_scan()), std::memory_order_relaxed);  // relaxed: the world is stopped
  const uint32_t procs = scheduler_.procs();
  make_workers(m);  // if GOMAXPROCS has grown since run_cycle() did
  cycle_.set(record_.cycle);
  largest_.collection_begins();
  record_.procs = procs;
  record_.heap_start = heap_.live_bytes();
  pacer_.start_cycle(procs, heap_.live_bytes(), heap_.scan_bytes(), record_.why != observe::kGcTriggerTime, memory_figures());
  record_.goal = pacer_.goal(memory_figures());
  dedicated_needed_.store(static_cast<int32_t>(pacer_.dedicated_workers()), std::memory_order_relaxed);  // relaxed, here and below: the world is stopped
  idle_running_.store(0, std::memory_order_relaxed);
  active_.store(0, std::memory_order_relaxed);
  marks_may_be_done_ = false;
  for (uint32_t i = 0; i < states_made(); ++i) {
    ProcState& state = state_of(i);
    state.marking = true;
    heap_.begin_black(state.cache);
    state.fractional_ns = 0;
    state.barrier.count = 0;
    state.work.bytes_marked = 0;
    state.work.bytes_walked = 0;
    state.work.scan_work = 0;
    state.work.counts = {};
    // gcMarkTinyAllocs: the block that tiny objects are still packed into.
    if (state.cache.tiny != 0) marker_.mark(state.work, state.cache.tiny);
  }
  prepare_roots();
  limiter_.begin_transition(true, record_.start_ns);
  record_.mark_ns = scheduler_.now(m);
  phase_.set(Phase::kMark);
  marking_collectors.fetch_add(1);
  scheduler_.set_collecting(true);
}

// On each P, at its safe point.
void Collector::flush_proc(void* collector, sched::P* p) {
  auto* self = static_cast<Collector*>(collector);
  auto& state = *static_cast<ProcState*>(p->gc);
  self->flush_barrier(state);
  state.work.flush();
}

// The world is stopped. Since the barrier somebody may have shaded something new (Go issue 27993): then marking goes on.
bool Collector::marking_is_over(M* m) {
  for (uint32_t i = 0; i < scheduler_.procs(); ++i) {
    ProcState& state = state_of(i);
    flush_barrier(state);
    state.work.flush();
  }
  if (active_.load() == 0 && !roots_left() && !pool_.has_shared()) return true;
  active_.fetch_add(1);
  leave_marking(m);
  return false;
}

// The world is stopped, everything that lives is black.
void Collector::end_marking(M* m) {
  phase_.set(Phase::kMarkTermination);
  limiter_.begin_transition(false, record_.marked_ns);
  record_.heap_end = heap_.live_bytes();
  uint64_t black = 0;
  uint64_t found = 0;
  for (uint32_t i = 0; i < states_made(); ++i) {
    ProcState& state = state_of(i);
    state.marking = false;
    heap_.flush(state.cache);
    black += heap_.end_black(state.cache);
    found += state.work.bytes_marked;
    for (size_t c = 0; c < heap::kSizeClasses; ++c) record_.classes[c].add(state.work.counts[c]);
  }
  const uint64_t marked = found + black;
  found_alive_.set(found);
  if (options_.checkmark) check_marks(m, marked);
  const uint64_t now = scheduler_.now(m);
  pacer_.end_cycle(now > record_.mark_ns ? now - record_.mark_ns : 0, record_.procs, record_.heap_end, memory_figures());
  scavenge_in_use_ = heap_.pages_in_use() * heap::kPageBytes;
  scavenge_goal_ = record_.goal == kUnlimited ? 0 : record_.goal;
  pacer_.reset_live(marked);
  record_.heap_marked = marked;
  record_.scan_work = static_cast<uint64_t>(std::max<int64_t>(pacer_.scan_work(), 0));
  heap_.set_live(marked, pacer_.last_heap_scan());
  sweep_cycle_ = record_.cycle;
  heap_.start_sweep();
  pacer_.commit(heap_.sweep_done(), marked);
  pace_sweep();
  if (crowded_until_.load(std::memory_order_relaxed) <= record_.cycle) crowded_until_.store(0, std::memory_order_relaxed);  // relaxed: the world is stopped
  scheduler_.set_collecting(options_.stress || crowded_until_.load(std::memory_order_relaxed) != 0);
  marking_collectors.fetch_sub(1);
  phase_.set(Phase::kOff);
  request_pending_.store(false, std::memory_order_relaxed);  // relaxed: a hint
}

// The world runs again. While it came to a stop only who stopped it did nothing else (Go: stoppingCPUTime, which has the Ps that had stopped before the last, too).
void Collector::count_pause(uint64_t asked_ns, uint64_t stopped_ns, uint64_t now_ns) {
  record_.pause_ns += now_ns - asked_ns;
  record_.pause_cpu_ns += stopped_ns - asked_ns + (now_ns - stopped_ns) * record_.procs;
}

// The world runs again, and that is the end of it.
void Collector::record_cycle(M* m) {
  record_.stack_bytes = pacer_.last_stack_scan();
  record_.global_bytes = pacer_.globals_scan();
  record_.assist_ns = pacer_.assist_ns.load(std::memory_order_relaxed);  // relaxed, here and below: all workers have stopped
  record_.dedicated_ns = pacer_.dedicated_ns.load(std::memory_order_relaxed);
  record_.fractional_ns = pacer_.fractional_ns.load(std::memory_order_relaxed);
  record_.idle_ns = pacer_.idle_ns.load(std::memory_order_relaxed);
  record_.pacer = pacer_.trace();
  scheduler_.emit(m, EventKind::kGcMarked, m->current->id.get(), record_.cycle, record_.heap_marked);
  platform::MutexLock lock(records_mutex_);
  ++totals_.cycles;
  totals_.forced += record_.why == observe::kGcTriggerForced ? 1 : 0;
  totals_.pause_ns += record_.pause_ns;
  totals_.pause_cpu_ns += record_.pause_cpu_ns;
  totals_.assist_ns += record_.assist_ns;
  totals_.dedicated_ns += record_.dedicated_ns + record_.fractional_ns;
  totals_.idle_ns += record_.idle_ns;
  totals_.last_end_ns = record_.end_ns;
  const auto all = static_cast<double>(all_cpu_ns(record_.end_ns));
  if (all > 0) record_.cpu_share = static_cast<double>(totals_.assist_ns + totals_.dedicated_ns + totals_.pause_cpu_ns) / all;
  if (records_.size() < kKeptCycles) {
    records_.push_back(record_);
  } else {
    records_[oldest_record_] = record_;
    oldest_record_ = (oldest_record_ + 1) % kKeptCycles;
  }
}

// Those who waited for marking to begin.
void Collector::wake_starters(M* m) {
  std::vector<G*> wake;
  {
    platform::MutexLock lock(control_mutex_);
    wake.swap(starters_);
  }
  for (G* g : wake) scheduler_.ready(m, g, false);
}

void Collector::wake_after_cycle(M* m) {
  release_assists(m);
  std::vector<G*> wake;
  std::vector<G*> go_on;
  bool another = false;
  {
    platform::MutexLock lock(control_mutex_);
    if (G* sweeper = std::exchange(idle_sweeper_, nullptr)) wake.push_back(sweeper);
    const auto due = [this](const Waiter& waiter) { return waiter.cycle <= record_.cycle; };
    for (const Waiter& waiter : waiters_) {
      if (due(waiter)) wake.push_back(waiter.g);
    }
    waiters_.erase(std::remove_if(waiters_.begin(), waiters_.end(), due), waiters_.end());
    const bool crowded = crowded_until_.load(std::memory_order_relaxed) != 0;  // relaxed: who crowds from now on requests a cycle too
    if (!crowded) go_on.swap(held_back_);
    another = !waiters_.empty() || crowded;
  }
  if (another) request_cycle(m, observe::kGcTriggerHeap);  // who began to wait in the middle of this one
  for (G* g : wake) scheduler_.ready(m, g, false);
  for (G* g : go_on) scheduler_.put_back(m, g);
}

// ---- runtime.GC ----

namespace {

// What a goroutine that waits for a cycle leaves behind; lives in its frame.
struct CycleWait {
  Collector* collector;
  uint32_t cycle;
};

}  // namespace

bool Collector::waits_for_cycle(M*, G* g, void* argument) {
  const auto* wait = static_cast<CycleWait*>(argument);
  Collector* self = wait->collector;
  platform::MutexLock lock(self->control_mutex_);
  if (self->cycle_.get() >= wait->cycle && self->phase() == Phase::kOff) return false;
  self->waiters_.push_back({g, wait->cycle});
  return true;
}

Task<void> Collector::collect() {
  // A cycle that is going on may have passed by what has died since: a whole new one is needed.
  const uint32_t target = cycle_.get() + 1;
  CycleWait running{this, cycle_.get()};
  if (phase() != Phase::kOff) co_await ParkSystem(WaitReason::kWaitForGcCycle, waits_for_cycle, &running);
  {
    const G* g = co_await sched::self();
    if (cycle_.get() < target) request_cycle(g->m, observe::kGcTriggerForced);
  }
  CycleWait next{this, target};
  co_await ParkSystem(WaitReason::kWaitForGcCycle, waits_for_cycle, &next);
  // The next collection, should one begin meanwhile, has seen to the rest before.
  bool unswept = cycle_.get() == target && heap_.sweep_one();
  while (unswept) {
    co_await sched::checkpoint(sched::costs::kSweepSpan);
    unswept = cycle_.get() == target && heap_.sweep_one();
  }
  bool sweeping = cycle_.get() == target && !heap_.sweep_done();
  while (sweeping) {
    co_await sched::gosched();
    sweeping = cycle_.get() == target && !heap_.sweep_done();
  }
}

// ---- Sweeping in the background ----

bool Collector::sweeper_waits(M*, G* g, void* collector) {
  auto* self = static_cast<Collector*>(collector);
  platform::MutexLock lock(self->control_mutex_);
  if (!self->heap_.sweep_done()) return false;
  self->idle_sweeper_ = g;
  return true;
}

// All is swept. By the sweeper; or, if that has not had a P before the next collection, by the controller: so each collection's sweep is told once, in order.
void Collector::tell_swept(M* m) {
  if (swept_told_ == sweep_cycle_) return;
  swept_told_ = sweep_cycle_;
  scheduler_.emit(m, EventKind::kGcSwept, m->current->id.get(), sweep_cycle_, heap_.pages_freed());
}

Task<void> Collector::sweep_in_background() {
  for (;;) {
    int swept = 0;
    bool more = heap_.sweep_one();
    while (more) {
      if (++swept % kSpansPerSweepBatch == 0 && scheduler_.has_runnable()) {
        co_await sched::goyield();
      } else {
        co_await sched::checkpoint(sched::costs::kSweepSpan);
      }
      more = heap_.sweep_one();
    }
    // Others may be at their last spans; or a collection has come in between, and there is more to sweep (Go: bgsweep).
    if (!heap_.sweep_done()) {
      co_await sched::gosched();
      continue;
    }
    const G* g = co_await sched::self();
    tell_swept(g->m);
    co_await scavenge();
    co_await ParkSystem(WaitReason::kGcSweepWait, sweeper_waits, this);
  }
}

}  // namespace samovar::gc
