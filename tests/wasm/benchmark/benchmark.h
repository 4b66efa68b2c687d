// The part of Google Benchmark's interface that tests/bench uses, for wasm under node only, where the library
// itself is not to be had. A loop that compiles natively against the real one compiles here against this one
// and is measured by the wall clock alone. Single-threaded registration and running; counters are printed as set,
// or divided by the loop's time where they are rates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace benchmark {

enum TimeUnit { kNanosecond, kMicrosecond, kMillisecond, kSecond };

struct Counter {
  enum Flags { kDefaults = 0, kIsRate = 1, kAvgThreads = 2, kAvgThreadsRate = 3, kIsIterationInvariantRate = 5,
               kAvgIterations = 8, kIsIterationInvariant = 4, kInvert = 16 };
  friend constexpr Flags operator|(Flags a, Flags b) { return static_cast<Flags>(static_cast<int>(a) | static_cast<int>(b)); }
  double value = 0;
  Flags flags = kDefaults;
  Counter(double v = 0, Flags f = kDefaults) : value(v), flags(f) {}  // NOLINT: implicit, as in the original
  operator double() const { return value; }                          // NOLINT
};
using UserCounters = std::map<std::string, Counter>;

// One measured loop: "for (auto _ : state)" runs iterations() times, between reading the clock twice.
class State {
 public:
  State(std::uint64_t iterations, const std::vector<std::int64_t>& arguments)
      : iterations_(iterations), arguments_(arguments) {}

  struct [[maybe_unused]] Value {};
  class Iterator {
   public:
    explicit Iterator(State* state) : state_(state), left_(state ? state->iterations_ : 0) {}
    Value operator*() const { return {}; }
    void operator++() { --left_; }
    bool operator!=(const Iterator&) {
      if (left_ != 0) [[likely]] return true;
      state_->PauseTiming();
      return false;
    }

   private:
    State* state_;
    std::uint64_t left_;
  };
  Iterator begin() {
    if (!skipped_.empty()) return finished();
    ResumeTiming();
    return Iterator(this);
  }
  Iterator end() { return Iterator(nullptr); }

  bool KeepRunning();
  void PauseTiming();
  void ResumeTiming();
  void SkipWithError(const char* why) { skipped_ = why; }
  void SetItemsProcessed(std::int64_t items) { items_ = items; }
  void SetBytesProcessed(std::int64_t bytes) { bytes_ = bytes; }
  void SetLabel(const std::string& label) { label_ = label; }
  void SetIterationTime(double seconds) { manual_seconds_ += seconds; }
  std::int64_t range(std::size_t index = 0) const { return arguments_.at(index); }
  std::uint64_t iterations() const { return iterations_; }
  std::uint64_t max_iterations_left() const { return iterations_ - kept_running_; }
  int threads() const { return 1; }
  int thread_index() const { return 0; }

  UserCounters counters;

 private:
  friend class Benchmark;
  Iterator finished();

  std::uint64_t iterations_;
  std::uint64_t kept_running_ = 0;
  const std::vector<std::int64_t>& arguments_;
  double started_ = -1;
  double seconds_ = 0;
  double manual_seconds_ = 0;
  std::int64_t items_ = 0;
  std::int64_t bytes_ = 0;
  std::string label_;
  std::string skipped_;
};

// A registered benchmark: one function and the argument lists it is run with.
class Benchmark {
 public:
  Benchmark(std::string name, std::function<void(State&)> run) : name_(std::move(name)), run_(std::move(run)) {}

  Benchmark* Arg(std::int64_t argument) { return Args({argument}); }
  Benchmark* Args(const std::vector<std::int64_t>& arguments) { argument_lists_.push_back(arguments); return this; }
  Benchmark* DenseRange(std::int64_t first, std::int64_t last, int step = 1);
  Benchmark* Range(std::int64_t first, std::int64_t last);
  Benchmark* RangeMultiplier(int multiplier) { multiplier_ = multiplier; return this; }
  Benchmark* Iterations(std::int64_t count) { fixed_iterations_ = static_cast<std::uint64_t>(count); return this; }
  Benchmark* ArgName(const std::string& name) { return ArgNames({name}); }
  Benchmark* ArgNames(const std::vector<std::string>& names) { argument_names_ = names; return this; }
  Benchmark* Name(const std::string& name) { name_ = name; return this; }
  Benchmark* UseManualTime() { manual_ = true; return this; }
  Benchmark* MinTime(double seconds) { min_seconds_ = seconds; return this; }
  // Accepted and without effect: there is one clock, one thread and one unit here.
  Benchmark* UseRealTime() { return this; }
  Benchmark* MeasureProcessCPUTime() { return this; }
  Benchmark* Unit(TimeUnit) { return this; }
  Benchmark* Repetitions(int) { return this; }

  void run_all(const std::string& filter, double min_seconds) const;

 private:
  void run_one(const std::string& name, const std::vector<std::int64_t>& arguments, double min_seconds) const;
  void print(const std::string& name, const State& state, double seconds) const;

  std::string name_;
  std::function<void(State&)> run_;
  std::vector<std::vector<std::int64_t>> argument_lists_;
  std::vector<std::string> argument_names_;
  std::uint64_t fixed_iterations_ = 0;
  double min_seconds_ = 0;
  int multiplier_ = 8;
  bool manual_ = false;
};

Benchmark* register_benchmark(std::string name, std::function<void(State&)> run);

template <typename Function, typename... Arguments>
Benchmark* RegisterBenchmark(const std::string& name, Function function, Arguments... arguments) {
  return register_benchmark(name, [=](State& state) { function(state, arguments...); });
}

void Initialize(int* argc, char** argv);
std::size_t RunSpecifiedBenchmarks();
inline bool ReportUnrecognizedArguments(int, char**) { return false; }
inline void Shutdown() {}
inline void AddCustomContext(const std::string&, const std::string&) {}

template <typename T>
inline void DoNotOptimize(T&& value) {
  asm volatile("" : : "r"(&value) : "memory");
}
inline void ClobberMemory() { asm volatile("" : : : "memory"); }

}  // namespace benchmark

#define SAMOVAR_BENCHMARK_JOIN2(a, b) a##b
#define SAMOVAR_BENCHMARK_JOIN(a, b) SAMOVAR_BENCHMARK_JOIN2(a, b)
#define SAMOVAR_BENCHMARK_NAME \
  [[maybe_unused]] static ::benchmark::Benchmark* const SAMOVAR_BENCHMARK_JOIN(samovar_benchmark_, __COUNTER__)

#define BENCHMARK(...) SAMOVAR_BENCHMARK_NAME = ::benchmark::RegisterBenchmark(#__VA_ARGS__, __VA_ARGS__)
#define BENCHMARK_CAPTURE(function, label, ...) \
  SAMOVAR_BENCHMARK_NAME = ::benchmark::RegisterBenchmark(#function "/" #label, function, __VA_ARGS__)
#define BENCHMARK_TEMPLATE(function, ...) \
  SAMOVAR_BENCHMARK_NAME = ::benchmark::RegisterBenchmark(#function "<" #__VA_ARGS__ ">", function<__VA_ARGS__>)
#define BENCHMARK_MAIN()             \
  int main(int argc, char** argv) {  \
    benchmark::Initialize(&argc, argv); \
    benchmark::RunSpecifiedBenchmarks(); \
  }                                  \
  static_assert(true)
