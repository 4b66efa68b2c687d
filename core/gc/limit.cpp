// What the collector tells its CPU limiter, and when (gc/cpu_limiter.h): assists and idle marking as they end, and each update what is going on at that moment;
// updates come with assists, and during marking with whoever looks for a worker, 10 ms after the last.
#include "gc/collector.h"

namespace samovar::gc {

using sched::M;

void Collector::count_for_limiter(LimiterEvent::Taken taken) {
  if (taken.kind == LimiterEvent::kAssist) limiter_.add_assist(taken.ns);
  if (taken.kind == LimiterEvent::kIdleMark) limiter_.add_idle(taken.ns);
}

void Collector::gather_for_limiter(void* collector, uint64_t now_ns) {
  auto* self = static_cast<Collector*>(collector);
  // Those of Ps that GOMAXPROCS has taken away hold nothing: whoever marked there has stopped.
  const uint32_t made = self->states_made();
  for (uint32_t i = 0; i < made; ++i) self->count_for_limiter(self->state_of(i).limiter_event.take(now_ns));
  const uint64_t idle = self->scheduler_.idle_ns(now_ns);
  if (idle <= self->idle_seen_ns_) return;  // clocks differ a little: what one has counted another may not have reached
  self->limiter_.add_idle(idle - self->idle_seen_ns_);
  self->idle_seen_ns_ = idle;
}

// GOMAXPROCS has changed, or the run begins. The world is stopped.
void Collector::procs_changed(void* collector, uint64_t now_ns, uint32_t procs) {
  auto* self = static_cast<Collector*>(collector);
  self->earlier_cpu_ns_.set(self->all_cpu_ns(now_ns));
  self->procs_since_ns_.set(now_ns);
  self->procs_now_.set(procs);
  self->limiter_.reset_capacity(now_ns, procs);
}

// GOMAXPROCS, summed over the time from the start until now_ns (Go: sched.totaltime, procresizetime).
uint64_t Collector::all_cpu_ns(uint64_t now_ns) const {
  const uint64_t since = procs_since_ns_.get();
  return earlier_cpu_ns_.get() + (now_ns > since ? now_ns - since : 0) * procs_now_.get();
}

void Collector::update_limiter_if_due(const M* m) {
  if (limiter_.needs_update(m->now_ns)) limiter_.update(m->now_ns);
}

// Who takes memory beyond the limit gives some back first (mheap.go:allocSpan): that is an assist too, and ends like those.
void Collector::give_back_within_allocation(M* m, uint64_t limit, MemoryFigures* now) {
  if (now->mapped_ready <= limit || limiter_.limiting()) return;
  auto& state = *static_cast<ProcState*>(m->p->gc);
  const uint64_t started_ns = scheduler_.now(m);
  state.limiter_event.begin(LimiterEvent::kAssist, started_ns);
  uint32_t below = heap::Heap::kTop;
  give_back_beyond(m, limit, kUnlimited, &below, now);
  const uint64_t ended_ns = scheduler_.now(m);
  count_for_limiter(state.limiter_event.end(ended_ns));
  scavenge_assist_ns_.fetch_add(ended_ns - started_ns, std::memory_order_relaxed);  // relaxed: a figure
}

}  // namespace samovar::gc
