// Run: one execution of one experiment, start to end. The only place that puts an experiment, its parameters and
// a scheduler together; the command line and the page both go through it.
//
//   Run run(*find("mine"), parameters, {.workers = &pool});
//   run.execute();                       // or, in virtual time, begin(), advance() until false, finish()
//   std::string json = run.to_json();    // as result() in docs/engine-interface.md
//
// One thread executes; any other may cancel and look meanwhile. Results may be read after finish() only.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "experiments/experiment.h"
#include "gc/collector.h"
#include "observe/metrics.h"
#include "observe/schedtrace.h"
#include "platform/mutex.h"
#include "sched/options.h"
#include "sched/scheduler.h"
#include "sched/task.h"

namespace samovar::experiments {

// What a run is told beside its parameters: things that change what is kept of it, not what happens in it. But for the slice and the
// checks of the collector, which only tests change.
struct RunOptions {
  platform::WorkerPool* workers = nullptr;    // null or empty: simulated threads, whatever `time` says
  size_t event_bytes = size_t{16} << 20;      // memory for the event rings
  uint32_t schedtrace_ms = 0;                 // 0: no schedtrace lines
  bool scheddetail = false;                   // lines on each P, M and G too
  size_t schedtrace_bytes = size_t{4} << 20;  // where schedtrace's text ends, with a line that says so
  uint64_t number = 1;                        // "run" of the result
  uint64_t slice_ns = sched::Options().slice_ns;  // see there
  bool checkmark = false;  // see gc::CollectorOptions
  bool poison = false;     // see there
};

// What it cost to run.
struct Cost {
  uint64_t wall_ns = 0;
  uint64_t virtual_ns = 0;  // virtual time only
  uint64_t events_recorded = 0;
  uint64_t events_dropped = 0;       // overwritten before anybody drained them, as far as was noticed
  uint64_t digest = 0;               // virtual time only
  uint64_t clock_resolution_ns = 0;  // of the machine's clock, from which wall_ns was read
  uint64_t goroutine_bytes = 0;      // frames and headers of all goroutines at their most
};

class Run {
 public:
  // `spec` and what `options` points to must outlive the run. Nothing starts yet.
  Run(const ExperimentSpec& spec, Parameters parameters, const RunOptions& options);
  ~Run();  // a run that was begun must have finished
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // Runs to the end on the calling thread, which in real time becomes M 0.
  void execute();

  // The same in portions, for a thread that has other things to do: advance() goes on for about `wall_ms` (in real
  // time: to the end) and says whether there is more. finish() collects the results.
  void begin();
  bool advance(uint32_t wall_ms);
  void finish();

  // Ends the run at its next checkpoints. Any thread, any time, any number of times.
  void cancel();

  // ---- For any thread, at any time. ----

  const ExperimentSpec& spec() const { return spec_; }
  const Parameters& parameters() const { return parameters_; }
  uint64_t number() const { return options_.number; }
  bool virtual_time() const { return virtual_time_; }
  sched::RunState state() const { return scheduler_->state(); }
  sched::Scheduler& scheduler() { return *scheduler_; }
  const RunSignals& signals() const { return signals_; }
  observe::EventLog& log() { return scheduler_->log(); }
  std::vector<std::string> names() const { return scheduler_->names(); }

  // Asks for a change of GOMAXPROCS while the run goes on; values beyond 1 to 64 become the nearest of these.
  void request_procs(uint32_t procs) { scheduler_->request_procs(procs); }

  // The collector of a run that has a heap, else null. Its figures may be read at any time.
  const gc::Collector* collector() const { return collector_.get(); }

  // gctrace and gcpacertrace lines, see gc::Collector::gctrace(); "" without a heap.
  std::string gctrace(int level, uint32_t* seen = nullptr, bool pacer = false) const {
    return collector_ != nullptr ? collector_->gctrace(level, seen, pacer) : std::string();
  }

  // Asks for another GOGC or memory limit, as the parameters have them, while the run goes on; values beyond their ranges become the nearest within. Nothing
  // happens in a run without a heap. One caller at a time.
  void request_gogc(int64_t percent);
  void request_memory_limit(int64_t mebibytes);

  // A copy of the schedtrace text so far, from byte `from` on.
  std::string schedtrace(size_t from = 0) const;

  // ---- After finish(). ----

  const sched::Outcome& outcome() const { return outcome_; }
  // The experiment's own fields, as a JSON object.
  const std::string& result_json() const { return result_; }
  const UnitList& units() const { return units_; }
  const observe::MetricSet& metrics() const { return metrics_; }
  // Overwritten events are counted when somebody drains the log, so events_dropped may grow until that is done.
  Cost cost() const;
  // The digest as 16 hex digits; "" in real time.
  std::string digest() const;

  // The whole result as result() in docs/engine-interface.md.
  std::string to_json() const;

 private:
  static sched::Task<void> main_goroutine(void* run);
  void make_collector();
  static void take_trace(void* run, const observe::SchedSnapshot& snapshot);
  void write_cost(base::JsonWriter& json) const;

  const ExperimentSpec& spec_;
  const Parameters parameters_;
  const RunOptions options_;
  const bool virtual_time_;

  RunSignals signals_;
  std::string result_;
  base::JsonWriter result_writer_{result_};
  UnitList units_;

  mutable platform::Mutex trace_mutex_;
  std::string trace_;        // guarded by trace_mutex_
  bool trace_full_ = false;  // guarded by trace_mutex_

  std::unique_ptr<sched::Scheduler> scheduler_;
  std::unique_ptr<gc::Collector> collector_;  // null: no heap, or no memory for it
  std::unique_ptr<Context> context_;

  sched::Outcome outcome_;
  observe::MetricSet metrics_;
  Cost cost_;
};

// "idle", "running", "done", "cancelled", "panicked", "deadlocked", "failed".
std::string_view name_of(sched::RunState state);

}  // namespace samovar::experiments
