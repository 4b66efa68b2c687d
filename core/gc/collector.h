// Collector: Go 1.26's garbage collector on the scheduler's goroutines: concurrent, parallel, precise, non-moving mark and sweep.
//
//   off ── heap live reaches the trigger ──> [world stopped] ──> marking ── nothing grey is left ──> [world stopped] ──> off, sweeping
//
// One goroutine, the controller (runtime.gc), carries a cycle from phase to phase; in Go whoever allocates or marks last does. Marking is done by workers
// (runtime.gcBgMarkWorker: goroutines that the scheduling loop asks for) and, in proportion to what they allocate, by the program's goroutines (assists).
//
// An allocation only ever requests a collection: the goroutine goes on until its next suspension, so raw pointers stay valid till then. An assist inside an
// allocation marks, which takes nothing away.
//
// Rejected: scanning goroutines' roots while the world is stopped (the pause would grow with their number). Instead a goroutine's roots are
// looked at before it runs again after the stop, by whoever runs it, or by a worker while it waits; all were suspended at the stop, so nothing can be missed.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gc/cpu_limiter.h"
#include "gc/local.h"
#include "gc/marker.h"
#include "gc/pacer.h"
#include "gc/proc_state.h"
#include "heap/heap.h"
#include "observe/event.h"
#include "platform/mutex.h"
#include "sched/costs.h"
#include "sched/scheduler.h"
#include "sched/task.h"

namespace samovar::observe {
class MetricSet;
}

namespace samovar::gc {

struct CollectorOptions {
  PacerSettings pacing{};
  size_t arena_bytes = size_t{64} << 20;
  MarkerKind marker = MarkerKind::kGreenTea;
  bool checkmark = false;  // after each cycle marks once more with the world stopped, and compares
  bool poison = false;     // fills what is freed
  bool stress = false;     // a collection is always going on
};

// The largest object that was made of late: since the last collection began, or in the one before. A guess: two who note at once may lose the larger.
class LargestOfLate {
 public:
  void note(uint64_t bytes) {
    if (bytes > now_.get()) now_.set(bytes);
  }
  void collection_begins() {
    before_.set(now_.get());
    now_.set(0);
  }
  uint64_t bytes() const { return std::max(now_.get(), before_.get()); }

 private:
  base::Racy<uint64_t> now_;
  base::Racy<uint64_t> before_;
};

enum class Phase : uint32_t { kOff = 0, kMark = 1, kMarkTermination = 2 };

// One collection, as it was.
struct CycleRecord {
  uint32_t cycle = 0;
  observe::GcTrigger why = observe::kGcTriggerHeap;
  uint32_t procs = 0;
  uint64_t start_ns = 0;      // the world was asked to stop
  uint64_t mark_ns = 0;       // it ran again, marking
  uint64_t marked_ns = 0;     // it was asked to stop for mark termination
  uint64_t end_ns = 0;        // it ran again
  uint64_t pause_ns = 0;      // of all its stops: of two, or more if marking was not over when the world had stopped for its end
  uint64_t pause_cpu_ns = 0;  // of all Ps
  uint64_t heap_start = 0;    // heap live when it began
  uint64_t heap_end = 0;      // when marking ended
  uint64_t heap_marked = 0;   // of that, what was marked
  uint64_t goal = 0;
  uint64_t stack_bytes = 0;   // roots on goroutines
  uint64_t global_bytes = 0;  // roots elsewhere
  uint64_t assist_ns = 0;
  uint64_t dedicated_ns = 0;
  uint64_t fractional_ns = 0;
  uint64_t idle_ns = 0;
  uint64_t scan_work = 0;
  double cpu_share = 0;       // of all CPU time since the start, idle marking excluded
  PacerTrace pacer;
  std::array<ScanCounts, heap::kSizeClasses> classes{};
};

// Figures since the start.
struct CollectorFigures {
  uint32_t cycles = 0;
  uint32_t forced = 0;
  uint64_t pause_ns = 0;       // of all stops of the world for collections
  uint64_t pause_cpu_ns = 0;   // of all Ps
  uint64_t assist_ns = 0;
  uint64_t dedicated_ns = 0;   // fractional workers included
  uint64_t idle_ns = 0;
  uint64_t scavenge_assist_ns = 0;      // within allocations, for the memory limit
  uint64_t scavenge_background_ns = 0;  // by the sweeper
  uint64_t finalizers_queued = 0;
  uint64_t finalizers_executed = 0;
  uint64_t cleanups_queued = 0;
  uint64_t cleanups_executed = 0;
  uint64_t last_end_ns = 0;
};

class Collector {
 public:
  // Installs itself in the scheduler, before the run begins. The collector must outlive the scheduler's finish().
  Collector(sched::Scheduler& scheduler, const CollectorOptions& options);
  ~Collector();
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  // False if there was no memory for the arena: then it has installed nothing, and only this function may be called.
  bool ok() const { return heap_.ok(); }
  const CollectorOptions& options() const { return options_; }
  sched::Scheduler& scheduler() { return scheduler_; }
  heap::Heap& heap() { return heap_; }
  const heap::Heap& heap() const { return heap_; }

