// The scheduler: Go 1.26's policy (proc.go) over a replaceable driver.
//
//   go f() ──> runnext of its P ──kicked──> tail of the ring ──full──> 129 to the global queue
//   find_runnable: stop request, safe point, timers, each 61st tick the global queue, runnext, ring, global queue,
//                  steal (4 rounds), and only then the P is given up and the M parks
//
// The policy is written once, as steps of an M (run_m). It never blocks a thread and never reads a clock: when an M has to wait, the
// step returns what for, and the driver carries it out. ThreadDriver runs each M on a thread and sleeps for real;
// VirtualDriver steps all Ms on one thread, the earliest first.
//
// Rejected: goroutines with machine stacks (WebAssembly cannot move one between threads), a policy per driver (they would drift
// apart), and one lock for everything (the ring and runnext are lock-free, the rest is rare enough for one lock, as in Go).
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/racy.h"
#include "base/rng.h"
#include "observe/event_log.h"
#include "platform/mutex.h"
#include "sched/options.h"
#include "sched/proc.h"
#include "sched/task.h"

namespace samovar::observe {
class MetricSet;
struct SchedSnapshot;
}

namespace samovar::sched {

class Driver;

// What an M's step ended with, and so what its driver has to do before the next one.
struct Step {
  enum Kind : uint8_t {
    kRan,        // nothing: go on (virtual time: one goroutine slice has run)
    kPark,       // sleep until wake(m)
    kSleepUntil, // sleep until run time `when_ns`, or wake(m)
    kExit,       // this M is finished
  };
  Kind kind = kRan;
  uint64_t when_ns = 0;
  uint64_t awake_ns = 0;  // kSleepUntil: for so long stay awake first, the wake is expected soon
};

// Which pause a stop of the world was; see /sched/pauses metrics.
enum class StwReason : uint8_t { kOther = 0, kGomaxprocs = 1, kGc = 2 };

// What the collector installs; the scheduler knows nothing of it but these questions. Either all are set or none. The first five are only
// asked while set_collecting(true) holds.
struct Hooks {
  void* context = nullptr;
  G* (*find_worker)(void* context, M* m) = nullptr;        // a dedicated or fractional worker for this P, before user work
  G* (*find_idle_worker)(void* context, M* m) = nullptr;   // a worker for a P that found nothing else
  bool (*has_idle_work)(void* context) = nullptr;          // re-check before the M parks
  bool (*holds_back)(void* context, M* m, G* g) = nullptr;   // g, just taken from a queue, is not to run now: the context has it, until it gives it to put_back()
  void (*before_run)(void* context, M* m, G* g) = nullptr;   // g is about to run on m: its roots must have been looked at
  M::UnlockFunction assist_wait = nullptr;                   // g, which has stopped, owes work: false if it may go on (its argument is the context)
  void (*goroutine_exit)(void* context, G* g) = nullptr;
  void (*begin)(void* context, M* m) = nullptr;              // the run begins: make the collector's own goroutines, with spawn_system()
  void* (*proc_state)(void* context, uint32_t p) = nullptr;  // what P p's `gc` is to point to; the world is stopped
  void (*proc_destroyed)(void* context, P* p) = nullptr;     // GOMAXPROCS has become smaller; the world is stopped
  void (*procs_changed)(void* context, uint64_t now_ns, uint32_t procs) = nullptr;  // so many Ps from now on, at the start too; the world is stopped
  void (*hold_cycles)(void* context, bool hold) = nullptr;   // GOMAXPROCS is to change: no collection begins until this is taken back
  bool (*in_cycle)(void* context) = nullptr;                 // is one under way?
  bool (*force_due)(void* context, uint64_t now_ns) = nullptr;  // sysmon asks: is it time for a collection nobody asked for?
  G* (*force)(void* context) = nullptr;                      // the goroutine to make runnable then; null: it is at work already
};

class Scheduler {
 public:
  // Copies the options; options.workers must outlive the scheduler. Starts nothing: Ps, Ms and threads come with the run.
  explicit Scheduler(const Options& options);
  ~Scheduler();  // the run must have ended
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // Runs main(argument) as goroutine 1 until it returns, panics, deadlocks or is cancelled; then destroys all goroutines,
  // wherever they are, without running them on. Blocks the calling thread, which becomes M 0. Once only.
  Outcome run(Task<void> (*main)(void*), void* argument);

