#include "experiments/live_block.h"

#include <algorithm>

#include "experiments/heap_map.h"
#include "experiments/run.h"
#include "sched/scheduler.h"

namespace samovar::experiments {
namespace {

enum : uint64_t { kIdle = 0, kRunning = 1, kInCall = 2, kStopped = 3, kDead = 4 };
enum : uint64_t { kMUnused = 0, kMRunning = 1, kMSpinning = 2, kMParked = 3, kMInCall = 4, kMStopping = 5 };

uint64_t state_of(const sched::P& p) {
  switch (p.status.get()) {
    case sched::PStatus::kIdle: return kIdle;
    case sched::PStatus::kRunning: return p.in_call.load(std::memory_order_relaxed) != 0 ? kInCall : kRunning;  // relaxed: a figure
    case sched::PStatus::kGcStop: return kStopped;
    case sched::PStatus::kDead: return kDead;
  }
  return kIdle;
}

uint64_t state_of(const sched::M& m) {
  switch (m.phase.get()) {
    case sched::MPhase::kRunning:
    case sched::MPhase::kInGoroutine: return kMRunning;
    case sched::MPhase::kBackoff: return kMSpinning;
    case sched::MPhase::kUnused:
    case sched::MPhase::kParked:
    case sched::MPhase::kPolling:
    case sched::MPhase::kExited: return kMParked;
    case sched::MPhase::kCall: return kMInCall;
    case sched::MPhase::kStopping: return kMStopping;
  }
  return kMUnused;
}

uint64_t id_of(const sched::G* g) { return g != nullptr ? g->id.get() : 0; }

}  // namespace

void LiveBlock::sample(Run* run, uint64_t status, uint64_t number) {
  uint64_t* head = line(0);
  head[1] = status;
  head[2] = number;
  if (run == nullptr) return;
  sched::Scheduler& scheduler = run->scheduler();
  const uint32_t procs = scheduler.procs();
  const uint32_t threads = std::min<uint32_t>(scheduler.thread_count(), kThreads);
  head[3] = scheduler.elapsed_ns();
  head[4] = scheduler.heartbeat();
  head[5] = procs;
  head[6] = threads;
  head[7] = scheduler.global_queue_size();
  uint64_t* totals = line(1);
  const RunSignals& signals = run->signals();
  totals[0] = signals.progress_done.load(std::memory_order_relaxed);  // relaxed, here and below: figures
  totals[1] = signals.progress_total.load(std::memory_order_relaxed);
  totals[2] = scheduler.goroutines();
  totals[3] = scheduler.goroutines_created();
  totals[4] = scheduler.idle_procs();
  totals[5] = scheduler.spinning();
  totals[6] = signals.work.load(std::memory_order_relaxed);
  totals[7] = scheduler.log().dropped();

  sample_heap(run->collector());

  for (uint32_t i = 0; i < threads; ++i) {
    uint64_t* words = line(kHeaderLines + kProcs + i);
    words[0] = state_of(scheduler.thread(i));
    words[1] = words[2] = 0;
  }
  for (uint32_t i = 0; i < procs; ++i) {
    const sched::P& p = scheduler.proc(i);
    const int32_t holder = p.holder.get();
    const uint64_t g = id_of(p.running.look());
    const uint64_t since = p.busy_since_ns.get();
    uint64_t* words = line(kHeaderLines + i);
    words[0] = state_of(p);
    words[1] = static_cast<uint64_t>(holder + 1);
    words[2] = g;
    words[3] = p.queue.size() | (p.queue.has_next() ? uint64_t{1} << 32 : 0);
    words[4] = p.schedtick.get();
    words[5] = (p.steals.get() << 32) | (p.stolen.get() & 0xffffffffu);
    words[6] = p.stolen_from.load(std::memory_order_relaxed);
    words[7] = p.busy_ns.get() + (since != 0 && head[3] > since ? head[3] - since : 0);
    if (holder < 0 || static_cast<uint32_t>(holder) >= threads) continue;
    uint64_t* thread = line(kHeaderLines + kProcs + static_cast<size_t>(holder));
    thread[1] = i + 1;
    thread[2] = g;
    // An M that holds a P and runs nothing is looking for work.
    if (g == 0 && thread[0] == kMRunning) thread[0] = kMSpinning;
  }
}

void LiveBlock::sample_heap(const gc::Collector* collector) {
  uint64_t* state = line(kHeaderLines + kProcs + kThreads);
  state[0] = 0;
  if (collector == nullptr) return;
  const heap::HeapFigures heap = collector->heap_figures();
  const gc::CollectorFigures figures = collector->figures();
  const gc::PacerSettings settings = collector->pacer().settings();
  state[0] = phase_word(*collector);
  state[1] = collector->cycle();
  state[2] = collector->heap().live_bytes();
  state[3] = collector->goal();
  state[4] = collector->trigger();
  state[5] = heap.in_use_bytes;
  state[6] = settings.memory_limit;
  state[7] = collector->pacer().heap_marked();
  uint64_t* totals = state + kLineWords;
  totals[0] = heap.allocated_bytes;
  totals[1] = heap.allocated_objects;
  totals[2] = heap.freed_bytes;
  totals[3] = heap.freed_objects;
  totals[4] = static_cast<uint64_t>(settings.gogc);
  totals[5] = heap.budget_bytes;
  totals[6] = heap.object_bytes();
  totals[7] = heap.in_use_bytes + heap.free_bytes;
  uint64_t* work = totals + kLineWords;
  work[0] = figures.assist_ns;
  work[1] = figures.dedicated_ns;
  work[2] = figures.idle_ns;
  work[3] = figures.pause_ns;
  work[4] = collector->assist_waiters();
  work[5] = figures.finalizers_queued + figures.cleanups_queued;
  work[6] = figures.finalizers_executed + figures.cleanups_executed;
  work[7] = figures.forced;
}

}  // namespace samovar::experiments