  // ---- For goroutines of the run, between two suspensions. ----

  // A new object of `bytes`, all zero: elements of `type`, or without slots if that is null. Never null: if memory is exhausted the run ends with
  // a fatal error at the goroutine's next suspension, and what is given meanwhile lies outside the heap.
  void* allocate(size_t bytes, const heap::Type* type);
  // In two steps, for make(): first charge(), which while marking may be an assist; then, if the cache has no room, this.
  void* allocate_charged(sched::M* m, ProcState& state, size_t bytes, const heap::Type* type);
  void charge(sched::M* m, ProcState& state, size_t bytes, const heap::Type* type) {
    m->charge(sched::costs::kAllocate + bytes / sched::costs::kZeroedBytesPerNs);
    if (state.marking) [[unlikely]] owe(m, state, bytes, type);
  }

  // See gc/barrier.h.
  void shade(ProcState& state, uintptr_t old_value, uintptr_t new_value);

  // What gc::set_finalizer(), gc::add_cleanup() and Weak<T> are made of (gc/make.h). Functions run on the goroutine runtime.finalizers; `argument` keeps nothing alive. For an object
  // outside the arena (zero_object(), a lifeboat) the first two do nothing.
  void set_finalizer(void* object, heap::FinalizerFunction function, uint64_t argument);  // in place of any before; null: none any more
  void add_cleanup(void* object, heap::CleanupFunction function, uint64_t argument);      // beside any before; not to be taken back; `function` is not null
  // As Heap::weak_handle(): the heap's own, and valid as long as that is. `object` must live.
  heap::WeakHandle* weak_handle(void* object) { return heap_.weak_handle(reinterpret_cast<uintptr_t>(object)); }
  // The object that a handle, not null, stands for, or null if it has died. While marking goes on it is marked, so whoever asks may keep it.
  void* strong(heap::WeakHandle* handle);

  // ---- As goroutines await them. ----

  // runtime.GC: finishes the cycle that is going on, carries out a whole one, its sweep included.
  sched::Task<void> collect();

  // ---- From anywhere. ----

  // Take effect within milliseconds, at a stop of the world made for it, or if a collection is going on when that has ended. gogc: kGcOff or 1 to 10'000; limit: kUnlimited or more.
  void request_settings(const PacerSettings& settings);
  PacerSettings settings() const;

  // ---- For observers, at any time; figures go on changing meanwhile. ----

