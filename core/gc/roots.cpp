// Roots (Go: markroot): what is known to live without anybody referring to it from the heap.
//
// Three kinds of jobs, which whoever marks takes one after another from a counter: the Roots; what finalizers will need; the goroutines, a slab of 64 each.
// A goroutine's roots are its Locals. G::gc_scan says how far they are in this cycle, 2 * cycle: somebody is at it; 2 * cycle + 1: done.
#include <algorithm>

#include "gc/collector.h"
#include "sched/driver.h"

namespace samovar::gc {

using sched::G;
using sched::M;

namespace {
constexpr uint32_t kGlobalsJob = 0;
constexpr uint32_t kSpecialsJob = 1;
constexpr uint32_t kFirstSlabJob = 2;
}  // namespace

void Collector::prepare_roots() {
  root_jobs_.set(kFirstSlabJob + scheduler_.goroutine_slabs());
  next_root_.store(0, std::memory_order_relaxed);  // relaxed: the world is stopped
}

// What it has scanned is added to *done, bytes. False if none is left.
bool Collector::take_root_job(ProcState& state, int64_t* done) {
  if (!roots_left()) return false;
  const uint32_t job = next_root_.fetch_add(1, std::memory_order_relaxed);  // relaxed: whoever draws a number does the job
  if (job >= root_jobs_.get()) return false;
  if (job == kGlobalsJob) {
    *done += mark_globals(state);
  } else if (job == kSpecialsJob) {
    mark_specials(state);
  } else {
    *done += mark_goroutines(state, job - kFirstSlabJob);
  }
  return true;
}

int64_t Collector::mark_globals(ProcState& state) {
  platform::MutexLock lock(roots_mutex_);
  for (const RootBase* root = roots_; root != nullptr; root = root->next_) marker_.mark(state.work, root->value());
  const uint64_t bytes = roots_count_ * heap::kSlotBytes;
  pacer_.globals_work.fetch_add(static_cast<int64_t>(bytes), std::memory_order_relaxed);  // relaxed: a figure
  pacer_.set_globals(bytes);
  return static_cast<int64_t>(bytes);
}

// What an object with a finalizer refers to must be there when that runs, though the object itself may be dead; objects whose finalizers are due are kept whole.
void Collector::mark_specials(ProcState& state) {
  struct Visit {
    Collector* collector;
    Work* work;
  } visit{this, &state.work};
  heap_.for_each_special([](void* context, heap::Special* special) {
    auto* v = static_cast<Visit*>(context);
    if (special->kind == heap::SpecialKind::kFinalizer) v->collector->marker_.mark_referents(*v->work, special->object);
  }, &visit);
  platform::MutexLock lock(due_mutex_);
  for (const auto* queue : {&due_, &running_}) {
    for (const heap::Special* special : *queue) {
      if (special->kind == heap::SpecialKind::kFinalizer) marker_.mark(state.work, special->object);
    }
  }
}

// Each goroutine is worth a slot more than it has Locals: one without any has to be looked at, too, and there may be a million of those.
int64_t Collector::mark_goroutines(ProcState& state, uint32_t slab) {
  struct Visit {
    Collector* collector;
    ProcState* state;
    int64_t done;
  } visit{this, &state, 0};
  scheduler_.for_each_goroutine_of_slab(slab, [](void* context, G* g) {
    auto* v = static_cast<Visit*>(context);
    v->done += heap::kSlotBytes + v->collector->scan_goroutine(*v->state, g);
  }, &visit);
  return visit.done;
}

// Gives the bytes of its Locals; 0 if somebody else has looked at them, or is at it.
int64_t Collector::scan_goroutine(ProcState& state, G* g) {
  const uint32_t at_it = cycle_.get() * 2;
  uint32_t seen = g->gc_scan.load(std::memory_order_acquire);  // pairs with the store below
  if (seen == at_it || seen == at_it + 1) return 0;
  if (!g->gc_scan.compare_exchange_strong(seen, at_it, std::memory_order_acq_rel)) return 0;  // pairs with itself and the store below
  int64_t bytes = 0;
  for (auto* local = static_cast<LocalBase*>(g->gc_roots); local != nullptr; local = local->next()) {
    marker_.mark(state.work, local->value());
    bytes += heap::kSlotBytes;
  }
  if (bytes > 0) pacer_.stack_work.fetch_add(bytes, std::memory_order_relaxed);  // relaxed: a figure
  g->gc_scan.store(at_it + 1, std::memory_order_release);  // pairs with the load above
  return bytes;
}

// g is about to run: from then on its Locals change without a barrier, so they must have been looked at.
void Collector::before_run(void* collector, M* m, G* g) {
  auto* self = static_cast<Collector*>(collector);
  const uint32_t done = self->cycle_.get() * 2 + 1;
  if (self->phase() != Phase::kMark) {
    // Outside of marking this is asked only in stress mode, or while the arena is crowded.
    self->request_cycle_unless_pending(m);
    return;
  }
  if (g->gc_scan.load(std::memory_order_acquire) == done) return;  // pairs with scan_goroutine()
  self->scan_goroutine(*static_cast<ProcState*>(m->p->gc), g);
  while (g->gc_scan.load(std::memory_order_acquire) != done) platform::cpu_pause();  // a worker is just walking its list
}

// ---- The list of Roots ----

void Collector::link(RootBase* root) {
  platform::MutexLock lock(roots_mutex_);
  root->next_ = roots_;
  if (roots_ != nullptr) roots_->previous_ = root;
  roots_ = root;
  ++roots_count_;
}

void Collector::unlink(RootBase* root) {
  platform::MutexLock lock(roots_mutex_);
  if (root->previous_ != nullptr) {
    root->previous_->next_ = root->next_;
  } else {
    roots_ = root->next_;
  }
  if (root->next_ != nullptr) root->next_->previous_ = root->previous_;
  --roots_count_;
}

RootBase::RootBase(uintptr_t value) : collector_(proc_state().collector) {
  if (barrier_may_be_on()) [[unlikely]] shade(0, value);
  value_.publish(value);
  collector_->link(this);
}

// What it held may be in a Local of a goroutine that has been looked at already: as with every store the old value is shaded.
RootBase::~RootBase() {
  if (barrier_may_be_on()) [[unlikely]] shade(value_.get(), 0);
  collector_->unlink(this);
}

}  // namespace samovar::gc
