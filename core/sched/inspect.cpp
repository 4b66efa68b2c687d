// What observers see of a scheduler: figures, snapshots, goroutine dumps, /sched metrics.
#include "sched/inspect.h"

#include <algorithm>

#include "observe/metrics.h"
#include "observe/schedtrace.h"
#include "platform/clock.h"
#include "sched/scheduler.h"

namespace samovar::sched {

uint64_t Scheduler::elapsed_ns() const {
  if (const uint64_t end = end_ns_.load()) return end;
  if (state() == RunState::kIdle) return 0;
  return virtual_time_ ? virtual_now_ns_.get() : platform::now_ns() - start_ns_;
}

uint64_t Scheduler::goroutines_created() const {
  uint64_t sum = created_elsewhere_.get();
  for (uint32_t i = 0; i < made_procs(); ++i) sum += all_p_[i]->created.get();
  return sum;
}

uint64_t Scheduler::goroutines() const {
  uint64_t ended = 0;
  for (uint32_t i = 0; i < made_procs(); ++i) ended += all_p_[i]->ended.get();
  const uint64_t created = goroutines_created();
  return created > ended ? created - ended : 0;
}

uint64_t Scheduler::num_goroutine() const {
  const uint64_t all = goroutines();
  const uint64_t system = system_goroutines_.load();
  return all > system ? all - system : 0;
}

std::vector<std::string> Scheduler::names() const {
  platform::MutexLock lock(mutex_);
  return names_;
}

uint32_t Scheduler::threads_started() const {
  platform::MutexLock lock(mutex_);
  return m_count_.load() - threadless_m_count_;
}

size_t Scheduler::goroutine_bytes() const {
  platform::MutexLock lock(mutex_);
  return frames_.reserved_bytes() + g_slabs_.size() * kSlab * sizeof(G);
}

size_t used_goroutine_bytes(const Scheduler& scheduler) {
  const FramePool& pool = scheduler.proc(0).frames.pool();
  size_t free = pool.free_bytes();
  for (uint32_t i = 0; i < scheduler.made_procs(); ++i) free += scheduler.proc(i).frames.free_bytes();
  return pool.made_bytes() - free + scheduler.goroutines() * sizeof(G);
}

void Scheduler::collect(observe::MetricSet* metrics) {
  uint64_t running = 0;
  uint64_t queued = global_queue_size();
  for (uint32_t i = 0; i < procs(); ++i) {
    const P& p = *all_p_[i];
    if (p.status.get() == PStatus::kRunning && p.in_call.load() == 0 && p.running.look() != nullptr) ++running;
    queued += p.queue.size() + (p.queue.has_next() ? 1 : 0);
  }
  const uint64_t calls = calls_.load(std::memory_order_relaxed);  // relaxed: a figure
  const uint64_t all = goroutines();
  const uint64_t elsewhere = running + queued + calls;
  latencies_ = std::make_unique<observe::TimeHistogram>();
  for (uint32_t i = 0; i < made_procs(); ++i) latencies_->merge(all_p_[i]->latencies);
  if (hooks_.context != nullptr) metrics->set("/gc/pauses:seconds", pauses_total_[1]);  // the name that /sched/pauses/total/gc had before; with a collector only
  metrics->set("/sched/gomaxprocs:threads", uint64_t{procs()});
  metrics->set("/sched/goroutines-created:goroutines", goroutines_created());
  metrics->set("/sched/goroutines/not-in-go:goroutines", calls);
  metrics->set("/sched/goroutines/runnable:goroutines", queued);
  metrics->set("/sched/goroutines/running:goroutines", running);
  metrics->set("/sched/goroutines/waiting:goroutines", all > elsewhere ? all - elsewhere : 0);
  metrics->set("/sched/goroutines:goroutines", all);
  metrics->set("/sched/latencies:seconds", *latencies_);
  metrics->set("/sched/pauses/stopping/gc:seconds", pauses_stopping_[1]);
  metrics->set("/sched/pauses/stopping/other:seconds", pauses_stopping_[0]);
  metrics->set("/sched/pauses/total/gc:seconds", pauses_total_[1]);
  metrics->set("/sched/pauses/total/other:seconds", pauses_total_[0]);
  metrics->set("/sched/threads/total:threads", uint64_t{threads_started()});
  metrics->set("/sync/mutex/wait/total:seconds", static_cast<double>(mutex_wait_ns_.load()) / 1e9);
}

void Scheduler::snapshot(observe::SchedSnapshot* out, bool detail) {
  platform::MutexLock lock(mutex_);
  const uint32_t threads = m_count_.load() - threadless_m_count_;
  *out = {};
  out->time_ns = elapsed_ns();
  out->gomaxprocs = procs();
  out->idleprocs = idle_count_.load();
  out->threads = threads + (virtual_time_ ? 0 : 1);  // sysmon's
  out->spinningthreads = spinning_.load();
  out->needspinning = need_spinning_.load();
  out->idlethreads = idle_m_count_;
  out->runqueue = global_queue_size();
  for (uint32_t i = 0; i < procs(); ++i) {
    const P& p = *all_p_[i];
    const G* running = p.running.look();
    out->procs.push_back({static_cast<uint32_t>(p.status.get()), p.schedtick.get(), p.syscalltick.get(),
                          p.holder.get() >= 0 ? int64_t{p.holder.get()} : observe::kNil, p.queue.size(), p.free_gs.size(),
                          p.timers.size()});
    if (detail && p.holder.get() >= 0 && running != nullptr) {
      out->gs.push_back({static_cast<int64_t>(running->id.get()), static_cast<uint32_t>(running->status.get()),
                         to_string(running->wait_reason.get()), p.holder.get(), observe::kNil});
    }
  }
  out->detail = detail;
  if (!detail) return;
  out->gcwaiting = (attention_.load() & kStopRequested) != 0;
  out->stopwait = static_cast<int32_t>(stop_wait_);
  out->sysmonwait = sysmon_waits_;
  snapshot_threads_locked(out);
  snapshot_goroutines_locked(out);
}

void Scheduler::snapshot_threads_locked(observe::SchedSnapshot* out) const {
  for (uint32_t i = m_count_.load(); i-- > 0;) {
    const MPhase phase = all_m_[i]->phase.get();
    if (phase == MPhase::kExited) continue;  // it never got a thread
    observe::ThreadSnapshot m;
    m.id = i;
    m.blocked = phase == MPhase::kParked || phase == MPhase::kPolling;
    for (uint32_t k = 0; k < procs() && !m.blocked; ++k) {
      if (all_p_[k]->holder.get() != static_cast<int32_t>(i)) continue;
      m.p = k;
      if (const G* g = all_p_[k]->running.look()) m.curg = static_cast<int64_t>(g->id.get());
    }
    if (phase == MPhase::kCall) {  // its P may have been taken from it; the goroutine in the call stays
      m.curg = static_cast<int64_t>(all_m_[i]->call_goroutine.get());
      out->gs.push_back({m.curg, static_cast<uint32_t>(GStatus::kSyscall), {}, i, observe::kNil});
    }
    m.spinning = phase == MPhase::kRunning && m.p != observe::kNil && m.curg == observe::kNil && spinning_.load() > 0;
    out->ms.push_back(m);
  }
}

void Scheduler::snapshot_goroutines_locked(observe::SchedSnapshot* out) const {
  std::vector<observe::GoroutineSnapshot> running;
  running.swap(out->gs);
  for (size_t s = 0; s < g_slabs_.size(); ++s) {
    const uint32_t used = s + 1 == g_slabs_.size() ? slab_used_ : kSlab;
    for (uint32_t i = 0; i < used; ++i) {
      const G& g = g_slabs_[s][i];
      if (g.id.get() == 0) continue;
      observe::GoroutineSnapshot shot{static_cast<int64_t>(g.id.get()), static_cast<uint32_t>(g.status.get()), to_string(g.wait_reason.get()), observe::kNil, observe::kNil};
      for (const auto& on_p : running) {
        if (on_p.id == shot.id) shot.m = on_p.m;
      }
      out->gs.push_back(shot);
    }
  }
  std::sort(out->gs.begin(), out->gs.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
}

std::string Scheduler::describe_goroutine(const G* g, const char* state) const {
  std::string text = "goroutine " + std::to_string(g->id.get()) + " [" + state + "]:\n" + names_[g->name] + "(...)";
  if (g->creator != 0) text += "\ncreated by " + names_[g->creator_name] + " in goroutine " + std::to_string(g->creator);
  return text;
}

std::string Scheduler::dump(size_t most) {
  struct Dump {
    const Scheduler* scheduler;
    size_t left;
    size_t hidden = 0;
    std::string text;
  } dump{this, most, 0, {}};
  for_each_goroutine([](void* context, G* g) {
    auto* out = static_cast<Dump*>(context);
    if (g->system) return;
    if (out->left == 0) {
      ++out->hidden;
      return;
    }
    --out->left;
    const GStatus status = g->status.get();
    const char* state = status == GStatus::kWaiting ? to_string(g->wait_reason.get()) : to_string(status);
    if (!out->text.empty()) out->text += "\n\n";
    out->text += out->scheduler->describe_goroutine(g, state);
  }, &dump);
  if (dump.hidden > 0) dump.text += "\n\n...and " + std::to_string(dump.hidden) + " more goroutines";
  return dump.text;
}

}  // namespace samovar::sched