  // In virtual time a run can be taken in portions: begin() prepares, advance() runs until about wall_ms have passed
  // and says whether there is more to do, finish() gives the outcome. run() is these three.
  void begin(Task<void> (*main)(void*), void* argument);
  bool advance(uint32_t wall_ms);
  Outcome finish();

  // Ends the run at the next scheduling points. Any thread, any time, any number of times.
  void cancel();

  // Asks for a change of GOMAXPROCS from outside the run; carried out by a goroutine of the runtime's own within some milliseconds. Any thread.
  void request_procs(uint32_t procs);

  // Lets sysmon have its next round at once (in real time; in virtual time it sleeps only while nobody can want anything). Any thread, once the run has begun.
  void wake_sysmon();

  // ---- For awaitables: called on the M that runs goroutine g (g->m), while g runs or is being suspended. ----

  // go: makes a goroutine of body and puts it into runnext. Null (and the run fails) if there is no memory. `name` must be a literal.
  G* spawn(M* m, const char* name, Task<void> body);

  // Parks the goroutine that is being suspended (call it in await_suspend). After it has really stopped, unlock(m, g, argument)
  // is called, which releases what g waits for to others; false means go on at once. unlock may be null.
  void park(G* g, WaitReason reason, M::UnlockFunction unlock, void* argument);

  // For an unlock function: g waits for something else than park() was told.
  void wait_instead(M* m, G* g, WaitReason reason);

  // For the context of Hooks::holds_back: g may run after all. To the ring's tail of m's P; to observers it has been runnable all the time.
  void put_back(M* m, G* g);

  // Makes a parked goroutine runnable: into runnext of m's P, waking an idle P. By whoever holds the P of m, timers included. With
  // `next` false: to the ring's tail.
  void ready(M* m, G* g, bool next = true);

  // Ends the run with Go's words; the goroutine being suspended (call it in await_suspend) never goes on. `text` is copied.
  //   panic: "panic: <text>\n\ngoroutine 7 [running]:…"      fatal: "fatal error: <text>\n\n…"
  void panic(G* g, const char* text);
  void fatal(G* g, const char* text);

  // Starts a timer on m's P at run time timer->when_ns; wakes a sleeping M if it is now the earliest. It must be in no heap.
  void start_timer(M* m, Timer* timer);
  // Stops it: true if it had not fired. Any thread.
  bool stop_timer(Timer* timer) { return TimerHeap::remove(timer); }

  // Whether several goroutines can run at once: with one P, and in virtual time, what goroutines share needs no lock, for a
  // goroutine only stops where it says so. Changes only while the world is stopped.
  bool concurrent() const { return concurrent_; }

  // The run's clock, ns since its start, fresh (half a microsecond in a browser) and as m last read it.
  uint64_t now(M* m);
  uint64_t coarse_now(const M* m) const { return m->now_ns; }

  // Records an event of m's P. Holder of the P.
  void emit(M* m, observe::EventKind kind, uint64_t g, uint32_t a = 0, uint64_t b = 0, uint8_t reason = 0) {
    m->p->events->record(m->now_ns, observe::EventRing::tag(kind, reason, static_cast<uint16_t>(m->p->id)), static_cast<uint32_t>(g) | uint64_t{a} << 32, b);
  }

  // Counts time that a goroutine waited for a mutex, for /sync/mutex/wait/total. Any thread.
  void add_mutex_wait(uint64_t ns) { mutex_wait_ns_.fetch_add(ns, std::memory_order_relaxed); }  // relaxed: a figure

