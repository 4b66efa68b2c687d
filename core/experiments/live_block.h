// LiveBlock: the figures of a running scheduler as words that the page reads straight from the engine's memory.
// docs/engine-interface.md has the layout; web/src/engine/live-block.ts reads it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace samovar::gc {
class Collector;
}

namespace samovar::experiments {

class Run;

class LiveBlock {
 public:
  static constexpr uint64_t kVersion = 2;
  static constexpr size_t kHeaderLines = 2;
  static constexpr size_t kProcs = 64;
  static constexpr size_t kThreads = 96;
  static constexpr size_t kHeapLines = 3;
  static constexpr size_t kLineWords = 8;

  // Overwrites the block with what `run` is doing now. `status` and `number` are the engine's. Never waits; one caller at a time.
  // `run` may be null: an engine that has not run anything yet.
  void sample(Run* run, uint64_t status, uint64_t number);

  const uint64_t* words() const { return words_; }
  uint64_t word(size_t line, size_t index) const { return words_[line * kLineWords + index]; }

 private:
  void sample_heap(const gc::Collector* collector);
  uint64_t* line(size_t index) { return words_ + index * kLineWords; }

  alignas(64) uint64_t words_[(kHeaderLines + kProcs + kThreads + kHeapLines) * kLineWords] = {kVersion};
};

}  // namespace samovar::experiments
