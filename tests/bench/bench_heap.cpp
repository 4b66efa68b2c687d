// What an allocation costs, by size and by how full the spans are, and what sweeping a span costs.
//
// A counter "ratio" compares with the C library measured in the same run: how many times as fast ours is (1 is the library itself).
//   heap/allocate/<size>/<percent>   objects without slots, from spans of which so much is alive; the library's calloc, after as much has been freed
//   heap/slots/<size>/<percent>      the same with every word a slot: what describing an object to the collector costs
//   heap/sweep/<size>/<percent>      sweeping a span of which so much is marked; the library's free of the objects that die
// Time is the processor's, of the measured part only; between two batches a whole collection is done unmeasured. Occupancy 0 is special:
// spans that are wholly dead have gone back to the page heap and are carved anew.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <ctime>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/rng.h"
#include "heap/heap.h"

namespace samovar::heap {
namespace {

constexpr size_t kBatchBytes = size_t{8} << 20;
constexpr size_t kArenaBytes = size_t{64} << 20;
constexpr Type kWord{8, 8, 1};

double seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// The library's rates, by size and occupancy: measured first, so that ours can be set against them.
std::map<std::string, double>& library_rates() {
  static std::map<std::string, double> rates;
  return rates;
}

void report(benchmark::State& state, const std::string& group, bool is_library, double work, double took) {
  const double rate = work / took;
  if (is_library) library_rates()[group] = rate;
  const auto library = library_rates().find(group);
  if (library != library_rates().end()) state.counters["ratio"] = rate / library->second;
  state.counters["ns_each"] = 1e9 / rate;
}

// A population of objects of one size, of which a share stays and the rest is made again and again.
class Population {
 public:
  Population(size_t bytes, int percent) : bytes_(bytes), percent_(percent), objects_(kBatchBytes / bytes) {}
  virtual ~Population() = default;

  // Makes all that is missing; gives how many that were, and adds the time it took.
  size_t make(double* took) {
    const double before = seconds();
    for (void*& object : objects_) {
      if (object != nullptr) continue;
      object = allocate();
      *static_cast<volatile char*>(object) = 1;
    }
    *took += seconds() - before;
    return missing_;
  }
  // Chooses who dies. The survivors are other ones each time, or those that stay would be packed together.
  void choose() {
    missing_ = 0;
    dead_.clear();
    for (void*& object : objects_) {
      if (rng_.below(100) < static_cast<uint32_t>(percent_)) continue;
      dead_.push_back(object);
      object = nullptr;
      ++missing_;
    }
  }
  // Lets them die; gives how many, or how many spans, and adds the time it took.
  virtual size_t kill(double* took) = 0;

 protected:
  virtual void* allocate() = 0;

  const size_t bytes_;
  const int percent_;
  base::Rng rng_{1};
  std::vector<void*> objects_;  // null: to be made
  std::vector<void*> dead_;
  size_t missing_ = 0;
};

class Library final : public Population {
 public:
  using Population::Population;
  ~Library() override {
    for (void* object : objects_) std::free(object);
  }
  size_t kill(double* took) override {
    const double before = seconds();
    for (void* object : dead_) std::free(object);
    *took += seconds() - before;
    return dead_.size();
  }

 private:
  void* allocate() override { return std::calloc(1, bytes_); }
};

class Ours final : public Population {
 public:
  Ours(size_t bytes, int percent, bool slots) : Population(bytes, percent), slots_(slots), heap_({.arena_bytes = kArenaBytes}) {
    heap_.open(cache_);
  }
  size_t kill(double* took) override {
    for (void* object : objects_) {
      if (object == nullptr) continue;
      Span* span = heap_.span_of(reinterpret_cast<uintptr_t>(object));
      set_bit(span->mark_bits(), span->index_of(reinterpret_cast<uintptr_t>(object)));
    }
    heap_.flush(cache_);
    heap_.start_sweep();
    size_t spans = 0;
    const double before = seconds();
    while (heap_.sweep_one()) ++spans;
    *took += seconds() - before;
    return spans;
  }

 private:
  void* allocate() override { return heap_.allocate(cache_, bytes_, slots_ ? &kWord : nullptr, &refilled_); }

  const bool slots_;
  bool refilled_ = false;
  Heap heap_;
  Cache cache_;
};

struct Case {
  size_t bytes;
  int percent;
  bool slots = false;
  bool library = false;
  std::string group() const { return std::to_string(bytes) + "/" + std::to_string(percent); }
  std::unique_ptr<Population> populate() const {
    if (library) return std::make_unique<Library>(bytes, percent);
    return std::make_unique<Ours>(bytes, percent, slots);
  }
};

void bench_allocate(benchmark::State& state, const Case& which) {
  const auto population = which.populate();
  double ignored = 0;
  double took = 0;
  double objects = 0;
  population->make(&ignored);
  for (auto _ : state) {
    population->choose();
    population->kill(&ignored);
    double batch = 0;
    objects += static_cast<double>(population->make(&batch));
    took += batch;
    state.SetIterationTime(batch);
  }
  report(state, which.group(), which.library, objects, took);
}

// Work is the spans swept; for the library, the spans that as many objects would have filled.
void bench_sweep(benchmark::State& state, const Case& which) {
  const auto population = which.populate();
  const double objects = objects_per_span(SpanClass(size_class_of(which.bytes), true));
  double ignored = 0;
  double took = 0;
  double spans = 0;
  population->make(&ignored);
  for (auto _ : state) {
    population->choose();
    double batch = 0;
    const auto killed = static_cast<double>(population->kill(&batch));
    spans += which.library ? killed / objects * 100.0 / (100 - which.percent) : killed;
    took += batch;
    state.SetIterationTime(batch);
    population->make(&ignored);
  }
  report(state, "sweep/" + which.group(), which.library, spans, took);
}

const bool kRegistered = [] {
  const auto add = [](const std::string& name, void (*function)(benchmark::State&, const Case&), const Case& which) {
    benchmark::RegisterBenchmark(("heap/" + name).c_str(), function, which)->UseManualTime();
  };
  for (const size_t bytes : {16u, 32u, 64u, 128u, 512u, 1024u, 4096u, 8192u, 32760u}) {
    for (const int percent : {0, 50, 90}) {
      const Case ours{bytes, percent};
      const Case library{bytes, percent, false, true};
      add("calloc/" + ours.group(), bench_allocate, library);
      add("allocate/" + ours.group(), bench_allocate, ours);
      if (percent == 50 && bytes != 32760) add("slots/" + ours.group(), bench_allocate, {bytes, percent, true});
      if (bytes > 1024) continue;
      add("free/" + ours.group(), bench_sweep, library);
      add("sweep/" + ours.group(), bench_sweep, ours);
    }
  }
  return true;
}();

}  // namespace
}  // namespace samovar::heap