  // Restarts the world after a StopTheWorld operation, with `procs` Ps (0: as many as before).
  void start_the_world(M* m, uint32_t procs);

  // Registers the collector. Before the run begins.
  void install(const Hooks& hooks) { hooks_ = hooks; }
  const Hooks& hooks() const { return hooks_; }

  // From here on, or no longer, the scheduling loop asks the collector for workers and before it runs a goroutine. The world is stopped.
  void set_collecting(bool collecting) { collecting_.set(collecting); }

  // A goroutine of the runtime's own, not counted among the user's. It is put at the tail of the ring, or with `parked` nowhere: it then waits, with
  // `reason`, until it is made ready. `id` 0: the next of this P's.
  G* spawn_system(M* m, const char* name, Task<void> body, uint64_t id = 0, bool parked = false, WaitReason reason = WaitReason::kNone);

  // Ends the run with a fatal error from within a goroutine's code, which goes on to its next suspension. `text` is copied.
  void fail_running(G* g, const char* text);

  // Wakes an M to look for work if nobody is searching: the collector has some. Holder of m's P.
  void wake_for_work(M* m);

  // Whether m's goroutine has to get out of the way now: a stop of the world, a ragged barrier, or the end of the run waits for it. (That sysmon thinks
  // its slice is over is no reason for a goroutine of the collector.)
  bool must_stop(const M* m) const {
    return attention_.load(std::memory_order_acquire) != 0 || m->p->run_safe_point.load(std::memory_order_acquire);  // pair with stop_world(), safe_point_everywhere()
  }

  // Moves all that m's P has queued to the global queue: a collector's worker that keeps the P lets others have it. Holder of the P.
  void give_away_queue(M* m);

  // Whether goroutines wait anywhere that an idle worker of the collector should make room for. A guess.
  bool has_runnable() const { return global_queue_size() != 0 || !all_queues_empty(); }

  // Calls visit for the goroutines of slab `index` that are not dead, while the run goes on: who holds G::gc_scan's claim on one may look at its roots.
  // Slabs below goroutine_slabs() at the time of a stop hold all goroutines of that time.
  uint32_t goroutine_slabs() const;
  void for_each_goroutine_of_slab(uint32_t index, void (*visit)(void* context, G* g), void* context);

  // ---- For observers. Any thread unless said otherwise; while the run goes on figures are snapshots. ----

  const Options& options() const { return options_; }
  uint32_t made_procs() const { return made_procs_.load(std::memory_order_acquire); }  // pairs with resize_procs_locked(): they are there
  uint32_t procs() const { return procs_.load(std::memory_order_acquire); }  // pairs with resize_procs_locked(): all_p_ is filled that far
  RunState state() const { return state_.load(std::memory_order_acquire); }  // pairs with finish_run()
  observe::EventLog& log() { return log_; }
  uint64_t elapsed_ns() const;          // run time, ns: 0 before the run, then that now (virtual: the latest that any M has reached), at last that at which it ended
  uint64_t heartbeat() const { return heartbeat_.load(std::memory_order_relaxed); }  // relaxed: a figure
  uint64_t goroutines() const;          // alive, the runtime's own included (as /sched/goroutines)
  uint64_t num_goroutine() const;       // without the runtime's own (as runtime.NumGoroutine)
  uint64_t goroutines_created() const;  // since the start, those that are gone and the runtime's own included
  uint32_t global_queue_size() const { return global_.size() + injected_.size(); }
  uint64_t idle_ns(uint64_t now_ns) const;  // that Ps have had nothing to run, by now_ns (as Go's sched.idleTime): not on an M, nor stopped
  uint32_t idle_procs() const { return idle_count_.load(std::memory_order_relaxed); }          // relaxed: a figure
  uint32_t spinning() const { return spinning_.load(std::memory_order_relaxed); }              // relaxed: a figure
  uint32_t thread_count() const { return m_count_.load(std::memory_order_acquire); }           // pairs with new_m()
  uint32_t threads_started() const;  // the same without Ms that there was no thread for
  const P& proc(uint32_t index) const { return *all_p_[index]; }
  const M& thread(uint32_t index) const { return *all_m_[index]; }
  uint64_t handoffs() const { return handoffs_.load(std::memory_order_relaxed); }              // relaxed: a figure
  uint64_t exhausted_threads() const { return exhausted_.load(std::memory_order_relaxed); }    // relaxed: a figure
  // A copy of what G::name and the names in events are indices into; [0] is "". Only ever grows. Takes the scheduler's lock.
  std::vector<std::string> names() const;