  Phase phase() const { return phase_.get(); }
  uint32_t cycle() const { return cycle_.get(); }  // the number of the collection that is going on, or was last; 0 before the first
  // See Pacer; bytes of heap live. Never kUnlimited, for the arena is not.
  uint64_t goal() const { return pacer_.goal(memory_figures()); }
  uint64_t trigger() const { return pacer_.trigger(memory_figures()); }
  const Pacer& pacer() const { return pacer_; }
  const CpuLimiter& limiter() const { return limiter_; }
  CollectorFigures figures() const;
  heap::HeapFigures heap_figures() const;  // with the counts of all Ps' caches, those of Ps no longer used included; takes the heap's lock
  uint32_t assist_waiters() const { return assist_waiting_.load(std::memory_order_relaxed); }  // relaxed: a figure
  // The last kKeptCycles collections, oldest first; of them those after number `after`.
  std::vector<CycleRecord> cycles(uint32_t after = 0) const;
  // The last one alone; all zero if there was none.
  CycleRecord last_cycle() const;
  static constexpr size_t kKeptCycles = 1000;

  // Go's lines, level 0 (none), 1 or 2, and with `pacer` those of gcpacertrace before each, as far as records are kept; with `seen` only those of collections after number *seen, which becomes that of the last.
  std::string gctrace(int level, uint32_t* seen = nullptr, bool pacer = false) const;

  // All /gc, /memory and /cpu metrics that have a meaning here, under Go's names. After the run, or on a goroutine.
  void collect_metrics(observe::MetricSet* metrics) const;

 private:
  friend class RootBase;
  struct Worker;
  struct Waiter {
    sched::G* g;
    uint32_t cycle;
  };
  enum class Roots : bool { kFirst, kLast };  // before any other work, or when there is no other but to steal some
  enum class WorkerMode : uint8_t { kDedicated, kFractional, kIdle };

  // collector.cpp: allocation, requests.
  void* out_of_memory(sched::M* m, size_t bytes);
  void after_refill(sched::M* m);
  bool short_of_room() const;
  void crowded(uint32_t until);
  static bool holds_back(void* collector, sched::M* m, sched::G* g);
  void request_cycle(sched::M* m, observe::GcTrigger why);
  void request_cycle_unless_pending(sched::M* m);
  MemoryFigures memory_figures() const;
  MemoryFigures measured_memory() const;
  void flush_barrier(ProcState& state);
  ProcState& state_of(uint32_t p);
  uint32_t states_made() const { return states_made_.load(std::memory_order_acquire); }  // pairs with proc_state_of(): they are there

  // cycle.cpp: the controller.
  sched::Task<void> control();
  sched::Task<void> run_cycle();
  sched::Task<void> wait_for_request();
  sched::Task<void> wake_controller();
  static bool forcer_waits(sched::M*, sched::G*, void* collector);
  sched::Task<void> wait_for_mark_done();
  static bool controller_waits(sched::M*, sched::G*, void* collector);
  static bool controller_waits_for_marks(sched::M*, sched::G*, void* collector);
  void apply_settings();
  void pace_sweep();
  void begin_marking(sched::M* m);
  bool marking_is_over(sched::M* m);
  void end_marking(sched::M* m);
  void count_pause(uint64_t asked_ns, uint64_t stopped_ns, uint64_t now_ns);
  void record_cycle(sched::M* m);
  void wake_starters(sched::M* m);
  void wake_after_cycle(sched::M* m);
  static void flush_proc(void* collector, sched::P* p);

  // sweeper and forced collections: cycle.cpp.
  void tell_swept(sched::M* m);
  sched::Task<void> sweep_in_background();
  static bool sweeper_waits(sched::M*, sched::G*, void* collector);
  static bool waits_for_cycle(sched::M*, sched::G*, void* waiter);

  // roots.cpp
  void prepare_roots();
  bool take_root_job(ProcState& state, int64_t* done);
  bool roots_left() const { return next_root_.load(std::memory_order_relaxed) < root_jobs_.get(); }  // relaxed: looked at again by the taker
  int64_t mark_globals(ProcState& state);
  void mark_specials(ProcState& state);
  int64_t mark_goroutines(ProcState& state, uint32_t slab);
  int64_t scan_goroutine(ProcState& state, sched::G* g);
  static void before_run(void* collector, sched::M* m, sched::G* g);
  void link(RootBase* root);
  void unlink(RootBase* root);

