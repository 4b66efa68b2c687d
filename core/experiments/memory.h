// What the experiments on memory share: the heap's figures at one moment, patterns of allocation, what is kept, prices.
//
// Everything here is for goroutines of a run with a heap, but for mebibytes(), memory_of() and what writes moments. Names and meanings of the fields are those of Go Runtime
// Demo: "mb" is 2^20 bytes, and alloc is what has been allocated and not been swept yet, dead or alive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>

#include "experiments/experiment.h"
#include "experiments/parameter.h"
#include "gc/collector.h"
#include "gc/local.h"
#include "gc/make.h"
#include "gc/ref.h"
#include "sched/task.h"

namespace samovar::experiments {

inline constexpr uint64_t kKibibyte = 1024;
inline constexpr uint64_t kMebibyte = 1024 * kKibibyte;

// What memory costs in virtual time beyond what the collector charges for an allocation; Go 1.26's figures, rounded.
inline constexpr uint64_t kFilledBytesPerNs = 4;  // a loop that writes byte after byte
inline constexpr uint64_t kTouchNs = 5;           // a few instructions on an object that is in the cache
inline constexpr uint64_t kMissNs = 60;           // the same on one that is not

inline double mebibytes(uint64_t bytes) {
  return static_cast<double>(bytes) / static_cast<double>(kMebibyte);
}

// The heap and its collections at one moment.
struct MemoryMoment {
  uint64_t object_bytes = 0;
  uint64_t objects = 0;
  uint64_t allocated_bytes = 0;  // since the start
  uint64_t in_use_bytes = 0;     // pages of spans in use
  uint64_t mapped_bytes = 0;     // pages in use and pages that were and are free now: what a memory limit is about
  gc::CollectorFigures gc;
  double gc_cpu_share = 0;  // of CPU time since the start of the run: the collector's when its last collection ended
  const gc::Collector* collector = nullptr;
};
MemoryMoment memory_now();
MemoryMoment memory_of(const gc::Collector& collector);

// Writes <runs> (how many collections lie between the two moments), gc_pause_total_ms of these, and gc_cpu_fraction:
// the share of CPU time since the start of the run that the collector had when its last collection ended.
void write_collections(Context& context, std::string_view runs, const MemoryMoment& before, const MemoryMoment& after);

// Writes throughput_mb_per_sec, unless the duration is too short to be known.
void write_throughput(Context& context, uint64_t bytes, uint64_t duration_ns);

// Waits until every finalizer and cleanup that is due has run.
sched::Task<void> finalizers_done();

// ---- What is kept, and what is dropped. ----

enum class Pattern : uint8_t { kShortLived, kLongLived, kMixed };

inline constexpr Choice kPatterns[] = {
    {"short-lived", "Each is dropped as soon as it has been used."},
    {"long-lived", "All are kept until the end."},
    {"mixed", "Every other one is kept until the end."},
};

Pattern pattern_of(const Parameters& parameters);

// Whether the index-th allocation is kept.
constexpr bool keeps(Pattern pattern, uint64_t index) {
  return pattern == Pattern::kLongLived || (pattern == Pattern::kMixed && index % 2 == 0);
}

// Keeps byte slices alive for as long as it lives itself: an array in the heap, which a Root refers to. For one
// goroutine at a time.
class Kept {
 public:
  void reserve(size_t most) {
    if (most > 0) array_ = gc::make_array<gc::Ref<uint8_t>>(most);
  }
  void add(uint8_t* bytes) { array_.get()[count_++] = bytes; }
  uint64_t size() const { return count_; }
  uint8_t* operator[](size_t i) const { return array_.get()[i]; }

 private:
  gc::Root<gc::Ref<uint8_t>> array_;
  uint64_t count_ = 0;
};

// The same without knowing how many there will be: a Go [][]byte that is appended to. It is copied into a larger one as often as Go's, and leaves as much garbage
// behind. For one goroutine at a time.
class Appended {
 public:
  void add(uint8_t* bytes, size_t length);
  uint64_t size() const { return count_; }
  uint64_t capacity() const { return capacity_; }

 private:
  struct Slice {  // as large as Go's
    gc::Ref<uint8_t> array;
    uint64_t length = 0;
    uint64_t capacity = 0;
    static constexpr auto slots() { return std::tuple(&Slice::array); }
  };

  void grow();

  gc::Root<Slice> slices_;
  uint64_t count_ = 0;
  uint64_t capacity_ = 0;
};

}  // namespace samovar::experiments