  // Bytes that goroutines occupy, frames and headers, from the system's point of view.
  size_t goroutine_bytes() const;

  // All /sched metrics, under Go's names. After the run, or on a goroutine (values are then approximate, as in Go).
  void collect(observe::MetricSet* metrics);

  // As of now, under the scheduler's lock. detail: Ps, Ms and Gs too.
  void snapshot(observe::SchedSnapshot* out, bool detail);

  // Called by sysmon every options.schedtrace_ms with the snapshot; set before the run.
  void on_schedtrace(void (*sink)(void* context, const observe::SchedSnapshot&), void* context) {
    schedtrace_sink_ = sink;
    schedtrace_context_ = context;
  }

  // Calls visit for each goroutine that is not dead. The world must be stopped or the run over.
  void for_each_goroutine(void (*visit)(void* context, G* g), void* context);

  // Goroutines as Go dumps them: "goroutine 7 [chan receive]:\nworker(...)\ncreated by main in goroutine 1". As above.
  std::string dump(size_t most);
  std::string describe_goroutine(const G* g, const char* state) const;

  // ---- For drivers. ----

  // Carries M m on until it has to wait. In virtual time: for one slice.
  Step run_m(M* m);
  // One round of sysmon at run time now_ns; gives how long to sleep, ns (~0: until wake_sysmon).
  uint64_t sysmon_round(uint64_t now_ns);
  bool ending() const { return ending_.load(std::memory_order_acquire); }  // pairs with finish_run()
  uint64_t start_ns() const { return start_ns_; }

 private:
  friend class Driver;
  friend class ThreadDriver;
  friend class VirtualDriver;
  friend void goroutine_finished(G* g);
  friend void* allocate_frame(size_t bytes) noexcept;
  friend void release_frame(void* frame, size_t bytes) noexcept;

  // proc.cpp: the scheduling loop.
  bool resume_phase(M* m, Step* step, G** g);
  G* find_runnable(M* m, bool* inherit, Step* step);
  G* find_local(M* m, bool* inherit);
  bool give_up_p(M* m, G** g, Step* step);
  G* recheck_after_spinning(M* m, uint64_t* poll_until);
  void execute(M* m, G* g, bool inherit);
  bool settle(M* m, G* g, Step* step);
  bool nothing_special(const M* m) const;
  bool goes_on_alone(const M* m, uint32_t* slices);
  static bool departs(G* g);
  static void become_runnable(G* g, uint64_t now_ns, bool track);
  void yield_globally(M* m, G* g, bool track);
  void refresh_clock(M* m);
  void tick_clock(M* m);
  void note_idle(M* m);

  // queue.cpp: queues, wake-up, Ms and Ps.
  void put(M* m, G* g, bool next);
  void put_overflow(M* m, G* g, G** batch, uint32_t count);
  void after_plain_put();
  void drain(P* p, GList* list);
  class GlobalQueueAccess;
  G* take_global(M* m, uint32_t most);
  G* take_global_locked(M* m, uint32_t most);
  void wakep(M* m);
  void wake_searcher(M* m);
  void start_m(P* p, bool spinning, uint64_t now_ns);
  M* new_m_locked();
  void thread_exhausted(P* p, M* unstarted, bool spinning, uint64_t now_ns);
  void stop_m_locked(M* m);
  void reset_spinning(M* m);
  void become_spinning(M* m);
  void acquire_p(M* m, P* p);
  P* release_p(M* m);
  void idle_put_locked(P* p, uint64_t now_ns);
  void end_idle_locked(P* p, uint64_t now_ns);
  P* idle_get_locked(uint64_t now_ns);
  P* idle_get_spinning_locked(uint64_t now_ns);
  void check_dead_locked();