  // workers.cpp
  void make_workers(sched::M* m);
  sched::Task<void> work_in_background(Worker* worker);
  bool mark_some(sched::M* m, ProcState& state, int64_t budget, Roots roots, int64_t* done);
  bool has_work(const ProcState& state) const;
  void leave_marking(sched::M* m);
  static sched::G* find_worker(void* collector, sched::M* m);
  static sched::G* find_idle_worker(void* collector, sched::M* m);
  static bool has_idle_work(void* collector);
  sched::G* take_worker(sched::M* m, WorkerMode mode);
  static bool worker_parks(sched::M*, sched::G*, void* worker);
  bool worker_continues(sched::M* m, sched::G* g, Worker* worker);

  // assist.cpp
  void owe(sched::M* m, ProcState& state, size_t bytes, const heap::Type* type);
  void assist(sched::M* m, ProcState& state);
  static bool assist_waits(sched::M* m, sched::G* g, void* collector);
  void add_credit(sched::M* m, int64_t work);
  void release_assists(sched::M* m);
  static void goroutine_exits(void* collector, sched::G* g);

  // scavenge.cpp
  uint64_t give_back_beyond(sched::M* m, uint64_t target, uint64_t most, uint32_t* below, MemoryFigures* now);
  sched::Task<void> scavenge();

  // limit.cpp
  void count_for_limiter(LimiterEvent::Taken taken);
  static void gather_for_limiter(void* collector, uint64_t now_ns);
  static void procs_changed(void* collector, uint64_t now_ns, uint32_t procs);
  uint64_t all_cpu_ns(uint64_t now_ns) const;
  void update_limiter_if_due(const sched::M* m);
  void give_back_within_allocation(sched::M* m, uint64_t limit, MemoryFigures* now);

  // finalizers.cpp
  static void special_due(void* collector, heap::Special* special);
  sched::Task<void> run_finalizers();
  static bool finalizer_waits(sched::M*, sched::G*, void* collector);

  // checkmark.cpp
  void check_marks(sched::M* m, uint64_t counted);

  static void begin(void* collector, sched::M* m);
  static void* proc_state_of(void* collector, uint32_t p);
  static void proc_destroyed(void* collector, sched::P* p);
  static void hold_cycles(void* collector, bool hold);
  static bool force_due(void* collector, uint64_t now_ns);
  static sched::G* force(void* collector);

  sched::Scheduler& scheduler_;
  const CollectorOptions options_;
  heap::Heap heap_;
  Marker marker_;
  Pacer pacer_;
  LargestOfLate largest_;
  base::Racy<uint64_t> found_alive_;          // bytes that the last collection found alive; what was made meanwhile, and is black, may be garbage since
  CpuLimiter limiter_;
  uint64_t idle_seen_ns_ = 0;                 // of Scheduler::idle_ns(), by the last update of limiter_; that update's own
  base::Racy<uint64_t> earlier_cpu_ns_;       // of all Ps, until GOMAXPROCS changed last; these three change while the world is stopped
  base::Racy<uint64_t> procs_since_ns_;
  base::Racy<uint32_t> procs_now_;
  WorkPool pool_;
  std::unique_ptr<ProcState> states_[sched::kMaxProcs];  // made when a P is; never unmade
  std::atomic<uint32_t> states_made_{0};      // so many; grows while the world is stopped

  base::Racy<Phase> phase_{Phase::kOff};
  base::Racy<uint32_t> cycle_;                // number of the cycle that is going on, or was last

