// Birth and death of goroutines, and how a run begins and ends.
#include <algorithm>
#include <cstring>
#include <utility>

#include "platform/clock.h"
#include "sched/driver.h"
#include "sched/fast_path.h"
#include "sched/ops.h"

namespace samovar::sched {

using observe::EventKind;

namespace {
constexpr uint32_t kGoidBatch = 16;     // _GoidCacheBatch
constexpr uint32_t kFreeGsHigh = 64;    // gfput: beyond it a P gives half away
constexpr uint32_t kFreeGsRefill = 32;  // gfget
// Ids 2 to 6 belong to Go's own goroutines (forcegc, bgsweep, bgscavenge, updatemaxprocs, finalizer); the first of a user is 7.
constexpr uint64_t kFirstUserGoid = 7;
// Go's main goroutine starts after a few others have run: at tick 4 or 5 (read off its order of 600 goroutines). At tick 0, where the
// global queue comes first, its first Gosched would come straight back.
constexpr uint32_t kFirstTick = 4;
}  // namespace

Current& current() {
  static thread_local Current instance;
  return instance;
}

void* allocate_frame(size_t bytes) noexcept {
  const Current& here = current();
  if (here.m != nullptr && here.m->p != nullptr) return here.m->p->frames.allocate(bytes);
  return here.scheduler->frames_.allocate(bytes);
}

void release_frame(void* frame, size_t bytes) noexcept {
  const Current& here = current();
  if (here.m != nullptr && here.m->p != nullptr) return here.m->p->frames.release(frame, bytes);
  here.scheduler->frames_.release(frame, bytes);
}

void goroutine_finished(G* g) { g->m->disposition = Disposition::kExit; }

Scheduler::Scheduler(const Options& options)
    : options_(options),
      virtual_time_(options.virtual_time),
      log_(kMaxProcs, options.procs, options.event_bytes, options.virtual_time),
      m_limit_(kMaxThreads),
      reserve_(new (std::nothrow) char[kReserveBytes]) {
  all_m_ = std::make_unique<std::unique_ptr<M>[]>(m_limit_);
  driver_ = virtual_time_ ? make_virtual_driver(*this) : make_thread_driver(*this);
  names_.emplace_back("");
}

Scheduler::~Scheduler() = default;

void Scheduler::begin(Task<void> (*main)(void*), void* argument) {
  wall_start_ns_ = platform::now_ns();
  start_ns_ = virtual_time_ ? 0 : wall_start_ns_;
  state_.store(RunState::kRunning, std::memory_order_release);  // pairs with state()
  mutex_.lock();
  M* m0 = new_m_locked();
  resize_procs_locked(m0, std::clamp(options_.procs, 1u, kMaxProcs));
  mutex_.unlock();
  acquire_p(m0, m0->p);
  m0->p->schedtick.set(kFirstTick);
  m0->phase.set(MPhase::kRunning);
  current() = {this, m0};
  if (G* g = make_g(m0->p, "main", main(argument))) {
    m0->p->goid_next = kFirstUserGoid;
    emit(m0, EventKind::kGoCreate, g->id.get(), 0, g->name);
    put(m0, g, true);
    if (hooks_.begin != nullptr) hooks_.begin(hooks_.context, m0);
  } else {
    fail(nullptr, "fatal error: ", "out of memory: cannot allocate the main goroutine");
  }
  current() = {};
}

bool Scheduler::advance(uint32_t wall_ms) { return driver_->advance(all_m_[0].get(), wall_ms); }

Outcome Scheduler::run(Task<void> (*main)(void*), void* argument) {
  begin(main, argument);
  while (advance(1'000'000)) {
  }
  return finish();
}

Outcome Scheduler::finish() {
  // All Ms are gone: what observers see from now on is a world at rest.
  for (uint32_t i = 0; i < procs(); ++i) {
    close_busy(all_p_[i], end_ns_.load());
    all_p_[i]->running.publish(nullptr);
    all_p_[i]->holder.set(-1);
    all_p_[i]->status.set(PStatus::kIdle);
  }
  reserve_.reset();
  Outcome outcome;
  outcome.state = state();
  outcome.elapsed_ns = elapsed_ns();
  outcome.wall_ns = platform::now_ns() - wall_start_ns_;
  outcome.message = compose_message();
  destroy_goroutines();
  return outcome;
}

void Scheduler::cancel() { end_run(RunState::kCancelled); }

void Scheduler::request_procs(uint32_t procs) {
  requested_procs_.store(std::clamp(procs, 1u, kMaxProcs));
  wake_sysmon();
}

void Scheduler::wake_sysmon() {
  if (!virtual_time_ && driver_ != nullptr) driver_->wake_sysmon(0);
}

void Scheduler::end_run(RunState state) {
  RunState running = RunState::kRunning;
  if (!state_.compare_exchange_strong(running, state)) return;
  end_ns_.store(virtual_time_ ? virtual_now_ns_.get() : platform::now_ns() - start_ns_);
  attention_.fetch_or(kEnding);
  ending_.store(true, std::memory_order_release);  // pairs with ending()
  preempt_all();
  driver_->end();
}

void Scheduler::panic(G* g, const char* text) { fail(g, "panic: ", text); }
void Scheduler::fatal(G* g, const char* text) { fail(g, "fatal error: ", text); }

void Scheduler::fail(G* g, const char* prefix, const char* text) {
  if (g != nullptr) g->m->disposition = Disposition::kPanic;
  record_failure(g, prefix, text);
}

void Scheduler::fail_running(G* g, const char* text) { record_failure(g, "fatal error: ", text); }

void Scheduler::record_failure(G* g, const char* prefix, const char* text) {
  if (failing_.exchange(true)) return;
  reserve_.reset();
  failure_ = std::string(prefix) + text;
  failed_g_ = g;
  if (g != nullptr) emit(g->m, EventKind::kFatal, g->id.get(), 1);
  end_run(RunState::kPanicked);
}

// Go's words for how the run ended, made when everything has stopped.
std::string Scheduler::compose_message() {
  constexpr size_t kMostGoroutines = 20;
  if (state() == RunState::kPanicked) {
    std::string text = failure_;
    if (failed_g_ != nullptr) text += "\n\n" + describe_goroutine(failed_g_, "running");
    return text;
  }
  if (state() == RunState::kDeadlocked) {
    if (main_gone_ && num_goroutine() == 0) return "fatal error: no goroutines (main called runtime.Goexit) - deadlock!";
    return "fatal error: all goroutines are asleep - deadlock!\n\n" + dump(kMostGoroutines);
  }
  return {};
}

uint64_t Scheduler::next_goid(P* p) {
  if (p == nullptr) {
    platform::MutexLock lock(mutex_);
    goid_generator_ += kGoidBatch;
    return goid_generator_ - kGoidBatch + 1;
  }
  if (p->goid_next == p->goid_end) {
    platform::MutexLock lock(mutex_);
    p->goid_next = goid_generator_ + 1;
    goid_generator_ += kGoidBatch;
    p->goid_end = goid_generator_ + 1;
  }
  return p->goid_next++;
}

uint32_t Scheduler::name_index(P* p, const char* name) {
  if (p != nullptr && p->last_name == name) return p->last_name_index;
  platform::MutexLock lock(mutex_);
  uint32_t index = 0;
  while (index < names_.size() && names_[index] != name) ++index;
  if (index == names_.size()) names_.emplace_back(name);
  if (p != nullptr) {
    p->last_name = name;
    p->last_name_index = index;
  }
  return index;
}

// gfget, malg: a dead G of this P, or some of the shared ones, or a new one. Null if memory is exhausted.
G* Scheduler::new_g(P* p) {
  if (p != nullptr) {
    if (G* g = p->free_gs.pop_front()) return g;
  }
  platform::MutexLock lock(mutex_);
  if (p != nullptr) {
    while (free_gs_.size() > 0 && p->free_gs.size() < kFreeGsRefill) p->free_gs.push_front(free_gs_.pop_front());
    if (G* g = p->free_gs.pop_front()) return g;
  }
  if (g_slabs_.empty() || slab_used_ == kSlab) {
    std::unique_ptr<G[]> slab(new (std::nothrow) G[kSlab]);
    if (slab == nullptr) return nullptr;
    g_slabs_.push_back(std::move(slab));
    slab_used_ = 0;
  }
  G* g = &g_slabs_.back()[slab_used_++];
  g->scheduler = this;
  return g;
}

// A G, not yet runnable, that will run body. p: whose free lists and ids to use, null: the shared ones.
// id 0: the next.
G* Scheduler::make_g(P* p, const char* name, Task<void> body, uint64_t id) {
  if (!body) return nullptr;
  G* g = new_g(p);
  if (g == nullptr) return nullptr;
  auto frame = body.release();
  frame.promise().g = g;
  g->root = frame;
  g->top = frame;
  g->status.set(GStatus::kRunnable);
  g->id.set(id != 0 ? id : next_goid(p));
  g->name = name_index(p, name);
  g->creator = 0;
  g->creator_name = 0;
  g->system = false;
  g->gc_worker = false;
  g->gc_assist_bytes = 0;
  g->gc_assist_ns = 0;
  (p != nullptr ? p->created : created_elsewhere_).add(1);
  return g;
}

// newproc
G* Scheduler::spawn(M* m, const char* name, Task<void> body) {
  m->charge(costs::kSpawn);
  P* p = m->p;
  G* parent = m->current;
  G* g = make_g(p, name, std::move(body));
  if (g == nullptr) {
    fail(parent, "fatal error: ", "out of memory: cannot allocate another goroutine");
    return nullptr;
  }
  g->creator = parent != nullptr ? parent->id.get() : 0;  // a timer's callback has no goroutine
  g->creator_name = parent != nullptr ? parent->name : 0;
  g->track_count = static_cast<uint8_t>(g->id.get());
  become_runnable(g, m->now_ns, g->track_count % kTrackPeriod == 0);
  emit(m, EventKind::kGoCreate, g->id.get(), static_cast<uint32_t>(g->creator), g->name);
  put(m, g, true);
  wakep(m);
  return g;
}

G* Scheduler::spawn_system(M* m, const char* name, Task<void> body, uint64_t id, bool parked, WaitReason reason) {
  G* g = make_g(m->p, name, std::move(body), id);
  if (g == nullptr) return nullptr;
  g->system = true;
  system_goroutines_.fetch_add(1);
  g->ready_at_ns = m->now_ns;
  emit(m, EventKind::kGoCreate, g->id.get(), 0, g->name, parked ? 1 : 0);
  if (parked) {
    g->status.set(GStatus::kWaiting);
    g->wait_reason.set(reason);
  } else {
    put(m, g, false);
  }
  return g;
}

void Scheduler::park(G* g, WaitReason reason, M::UnlockFunction unlock, void* argument) {
  M* m = g->m;
  m->disposition = Disposition::kPark;
  m->wait_reason = reason;
  m->unlock = unlock;
  m->unlock_argument = argument;
}

// goexit0
void Scheduler::retire(M* m, G* g, bool goexit) {
  const bool main = g->id.get() == 1;
  if (hooks_.goroutine_exit != nullptr) hooks_.goroutine_exit(hooks_.context, g);
  g->root.destroy();
  g->root = nullptr;
  g->top = nullptr;
  g->m = nullptr;
  g->status.set(GStatus::kDead);
  g->id.set(0);
  if (g->system) system_goroutines_.fetch_sub(1);
  m->p->ended.add(1);
  free_g(m->p, g);
  if (!main) return;
  if (goexit) {
    main_gone_ = true;
  } else {
    end_run(RunState::kDone);
  }
}

// gfput
void Scheduler::free_g(P* p, G* g) {
  p->free_gs.push_front(g);
  if (p->free_gs.size() < kFreeGsHigh) return;
  platform::MutexLock lock(mutex_);
  while (p->free_gs.size() > kFreeGsHigh / 2) free_gs_.push_front(p->free_gs.pop_front());
}

// Goroutines that are left when the run has ended are not run on: their frames, and all that these own, are destroyed.
void Scheduler::destroy_goroutines() {
  const Current saved = current();
  current() = {this, nullptr};
  for_each_goroutine([](void*, G* g) {
    if (g->root) g->root.destroy();
    g->root = nullptr;
    g->status.set(GStatus::kDead);
  }, nullptr);
  current() = saved;
}

uint32_t Scheduler::goroutine_slabs() const {
  platform::MutexLock lock(mutex_);
  return static_cast<uint32_t>(g_slabs_.size());
}

void Scheduler::for_each_goroutine_of_slab(uint32_t index, void (*visit)(void* context, G* g), void* context) {
  mutex_.lock();
  G* slab = g_slabs_[index].get();
  const uint32_t used = index + 1 == g_slabs_.size() ? slab_used_ : kSlab;
  mutex_.unlock();
  for (uint32_t i = 0; i < used; ++i) {
    if (slab[i].id.get() != 0) visit(context, &slab[i]);
  }
}

void Scheduler::for_each_goroutine(void (*visit)(void*, G*), void* context) {
  for (size_t s = 0; s < g_slabs_.size(); ++s) {
    const uint32_t used = s + 1 == g_slabs_.size() ? slab_used_ : kSlab;
    for (uint32_t i = 0; i < used; ++i) {
      G* g = &g_slabs_[s][i];
      if (g->id.get() != 0 && g->status.get() != GStatus::kDead) visit(context, g);
    }
  }
}

}  // namespace samovar::sched