  // steal.cpp.
  G* steal_work(M* m, bool* inherit, bool* ran_timers, uint64_t* poll_until, Step* step);
  G* steal_from(M* m, P* victim, bool with_next);
  bool all_queues_empty() const;

  // time.cpp: timers.
  bool run_timers(M* m, P* p, uint64_t* poll_until);
  bool fire_timers(M* m, P* p, uint64_t* poll_until);
  void wake_poller(M* m, uint64_t when_ns);

  // call.cpp: blocking calls, hand-off, sysmon.
  void enter_call(M* m, G* g);
  bool exit_call(M* m, G** g, Step* step);
  void hand_off(P* p, uint64_t now_ns);
  void finish_hand_off();
  uint32_t retake(uint64_t now_ns);
  bool take_from_call(P* p);
  void leave_to_others(P* p);
  void go_on_after_call(M* m, G* returning, G** g);
  void preempt(P* p, uint64_t ran_ns, uint64_t now_ns);
  void wake_sysmon_locked(uint64_t now_ns);
  void inject_resize(uint32_t count, uint64_t now_ns);
  void inject(G* g, uint64_t now_ns);

  // world.cpp: stopping the world, GOMAXPROCS.
  bool stop_world(M* m, Step* step);
  void gc_stop_m(M* m);
  void preempt_all();
  void stop_p_locked(P* p, uint64_t now_ns);
  void close_busy(P* p, uint64_t now_ns);
  void world_stopped(M* m);
  bool world_is_mine(const M* m);
  P* resize_procs_locked(M* m, uint32_t count);
  void move_to_first_p(M* m);
  void destroy_p(M* m, P* p);
  bool safe_point_everywhere(M* m, Step* step);
  void wait_for_world(M* m, Step* step);
  void run_safe_point_locked(P* p, uint64_t now_ns);

  void snapshot_threads_locked(observe::SchedSnapshot* out) const;
  void snapshot_goroutines_locked(observe::SchedSnapshot* out) const;

  // life.cpp: goroutines' birth and death, the end of the run.
  G* make_g(P* p, const char* name, Task<void> body, uint64_t id = 0);
  G* new_g(P* p);
  void retire(M* m, G* g, bool goexit);
  void free_g(P* p, G* g);
  uint64_t next_goid(P* p);
  uint32_t name_index(P* p, const char* name);
  void end_run(RunState state);
  void fail(G* g, const char* prefix, const char* text);
  void record_failure(G* g, const char* prefix, const char* text);
  std::string compose_message();
  void destroy_goroutines();

  const Options options_;
  const bool virtual_time_;
  bool concurrent_ = false;
  uint64_t start_ns_ = 0;
  uint64_t wall_start_ns_ = 0;
  std::unique_ptr<Driver> driver_;
  observe::EventLog log_;
  Hooks hooks_;
  base::Racy<bool> collecting_;  // changes while the world is stopped; sysmon, and Ms on their way to sleep, look at it all the same
  FramePool frames_;

  // Asks every M to look at something: a stop of the world, the end. One load at the top of the loop.
  std::atomic<uint32_t> attention_{0};
  enum : uint32_t { kStopRequested = 1, kEnding = 2 };
  std::atomic<bool> ending_{false};
  std::atomic<RunState> state_{RunState::kIdle};
  std::atomic<bool> failing_{false};  // whoever sets it first writes the next two, and gives up the reserve
  std::string failure_;               // "panic: boom"
  G* failed_g_ = nullptr;
  std::atomic<uint64_t> end_ns_{0};   // run time at which the run ended; 0: it goes on
  base::Racy<uint64_t> virtual_now_ns_;  // virtual time: the latest moment any M has reached
  base::Racy<uint64_t> idle_ns_;         // what Ps have spent on the idle list, up to their last leaving; written under the lock
  base::Racy<uint64_t> created_elsewhere_;  // goroutines made without a P, by sysmon

