// Allocation as goroutines see it, and what others ask of the collector.
#include "gc/collector.h"

#include <algorithm>

#include "gc/worker.h"
#include "sched/costs.h"
#include "sched/driver.h"
#include "sched/ops.h"

namespace samovar::gc {

using sched::G;
using sched::M;

Collector::Collector(sched::Scheduler& scheduler, const CollectorOptions& options)
    : scheduler_(scheduler),
      options_(options),
      heap_({.arena_bytes = options.arena_bytes, .poison = options.poison, .inline_marks = options.marker == MarkerKind::kGreenTea}),
      marker_(heap_, options.marker),
      pacer_(options.pacing),
      new_settings_(options.pacing) {
  if (!heap_.ok()) return;
  heap_.install({.context = this, .due = special_due});
  limiter_.install(this, gather_for_limiter);
  scheduler.install({.context = this,
                     .find_worker = find_worker,
                     .find_idle_worker = find_idle_worker,
                     .has_idle_work = has_idle_work,
                     .holds_back = holds_back,
                     .before_run = before_run,
                     .assist_wait = assist_waits,
                     .goroutine_exit = goroutine_exits,
                     .begin = begin,
                     .proc_state = proc_state_of,
                     .proc_destroyed = proc_destroyed,
                     .procs_changed = procs_changed,
                     .hold_cycles = hold_cycles,
                     .in_cycle = [](void* collector) { return static_cast<Collector*>(collector)->phase() != Phase::kOff; },
                     .force_due = force_due,
                     .force = force});
}

Collector::~Collector() {
  if (phase() != Phase::kOff) marking_collectors.fetch_sub(1);  // the run was cut short while it was marking
  for (heap::Special* special : due_) heap_.release(special);
  for (heap::Special* special : running_) heap_.release(special);
}

// ---- Ps ----

void* Collector::proc_state_of(void* collector, uint32_t p) {
  auto* self = static_cast<Collector*>(collector);
  auto& slot = self->states_[p];
  if (slot == nullptr) {
    slot = std::make_unique<ProcState>();
    slot->collector = self;
    slot->work.attach(&self->pool_, p, self->scheduler_.options().seed * 0x9e3779b97f4a7c15ull + p);
    self->heap_.open(slot->cache);
    slot->marking = self->phase() == Phase::kMark;
    if (slot->marking) self->heap_.begin_black(slot->cache);
    if (p + 1 > self->states_made()) self->states_made_.store(p + 1, std::memory_order_release);  // pairs with states_made()
  }
  return slot.get();
}

ProcState& Collector::state_of(uint32_t p) { return *states_[p]; }

// What the P had goes where others find it. The world is stopped.
void Collector::proc_destroyed(void* collector, sched::P* p) {
  auto* self = static_cast<Collector*>(collector);
  auto& state = *static_cast<ProcState*>(p->gc);
  self->flush_barrier(state);
  state.work.flush();
  self->heap_.flush(state.cache);
}

// The run begins: the goroutines that Go's runtime has too, with the ids that they have there.
void Collector::begin(void* collector, M* m) {
  auto* self = static_cast<Collector*>(collector);
  sched::Scheduler& scheduler = self->scheduler_;
  scheduler.set_collecting(self->options_.stress);
  self->idle_controller_ = scheduler.spawn_system(m, "runtime.gc", self->control(), 2, true, sched::WaitReason::kForceGcIdle);
  self->idle_sweeper_ = scheduler.spawn_system(m, "runtime.bgsweep", self->sweep_in_background(), 3, true, sched::WaitReason::kGcSweepWait);
  self->idle_forcer_ = scheduler.spawn_system(m, "runtime.forcegc", self->wake_controller(), 4, true, sched::WaitReason::kForceGcIdle);
  self->idle_finalizer_ = scheduler.spawn_system(m, "runtime.finalizers", self->run_finalizers(), 5, true, sched::WaitReason::kFinalizerWait);
}

// ---- Allocation ----

void* Collector::allocate(size_t bytes, const heap::Type* type) {
  M* m = sched::current().m;
  auto& state = *static_cast<ProcState*>(m->p->gc);
  charge(m, state, bytes, type);
  return allocate_charged(m, state, bytes, type);
}

void* Collector::allocate_charged(M* m, ProcState& state, size_t bytes, const heap::Type* type) {
  bool refilled = false;
  void* object = heap_.allocate(state.cache, bytes, type, &refilled);
  if (object == nullptr) [[unlikely]] return out_of_memory(m, bytes);
  if (refilled) [[unlikely]] {
    largest_.note(bytes);
    after_refill(m);
  }
  return object;
}

void* Collector::out_of_memory(M* m, size_t bytes) {
  // What is in use need not be alive; but an allocation cannot wait for a collection, and what it could do by itself, sweeping, has been done.
  const uint64_t live = heap_.live_bytes();
  const uint64_t marked = pacer_.heap_marked();
  const std::string text = "runtime: out of memory: cannot allocate " + std::to_string(bytes) + "-byte block (" + std::to_string(heap_.pages_in_use() * heap::kPageBytes) + " of " +
                           std::to_string(heap_.budget_bytes()) + " in use, " + std::to_string(live > marked ? live - marked : 0) +
                           " of it since the last collection; an allocation cannot wait for the next)";
  scheduler_.fail_running(m->current, text.c_str());
  if (void* boat = heap_.allocate_lifeboat(bytes)) return boat;
  __builtin_trap();  // nothing to go on with, and no way back
}

// A span was taken: heap live has grown, so it is time to look whether a collection is due. In Go it begins within this very allocation; here the goroutine waits
// at its next safe point until it has begun (assist_waits): the controller may have been stolen by an M that the machine is slow to wake.
void Collector::after_refill(M* m) {
  MemoryFigures memory = memory_figures();
  const uint64_t limit = pacer_.settings().memory_limit;
  if (limit != kUnlimited) give_back_within_allocation(m, limit, &memory);
  const uint64_t live = heap_.live_bytes();
  if (phase() == Phase::kMark) {
    pacer_.revise(live, heap_.scan_bytes(), memory);
  } else if (live >= pacer_.trigger(memory)) {
    request_cycle_unless_pending(m);
    m->current->attention.fetch_or(sched::kAttentionAssist);
  }
  if (short_of_room()) [[unlikely]] {
    request_cycle_unless_pending(m);
    crowded(cycle_.get() + 1);
    m->current->attention.fetch_or(sched::kAttentionAssist);
  }
}

// From now until cycle `until` has ended no goroutine of the program begins to run: each that runs would take a span before it is told to wait, and there may be
// a thousand of them.
void Collector::crowded(uint32_t until) {
  if (crowded_until_.load(std::memory_order_relaxed) == until) return;  // relaxed, here and below: who sees it late runs one goroutine more; the world stops before it changes back
  crowded_until_.store(until, std::memory_order_relaxed);
  scheduler_.set_collecting(true);
}

bool Collector::holds_back(void* collector, M*, G* g) {
  auto* self = static_cast<Collector*>(collector);
  if (g->system || self->crowded_until_.load(std::memory_order_relaxed) == 0) return false;
  platform::MutexLock lock(self->control_mutex_);
  self->held_back_.push_back(g);
  return true;
}

// Whether so little of the arena is left that nobody should take more before the garbage is gone, if there can be any: half the headroom that the pacer
// keeps, and a part of that has been allocated since the last collection. Then goroutines that take spans wait at their next suspension until a collection has
// ended (assist_waits), and others do not begin to run (holds_back); what those on Ps allocate on their way there has the other half. With many Ps, or large
// objects, that needs more: for each P some spans, or one object like the largest of late, as far as that leaves most of the arena. When nothing has been allocated
// since, what is there lives, and they go on until it is full.
bool Collector::short_of_room() const {
  const uint64_t budget = heap_.budget_bytes();
  constexpr uint64_t kSpans = 8;  // a goroutine takes before it comes to a safe point, one a size class
  const uint64_t large = largest_.bytes();
  const uint64_t of_p = std::max(large, kSpans * heap::kPageBytes);
  const uint64_t reserve = std::max({Pacer::headroom(budget) / 2, large, std::min(of_p * scheduler_.procs(), budget / 8)});
  if (heap_.pages_left() * heap::kPageBytes >= reserve) return false;
  const uint64_t found = found_alive_.get();
  if (heap_.sweep_done()) return heap_.live_bytes() >= found + reserve / 4;
  // While sweeping goes on, what it will free is room too; but whoever sweeps the last spans may have been put aside by the machine. So nobody takes more than
  // half of what there can be: the largest of late may be larger than that.
  return heap_.live_bytes() >= found + std::min(reserve, (budget - std::min(found, budget)) / 2);
}

// For the memory limit. Nothing but the budget is read while there is none.
MemoryFigures Collector::memory_figures() const {
  if (pacer_.settings().memory_limit == kUnlimited) return {.budget = heap_.budget_bytes()};
  return measured_memory();
}

MemoryFigures Collector::measured_memory() const {
  const heap::HeapFigures now = heap_figures();
  MemoryFigures out;
  out.budget = heap_.budget_bytes();
  out.heap_free = now.free_bytes;
  out.heap_alloc = now.object_bytes();
  out.mapped_ready = now.in_use_bytes + now.free_bytes;
  return out;
}

void Collector::request_cycle(M* m, observe::GcTrigger why) {
  G* wake = nullptr;
  {
    platform::MutexLock lock(control_mutex_);
    if (!requested_ || why == observe::kGcTriggerForced) requested_why_ = why;
    requested_ = true;
    request_pending_.store(true, std::memory_order_relaxed);  // relaxed: a hint; the lock orders the rest
    wake = std::exchange(idle_controller_, nullptr);
  }
  if (wake == nullptr) return;
  scheduler_.ready(m, wake);
  if (m->current != nullptr) m->current->attention.fetch_or(sched::kAttentionPreempt);
}

void Collector::request_cycle_unless_pending(M* m) {
  if (!request_pending_.load(std::memory_order_relaxed)) request_cycle(m, observe::kGcTriggerHeap);  // relaxed: a hint
}

void Collector::hold_cycles(void* collector, bool hold) {
  auto* self = static_cast<Collector*>(collector);
  if (hold) {
    self->holds_.fetch_add(1);
  } else {
    self->holds_.fetch_sub(1);
  }
}

bool Collector::force_due(void* collector, uint64_t now_ns) {
  constexpr uint64_t kForcePeriodNs = 120'000'000'000;  // forcegcperiod: two minutes
  auto* self = static_cast<Collector*>(collector);
  if (self->phase() != Phase::kOff) return false;
  {
    platform::MutexLock lock(self->control_mutex_);
    if (self->settings_requested_ && self->idle_controller_ != nullptr && self->idle_forcer_ != nullptr) return true;
  }
  if (self->pacer_.settings().gogc < 0) return false;
  platform::MutexLock lock(self->records_mutex_);
  return self->totals_.cycles > 0 && now_ns > self->totals_.last_end_ns + kForcePeriodNs;
}

// What sysmon makes runnable goes to the global queue's end, and may stand there for a while. So it is not the controller, which an allocation may want at
// once, but a goroutine that wakes it (Go: forcegchelper).
G* Collector::force(void* collector) {
  auto* self = static_cast<Collector*>(collector);
  platform::MutexLock lock(self->control_mutex_);
  if (!self->settings_requested_) {
    self->requested_ = true;
    self->requested_why_ = observe::kGcTriggerTime;
  }
  return std::exchange(self->idle_forcer_, nullptr);
}

void Collector::request_settings(const PacerSettings& settings) {
  {
    platform::MutexLock lock(control_mutex_);
    new_settings_ = settings;
    settings_requested_ = true;
  }
  scheduler_.wake_sysmon();  // which, with all Ps idle, might else sleep for half a second
}

PacerSettings Collector::settings() const {
  platform::MutexLock lock(control_mutex_);
  return new_settings_;
}

// ---- Write barrier ----

void shade(uintptr_t old_value, uintptr_t new_value) {
  const sched::Current& here = sched::current();
  if (here.m == nullptr || here.m->p == nullptr || here.m->p->gc == nullptr) return;
  auto& state = *static_cast<ProcState*>(here.m->p->gc);
  if (state.marking) state.collector->shade(state, old_value, new_value);
}

void Collector::shade(ProcState& state, uintptr_t old_value, uintptr_t new_value) {
  BarrierBuffer& buffer = state.barrier;
  if (buffer.count + 2 > BarrierBuffer::kCapacity) flush_barrier(state);
  if (old_value != 0) buffer.entries[buffer.count++] = old_value;
  if (new_value != 0) buffer.entries[buffer.count++] = new_value;
}

void Collector::flush_barrier(ProcState& state) {
  marker_.mark(state.work, state.barrier.entries, state.barrier.count);
  state.barrier.count = 0;
}

// ---- Figures ----

heap::HeapFigures Collector::heap_figures() const {
  std::vector<const heap::Cache*> caches;
  const uint32_t made = states_made();
  for (uint32_t i = 0; i < made; ++i) caches.push_back(&states_[i]->cache);
  return heap_.figures(caches);
}

CollectorFigures Collector::figures() const {
  CollectorFigures out;
  {
    platform::MutexLock lock(records_mutex_);
    out = totals_;
  }
  out.scavenge_assist_ns = scavenge_assist_ns_.load(std::memory_order_relaxed);  // relaxed, here and below: figures
  out.scavenge_background_ns = scavenge_background_ns_.load(std::memory_order_relaxed);
  out.finalizers_queued = finalizers_queued_.load(std::memory_order_relaxed);
  out.finalizers_executed = finalizers_executed_.load(std::memory_order_relaxed);
  out.cleanups_queued = cleanups_queued_.load(std::memory_order_relaxed);
  out.cleanups_executed = cleanups_executed_.load(std::memory_order_relaxed);
  return out;
}

CycleRecord Collector::last_cycle() const {
  platform::MutexLock lock(records_mutex_);
  if (records_.empty()) return {};
  return records_[(oldest_record_ + records_.size() - 1) % records_.size()];
}

std::vector<CycleRecord> Collector::cycles(uint32_t after) const {
  platform::MutexLock lock(records_mutex_);
  std::vector<CycleRecord> out;
  for (size_t i = 0; i < records_.size(); ++i) {
    const CycleRecord& record = records_[(oldest_record_ + i) % records_.size()];
    if (record.cycle > after) out.push_back(record);
  }
  return out;
}

}  // namespace samovar::gc
