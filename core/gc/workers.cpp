// Mark workers (Go: gcBgMarkWorker): goroutines of the runtime's own that the scheduling loop takes when a P is due for one.
//
//   dedicated   keeps its P until marking is over; only a stop of the world or a ragged barrier gets it away, and then it comes first again
//   fractional  has its share of the P's time (a quarter with one P), then leaves
//   idle        runs where nothing else would, and leaves when something comes
#include <algorithm>
#include <utility>

#include "gc/park.h"
#include "gc/worker.h"
#include "sched/costs.h"
#include "sched/driver.h"
#include "sched/ops.h"

namespace samovar::gc {

using sched::G;
using sched::M;
using sched::Task;

namespace {
constexpr double kFractionalSlack = 1.2;  // a fractional worker leaves when it has had so much of its share
}  // namespace

// Is there anything that this P could mark? A guess.
bool Collector::has_work(const ProcState& state) const {
  return !state.work.empty() || state.barrier.count != 0 || roots_left() || pool_.has_shared();
}

bool Collector::has_idle_work(void* collector) {
  auto* self = static_cast<Collector*>(collector);
  return self->phase() == Phase::kMark && (self->roots_left() || self->pool_.has_shared()) &&
         self->idle_running_.load(std::memory_order_relaxed) < static_cast<int32_t>(self->pacer_.idle_workers());  // relaxed: a figure
}

// Marks for `budget` bytes of scan work, or as much as drain() does at a time, or does one root job; what has been done, roots included, is added to *done. False when nothing is left that this P
// could take. For whoever is counted in active_.
bool Collector::mark_some(M* m, ProcState& state, int64_t budget, Roots roots, int64_t* done) {
  int64_t of_roots = 0;
  bool exhausted = false;
  if (roots == Roots::kLast || !take_root_job(state, &of_roots)) {
    marker_.drain(state.work, budget, roots == Roots::kLast ? Steals::kNo : Steals::kYes, &exhausted);
    if (exhausted && state.barrier.count != 0) {
      flush_barrier(state);
      exhausted = state.work.empty();
    }
    if (exhausted && roots == Roots::kLast) {
      exhausted = false;
      if (!take_root_job(state, &of_roots)) marker_.drain(state.work, budget, Steals::kYes, &exhausted);
    }
  }
  const int64_t work = std::exchange(state.work.scan_work, 0);
  const int64_t walked = std::exchange(state.work.bytes_walked, 0) + of_roots;
  pacer_.heap_work.fetch_add(work, std::memory_order_relaxed);  // relaxed: a figure
  *done += work + of_roots;
  m->charge(static_cast<uint64_t>(walked) / sched::costs::kMarkedBytesPerNs + sched::costs::kMarkQuantum);
  if (std::exchange(state.work.published, false)) scheduler_.wake_for_work(m);
  return !exhausted;
}

// Somebody has stopped marking. The last one, if nothing is left to take, lets the controller look whether it is over.
void Collector::leave_marking(M* m) {
  if (active_.fetch_sub(1) != 1 || roots_left() || pool_.has_shared()) return;
  G* wake = nullptr;
  {
    platform::MutexLock lock(control_mutex_);
    marks_may_be_done_ = true;
    wake = std::exchange(marking_controller_, nullptr);
  }
  if (wake == nullptr) return;
  scheduler_.ready(m, wake);
  // An assist: in Go it ends marking itself, within its allocation. Here its goroutine makes room for the controller, which is next on this P.
  if (m->current != nullptr && !m->current->system) m->current->attention.fetch_or(sched::kAttentionPreempt);
}

// ---- Which P gets one ----

G* Collector::take_worker(M* m, WorkerMode mode) {
  Worker* worker;
  {
    platform::MutexLock lock(workers_mutex_);
    worker = idle_workers_;
    if (worker == nullptr) return nullptr;
    idle_workers_ = worker->next;
  }
  worker->mode = mode;
  worker->g->ready_at_ns = m->now_ns;
  scheduler_.emit(m, observe::EventKind::kGoReady, worker->g->id.get());  // traceGoUnpark, in Go too
  return worker->g;
}

// findRunnableGCWorker
G* Collector::find_worker(void* collector, M* m) {
  auto* self = static_cast<Collector*>(collector);
  if (self->phase() != Phase::kMark) return nullptr;
  self->update_limiter_if_due(m);
  auto& state = *static_cast<ProcState*>(m->p->gc);
  if (!self->has_work(state)) return nullptr;
  int32_t needed = self->dedicated_needed_.load(std::memory_order_relaxed);  // relaxed: the exchange decides
  while (needed > 0) {
    if (!self->dedicated_needed_.compare_exchange_weak(needed, needed - 1, std::memory_order_relaxed)) continue;
    if (G* g = self->take_worker(m, WorkerMode::kDedicated)) return g;
    self->dedicated_needed_.fetch_add(1, std::memory_order_relaxed);
    return nullptr;
  }
  const double share = self->pacer_.fractional_goal();
  if (share == 0) return nullptr;
  const uint64_t passed = m->now_ns > self->record_.mark_ns ? m->now_ns - self->record_.mark_ns : 0;
  if (passed > 0 && static_cast<double>(state.fractional_ns) > share * static_cast<double>(passed)) return nullptr;
  return self->take_worker(m, WorkerMode::kFractional);
}

// findRunnable's idle-priority marking
G* Collector::find_idle_worker(void* collector, M* m) {
  auto* self = static_cast<Collector*>(collector);
  if (self->phase() != Phase::kMark || !self->has_work(*static_cast<ProcState*>(m->p->gc))) return nullptr;
  const auto most = static_cast<int32_t>(self->pacer_.idle_workers());
  int32_t running = self->idle_running_.load(std::memory_order_relaxed);  // relaxed: the exchange decides
  while (running < most) {
    if (!self->idle_running_.compare_exchange_weak(running, running + 1, std::memory_order_relaxed)) continue;
    if (G* g = self->take_worker(m, WorkerMode::kIdle)) return g;
    self->idle_running_.fetch_sub(1, std::memory_order_relaxed);
    return nullptr;
  }
  return nullptr;
}

// ---- One worker ----

// gcBgMarkStartWorkers: as many workers as Ps; once made they stay. Each is there to be taken at once: one that first had to come to the head of a queue would
// find a whole collection's work done by assists.
void Collector::make_workers(M* m) {
  while (workers_.size() < scheduler_.procs()) {
    auto worker = std::make_unique<Worker>();
    worker->collector = this;
    worker->g = scheduler_.spawn_system(m, "runtime.gcBgMarkWorker", work_in_background(worker.get()), 0, true, sched::WaitReason::kGcWorkerIdle);
    if (worker->g == nullptr) return;
    worker->g->gc_worker = true;
    worker_parks(m, worker->g, worker.get());
    workers_.push_back(std::move(worker));
  }
}

// It has stopped: from here on it may be taken again.
bool Collector::worker_parks(M*, G*, void* argument) {
  auto* worker = static_cast<Worker*>(argument);
  Collector* self = worker->collector;
  platform::MutexLock lock(self->workers_mutex_);
  worker->next = self->idle_workers_;
  self->idle_workers_ = worker;
  return true;
}

// Whether a worker that still has something to do goes on on its P.
bool Collector::worker_continues(M* m, G* g, Worker* worker) {
  const uint32_t attention = g->attention.load(std::memory_order_relaxed);  // relaxed: a request to be noticed soon
  if (scheduler_.must_stop(m)) return false;
  switch (worker->mode) {
    case WorkerMode::kDedicated:
      if ((attention & sched::kAttentionPreempt) != 0) {
        // Its slice is over. It keeps the P, so what waits for that must find another.
        g->attention.fetch_and(~static_cast<uint32_t>(sched::kAttentionPreempt));
        if (!std::exchange(worker->queue_given_away, true)) scheduler_.give_away_queue(m);
      }
      return true;
    case WorkerMode::kFractional: {
      if ((attention & sched::kAttentionPreempt) != 0) return false;
      const uint64_t now = scheduler_.now(m);
      const auto& state = *static_cast<ProcState*>(m->p->gc);
      const uint64_t had = state.fractional_ns + (now - worker->started_ns);
      const uint64_t passed = now > record_.mark_ns ? now - record_.mark_ns : 0;
      return static_cast<double>(had) <= kFractionalSlack * pacer_.fractional_goal() * static_cast<double>(passed);
    }
    case WorkerMode::kIdle:
      return (attention & sched::kAttentionPreempt) == 0 && !scheduler_.has_runnable();
  }
  return false;
}

// Made parked: begins when it is taken for the first time.
Task<void> Collector::work_in_background(Worker* worker) {
  for (;;) {
    G* g = co_await sched::self();
    worker->started_ns = scheduler_.now(g->m);
    worker->queue_given_away = false;
    if (worker->mode == WorkerMode::kIdle) static_cast<ProcState*>(g->m->p->gc)->limiter_event.begin(LimiterEvent::kIdleMark, worker->started_ns);
    active_.fetch_add(1);
    bool more = true;
    bool stays = true;
    while (more && stays) {
      M* m = g->m;
      int64_t done = 0;
      more = mark_some(m, *static_cast<ProcState*>(m->p->gc), Marker::kQuantum, Roots::kFirst, &done);
      if (done > 0) add_credit(m, done);
      stays = worker_continues(m, g, worker);
      co_await CatchUp();
    }
    M* m = g->m;
    auto& state = *static_cast<ProcState*>(m->p->gc);
    const uint64_t took = scheduler_.now(m) - worker->started_ns;
    switch (worker->mode) {
      case WorkerMode::kDedicated:
        pacer_.dedicated_ns.fetch_add(took, std::memory_order_relaxed);  // relaxed, here and below: figures
        dedicated_needed_.fetch_add(1, std::memory_order_relaxed);
        break;
      case WorkerMode::kFractional:
        pacer_.fractional_ns.fetch_add(took, std::memory_order_relaxed);
        state.fractional_ns += took;
        break;
      case WorkerMode::kIdle:
        pacer_.idle_ns.fetch_add(took, std::memory_order_relaxed);
        count_for_limiter(state.limiter_event.end(worker->started_ns + took));
        idle_running_.fetch_sub(1, std::memory_order_relaxed);
        break;
    }
    leave_marking(m);
    co_await ParkSystem(sched::WaitReason::kGcWorkerIdle, worker_parks, worker);
  }
}

}  // namespace samovar::gc