  static constexpr uint32_t kSlab = 64;  // Gs allocated together

  mutable platform::Mutex mutex_;  // Go's sched.lock: guards what follows, up to the next blank line
  GList global_;    // with one P its holder's alone, without the lock: see GlobalQueueAccess
  GList injected_;  // the latest of the global queue, made runnable by those without a P
  M* idle_m_ = nullptr;
  uint32_t idle_m_count_ = 0;
  M* threadless_m_ = nullptr;  // Ms that got no thread, for the next try
  uint32_t threadless_m_count_ = 0;
  P* idle_p_ = nullptr;
  uint64_t goid_generator_ = 0;
  GList free_gs_;
  std::deque<std::unique_ptr<G[]>> g_slabs_;  // not a vector: to grow must not take much when memory is nearly used up
  uint32_t slab_used_ = 0;
  std::vector<std::string> names_;
  uint32_t stop_wait_ = 0;
  M* stopper_ = nullptr;
  uint32_t safe_point_wait_ = 0;
  M* safe_point_caller_ = nullptr;
  void (*safe_point_function_)(void*, P*) = nullptr;
  void* safe_point_argument_ = nullptr;
  bool sysmon_waits_ = false;
  bool handing_off_ = false;  // sysmon holds a P, for which it will wake an M

  std::atomic<uint32_t> idle_count_{0};    // Ps
  std::atomic<uint32_t> spinning_{0};      // Ms
  std::atomic<uint32_t> need_spinning_{0};
  std::atomic<uint32_t> procs_{0};
  std::atomic<uint32_t> requested_procs_{0};
  std::atomic<uint32_t> m_count_{0};
  std::atomic<M*> poller_{nullptr};        // the M that sleeps until the next timer
  std::atomic<uint64_t> poll_until_{0};
  std::atomic<uint64_t> exhausted_{0};
  std::atomic<uint64_t> calls_{0};         // goroutines in blocking calls
  std::atomic<uint64_t> handoffs_{0};
  std::atomic<uint64_t> mutex_wait_ns_{0};
  std::atomic<uint64_t> heartbeat_{0};
  std::atomic<uint64_t> system_goroutines_{0};
  bool main_gone_ = false;                 // goroutine 1 called Goexit

  std::unique_ptr<P> all_p_storage_[kMaxProcs];
  P* all_p_[kMaxProcs] = {};
  std::atomic<uint32_t> made_procs_{0};  // Ps that there are, used or not; observers look
  static constexpr uint32_t kMaxThreads = 10'000;  // sched.maxmcount
  std::unique_ptr<std::unique_ptr<M>[]> all_m_;
  uint32_t m_limit_ = 0;
  std::vector<uint32_t> coprimes_;         // of procs: strides for stealing

  // Given up when a run fails or ends: its words and its result need memory, and that may be what is missing.
  static constexpr size_t kReserveBytes = size_t{1} << 20;
  std::unique_ptr<char[]> reserve_;

  // sysmon's own.
  uint32_t sysmon_idle_rounds_ = 0;
  uint64_t sysmon_delay_ns_ = 0;
  uint64_t next_trace_ns_ = 0;
  void (*schedtrace_sink_)(void*, const observe::SchedSnapshot&) = nullptr;
  void* schedtrace_context_ = nullptr;

  // Stops of the world, for /sched/pauses. Written by the stopper.
  observe::TimeHistogram pauses_stopping_[2];  // [0] other, [1] gc
  observe::TimeHistogram pauses_total_[2];
  std::unique_ptr<observe::TimeHistogram> latencies_;  // those of the Ps together, made by collect()
  StwReason stop_reason_ = StwReason::kOther;
  uint64_t stop_begin_ns_ = 0;
  friend struct StopTheWorld;
  friend struct SafePointEverywhere;
};

}  // namespace samovar::sched