  // The controller's mailbox.
  mutable platform::Mutex control_mutex_;     // guards what follows, up to the next blank line
  bool requested_ = false;
  observe::GcTrigger requested_why_ = observe::kGcTriggerHeap;
  bool settings_requested_ = false;
  PacerSettings new_settings_;
  sched::G* idle_controller_ = nullptr;       // parked until somebody requests something
  sched::G* idle_forcer_ = nullptr;           // parked until sysmon wants something
  bool marks_may_be_done_ = false;
  sched::G* marking_controller_ = nullptr;    // parked until marking may be over
  sched::G* idle_sweeper_ = nullptr;
  std::vector<Waiter> waiters_;               // for the end of marking of a cycle
  std::vector<sched::G*> starters_;           // for a cycle that has been requested to begin
  std::vector<sched::G*> held_back_;          // runnable, until it is no longer crowded

  std::atomic<bool> request_pending_{false};  // mirror of requested_, so that allocations do not ask again
  std::atomic<uint32_t> crowded_until_{0};    // no goroutine of the program begins to run before the end of this cycle; 0: they may

  // Roots that are not a goroutine's.
  platform::Mutex roots_mutex_;
  RootBase* roots_ = nullptr;                 // guarded by roots_mutex_
  uint64_t roots_count_ = 0;                  // guarded by roots_mutex_

  std::atomic<uint32_t> next_root_{0};        // root jobs: globals, specials, then a slab of goroutines each
  base::Racy<uint32_t> root_jobs_;            // changes while the world is stopped; Ms without a P look at it all the same

  // Of the last cycle, when marking ended: what was in use, and the goal. Set while the world is stopped; the sweeper's.
  uint64_t scavenge_in_use_ = 0;
  uint64_t scavenge_goal_ = 0;
  uint64_t next_scavenge_ns_ = 0;             // not before; the sweeper's
  std::atomic<uint32_t> holds_{0};  // changes of GOMAXPROCS that are waiting: meanwhile no collection begins (Go: gcsema)
  std::atomic<uint64_t> scavenge_assist_ns_{0};
  std::atomic<uint64_t> scavenge_background_ns_{0};

  // Workers. `active_` counts who is marking at this moment, assists included: at 0, with nothing shared, marking may be over.
  std::vector<std::unique_ptr<Worker>> workers_;
  platform::Mutex workers_mutex_;
  Worker* idle_workers_ = nullptr;            // guarded by workers_mutex_
  std::atomic<uint32_t> active_{0};
  std::atomic<int32_t> dedicated_needed_{0};  // so many more are wanted. Relaxed everywhere, as the next: counts of places; workers change hands under workers_mutex_
  std::atomic<int32_t> idle_running_{0};      // places taken, of Pacer::idle_workers()

  // Goroutines that wait for credit, first come first served.
  platform::Mutex assist_mutex_;
  std::vector<sched::G*> assist_queue_;       // guarded by assist_mutex_
  std::atomic<uint32_t> assist_waiting_{0};

  // Finalizers and cleanups that are due; those being run stay until they are through, for they are roots.
  platform::Mutex due_mutex_;
  std::vector<heap::Special*> due_;           // guarded by due_mutex_
  std::vector<heap::Special*> running_;       // guarded by due_mutex_
  sched::G* idle_finalizer_ = nullptr;        // guarded by due_mutex_
  std::atomic<uint64_t> finalizers_queued_{0};
  std::atomic<uint64_t> finalizers_executed_{0};
  std::atomic<uint64_t> cleanups_queued_{0};
  std::atomic<uint64_t> cleanups_executed_{0};

  // The cycle that is going on. The controller's own.
  CycleRecord record_;

  // The collection whose sweep has begun last, and the last whose sweep has been told the end of. Whoever tells has a P; what changes the first has stopped the world.
  uint32_t sweep_cycle_ = 0;
  uint32_t swept_told_ = 0;

  mutable platform::Mutex records_mutex_;
  std::vector<CycleRecord> records_;          // guarded by records_mutex_; a ring once it is full
  size_t oldest_record_ = 0;                  // guarded by records_mutex_
  CollectorFigures totals_;                   // guarded by records_mutex_
};

// That of the calling goroutine's run.
inline Collector& collector() { return *proc_state().collector; }

}  // namespace samovar::gc
