// What an experiment is: a name, what it shows, its parameters, and a coroutine that runs it.
//
// Each experiment lives in one file, which defines one constant ExperimentSpec; registry.cpp lists them all.
// Specifications are constants of the program: any thread may read them.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "experiments/parameter.h"

namespace samovar::sched {
class Scheduler;
template <class T>
class Task;
}  // namespace samovar::sched

namespace samovar::experiments {

// What another thread may ask of a run while it goes on, and the one thing that it may tell it. Every access is
// relaxed: these are figures to look at and a flag to notice soon; nothing else is ordered by them.
struct RunSignals {
  std::atomic<uint64_t> progress_done{0};
  std::atomic<uint64_t> progress_total{0};
  std::atomic<uint64_t> work{0};
  std::atomic<bool> cancelled{false};
};

// A number of the result and what it counts, e.g. {"hashes_per_second", "H/s"}.
using UnitList = std::vector<std::pair<std::string, std::string>>;

class SoFar;

// Everything an experiment is handed for one run. It outlives every goroutine of the run.
class Context {
 public:
  // All references are kept, and must outlive the context.
  Context(const Parameters& parameters, sched::Scheduler& scheduler, base::JsonWriter& result, UnitList& units,
          RunSignals& signals)
      : parameters_(parameters), scheduler_(scheduler), result_(result), units_(units), signals_(signals) {}

  // The checked values of the run.
  const Parameters& parameters() const { return parameters_; }

  sched::Scheduler& scheduler() { return scheduler_; }

  // Inside the "result" object: write fields. For one goroutine at a time, by custom the main one, before it
  // returns. What is left open when the run is cut short is closed, so fields written early are kept.
  base::JsonWriter& result() { return result_; }

  // Says what the number `field` of the result is measured in ("H/s", "ns", "blocks"); said twice, the last
  // holds. As result(), for one goroutine at a time.
  void unit(std::string_view field, std::string_view unit) {
    for (auto& [name, old] : units_) {
      if (name == field) {
        old = unit;
        return;
      }
    }
    units_.emplace_back(field, unit);
  }

  // How much of the run is done; total 0 means that nobody can know. Any thread.
  void progress(uint64_t done, uint64_t total) {
    signals_.progress_total.store(total, std::memory_order_relaxed);
    signals_.progress_done.store(done, std::memory_order_relaxed);
  }

  // Counts work done (hashes, messages): the live figure behind rates. Any thread; add in batches, for all
  // threads share one counter.
  void add_work(uint64_t units) { signals_.work.fetch_add(units, std::memory_order_relaxed); }

  // True once somebody has cancelled the run. Any thread. Checkpoints notice by themselves; this is for loops
  // that want to report what they have before they stop.
  bool cancelled() const { return signals_.cancelled.load(std::memory_order_relaxed); }

  // Makes a T that lives as long as the run. For what finalizers and cleanups write to: they run on a goroutine of the
  // runtime, which may be at it when the main one returns and its frame goes. For the main goroutine.
  template <class T, class... Arguments>
  T& make_lasting(Arguments&&... arguments) {
    auto made = std::make_shared<T>(std::forward<Arguments>(arguments)...);
    lasting_.push_back(made);
    return *made;
  }

  // Has every SoFar that is there written. For Run, once, when nothing runs any more.
  void write_so_far(uint64_t now_ns);

 private:
  friend class SoFar;
  const Parameters& parameters_;
  sched::Scheduler& scheduler_;
  base::JsonWriter& result_;
  UnitList& units_;
  RunSignals& signals_;
  std::vector<std::shared_ptr<void>> lasting_;
  std::vector<const SoFar*> so_far_;  // by the main goroutine, and after it by Run
};

// What is to be written into the result of a run that is cut short: cancelled, panicked, out of memory. A goroutine that is left then never runs on, but until
// everybody has stopped its frame is there, with all that it has counted.
//
//   SoFar so_far(context, start, [&](uint64_t duration_ns) { write_rate(context, "values_per_second", received, duration_ns, "values/s"); });
//
// A variable of the main goroutine, behind those that the writer reads. The writer is called on no goroutine, with all others at rest, unless the variable is gone
// or over() was called before; what it writes is what is known and means something for a part of a run.
class SoFar {
 public:
  using Writer = std::function<void(uint64_t duration_ns)>;

  // start_ns: the run time from which the writer's duration counts.
  SoFar(Context& context, uint64_t start_ns, Writer write);
  ~SoFar() { over(); }
  SoFar(const SoFar&) = delete;
  SoFar& operator=(const SoFar&) = delete;

  // From here on the result itself tells it. (Needless if nothing suspends any more.)
  void over();

 private:
  friend class Context;
  Context& context_;
  const uint64_t start_ns_;
  const Writer write_;
};

// Becomes the main goroutine of the run, and writes the result before it returns.
using RunFunction = sched::Task<void> (*)(Context&);

// Defaults of the parameters that every experiment has, where one wants its own.
struct CommonDefaults {
  int64_t procs = 2;
  int64_t seed = 1;
  std::string_view time = "real";  // or "virtual"
};

// How an experiment uses the collected heap. One that does has the parameters gogc, memory_limit, heap and marker, with its defaults for them, and
// its goroutines make objects with gc/make.h.
struct HeapUse {
  bool present = false;
  bool (*needed)(const Parameters& parameters) = nullptr;  // whether a run with these parameters has a heap; null: always
  int64_t gogc = 100;
  int64_t memory_limit_mib = 0;
  int64_t heap_mib = 64;
};

// What gogc and memory_limit may be: percent, -1 for off; MiB, 0 for none.
inline constexpr Range kGogcRange = {-1, 10'000};
inline constexpr Range kMemoryLimitRange = {0, 2048};

// ExperimentSpec is all there is to know about an experiment before it runs.
struct ExperimentSpec {
  std::string_view name = {};                      // "spawn-order": lower-case words with hyphens
  std::string_view title = {};                     // "Mine blocks"
  std::string_view verb = {};                      // the button: "Mine"
  std::string_view group = {};                     // "chain", "scheduler", "sync", "memory", "limits"
  std::string_view question = {};                  // "Why is it not twice as fast?"
  std::string_view shows = {};                     // one sentence: what one sees
  std::span<const std::string_view> charts = {};   // what the page draws, most telling first
  std::span<const ParameterSpec> parameters = {};  // its own; the common ones come after them
  RunFunction run = nullptr;
  CommonDefaults common = {};
  HeapUse heap = {};
  std::string_view work_unit = {};  // what Context::add_work counts: "H", "messages"; "" if it is not used
  std::string_view progress_unit = {};  // what Context::progress counts: "blocks"; "" if several things, so that only the share means anything
};

// The experiment's own parameters, then procs, those of the heap if it uses it, seed and time, with its defaults for them.
std::vector<ParameterSpec> all_parameters(const ExperimentSpec& experiment);

// Every experiment, in the order in which they are shown. (registry.cpp)
std::span<const ExperimentSpec* const> all();

// The experiment of that name, or null. Underscores are taken for hyphens.
const ExperimentSpec* find(std::string_view name);

// Appends the table of experiments and parameters as JSON, as describe() in docs/engine-interface.md has it.
// `threads` says whether this build has real threads.
void describe(base::JsonWriter& json, bool threads);

}  // namespace samovar::experiments
