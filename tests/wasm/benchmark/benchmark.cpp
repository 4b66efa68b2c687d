// Runs benchmarks as Google Benchmark does: a loop is repeated with more and more iterations until it takes long
// enough to be measured by a clock as coarse as a browser's, and only that last run is reported.
#include "benchmark/benchmark.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace benchmark {
namespace {

constexpr std::uint64_t kMostIterations = 1'000'000'000;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

std::vector<std::unique_ptr<Benchmark>>& registry() {
  static std::vector<std::unique_ptr<Benchmark>> benchmarks;
  return benchmarks;
}

struct Options {
  std::string filter;
  double min_seconds = 0.3;
};

Options& options() {
  static Options instance;
  return instance;
}

// 1234567 as "1.23M": what a person compares at a glance.
std::string short_number(double value) {
  constexpr const char* kSuffixes[] = {"", "k", "M", "G", "T"};
  std::size_t index = 0;
  while (value >= 1000 && index + 1 < std::size(kSuffixes)) {
    value /= 1000;
    ++index;
  }
  char text[32];
  std::snprintf(text, sizeof text, "%.4g%s", value, kSuffixes[index]);
  return text;
}

}  // namespace

bool State::KeepRunning() {
  if (!skipped_.empty()) return false;
  if (kept_running_ == 0) ResumeTiming();
  if (kept_running_++ < iterations_) return true;
  PauseTiming();
  return false;
}

void State::PauseTiming() {
  if (started_ >= 0) seconds_ += now() - started_;
  started_ = -1;
}

void State::ResumeTiming() { started_ = now(); }

State::Iterator State::finished() {
  iterations_ = 0;
  return Iterator(this);
}

Benchmark* Benchmark::DenseRange(std::int64_t first, std::int64_t last, int step) {
  for (std::int64_t argument = first; argument <= last; argument += step) Arg(argument);
  return this;
}

Benchmark* Benchmark::Range(std::int64_t first, std::int64_t last) {
  Arg(first);
  for (std::int64_t argument = 1; argument < last; argument *= multiplier_) {
    if (argument > first) Arg(argument);
  }
  return first == last ? this : Arg(last);
}

void Benchmark::run_all(const std::string& filter, double min_seconds) const {
  const std::vector<std::vector<std::int64_t>> no_arguments{{}};
  for (const auto& arguments : argument_lists_.empty() ? no_arguments : argument_lists_) {
    std::string name = name_;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      name += "/" + (i < argument_names_.size() ? argument_names_[i] + ":" : "") + std::to_string(arguments[i]);
    }
    if (name.find(filter) == std::string::npos) continue;
    run_one(name, arguments, min_seconds_ > 0 ? std::min(min_seconds_, min_seconds) : min_seconds);
  }
}

void Benchmark::run_one(const std::string& name, const std::vector<std::int64_t>& arguments,
                        double min_seconds) const {
  std::uint64_t iterations = fixed_iterations_ != 0 ? fixed_iterations_ : 1;
  while (true) {
    State state(iterations, arguments);
    run_(state);
    const double seconds = manual_ ? state.manual_seconds_ : state.seconds_;
    if (fixed_iterations_ != 0 || seconds >= min_seconds || iterations >= kMostIterations || !state.skipped_.empty()) {
      return print(name, state, seconds);
    }
    // Aim a little beyond the goal, but grow tenfold at most: a first run says little.
    const double wanted = seconds > 0 ? 1.4 * min_seconds / seconds : 10.0;
    const double factor = std::clamp(wanted, 1.5, 10.0);
    iterations = std::min(kMostIterations, static_cast<std::uint64_t>(static_cast<double>(iterations) * factor) + 1);
  }
}

void Benchmark::print(const std::string& name, const State& state, double seconds) const {
  if (!state.skipped_.empty()) {
    std::printf("%-44s skipped: %s\n", name.c_str(), state.skipped_.c_str());
    return;
  }
  const double iterations = static_cast<double>(std::max<std::uint64_t>(state.iterations_, 1));
  std::printf("%-44s %12.1f ns %12.0f", name.c_str(), seconds * 1e9 / iterations, iterations);
  if (state.items_ != 0) {
    std::printf(" items_per_second=%s/s", short_number(static_cast<double>(state.items_) / seconds).c_str());
  }
  if (state.bytes_ != 0) {
    std::printf(" bytes_per_second=%s/s", short_number(static_cast<double>(state.bytes_) / seconds).c_str());
  }
  for (const auto& [key, counter] : state.counters) {
    double value = counter.value;
    if (counter.flags & Counter::kIsIterationInvariant) value *= iterations;
    if (counter.flags & Counter::kAvgIterations) value /= iterations;
    if (counter.flags & Counter::kIsRate) value /= seconds;
    if (counter.flags & Counter::kInvert) value = 1 / value;
    std::printf(" %s=%s%s", key.c_str(), short_number(value).c_str(), counter.flags & Counter::kIsRate ? "/s" : "");
  }
  std::printf("%s%s\n", state.label_.empty() ? "" : " ", state.label_.c_str());
  std::fflush(stdout);
}

Benchmark* register_benchmark(std::string name, std::function<void(State&)> run) {
  return registry().emplace_back(std::make_unique<Benchmark>(std::move(name), std::move(run))).get();
}

void Initialize(int* argc, char** argv) {
  constexpr const char* kFilter = "--benchmark_filter=";
  constexpr const char* kMinTime = "--benchmark_min_time=";
  for (int i = 1; i < *argc; ++i) {
    if (std::strncmp(argv[i], kFilter, std::strlen(kFilter)) == 0) options().filter = argv[i] + std::strlen(kFilter);
    if (std::strncmp(argv[i], kMinTime, std::strlen(kMinTime)) == 0) {
      options().min_seconds = std::atof(argv[i] + std::strlen(kMinTime));
    }
  }
}

std::size_t RunSpecifiedBenchmarks() {
  std::printf("%-44s %15s %12s  (wasm, wall clock; a filter is a plain part of the name)\n", "benchmark", "time",
              "iterations");
  for (const auto& benchmark : registry()) benchmark->run_all(options().filter, options().min_seconds);
  return registry().size();
}

}  // namespace benchmark
