// Engine: the page's side of a run. Commands come in as text from the page's thread, which must never wait; results, events
// and live figures are fetched by it when they are there.
//
// With threads, start() only leaves the order; a thread of the pool, the supervisor, makes the run, carries it out as M 0 and leaves
// the result. Without threads the caller's step() does the same in portions. What the two sides share is behind one lock, which
// the page's side only ever tries: when the supervisor is just swapping the run, a sample is skipped.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "experiments/heap_map.h"
#include "experiments/live_block.h"
#include "experiments/run.h"
#include "observe/event.h"
#include "platform/mutex.h"
#include "platform/worker_pool.h"

namespace samovar::embind {

class Engine {
 public:
  static constexpr size_t kDrainEvents = 16'384;
  static constexpr size_t kEventBytes = size_t{4} << 20;
  static constexpr uint32_t kSchedtraceMs = 100;

  // `threads`: how many to create now, all there will ever be; 0: simulated threads only.
  explicit Engine(uint32_t threads);
  ~Engine();

  // All of these are for the page's thread; docs/engine-interface.md says what they give. None waits.
  std::string describe() const;
  std::string validate(std::string_view experiment, std::string_view parameters) const;
  std::string start(std::string_view experiment, std::string_view parameters);
  void cancel();
  void set_procs(uint32_t procs);
  uint32_t status() const { return status_.load(std::memory_order_acquire); }  // pairs with complete()
  void poll();
  uint32_t drain();
  std::string names() const;
  std::string result() const;
  std::string schedtrace() const;
  std::string gctrace(int level) const;
  void set_gogc(int percent);
  void set_memory_limit(uint32_t mebibytes);
  uint32_t sample_heap();
  std::string heap_span(uint32_t page) const;
  bool step(uint32_t milliseconds);

  const experiments::LiveBlock& live() const { return live_; }
  const std::vector<observe::Event>& drained() const { return drained_; }
  const experiments::HeapMap& heap_map() const { return heap_map_; }

 private:
  static void supervise(void* engine);
  void make_run();
  experiments::Run* current_locked() const;
  void complete();

  platform::WorkerPool workers_;
  const uint32_t threads_;

  // The order, written before the supervisor starts.
  const experiments::ExperimentSpec* spec_ = nullptr;
  experiments::Parameters parameters_;
  uint64_t number_ = 0;
  std::atomic<bool> cancelled_{false};
  std::atomic<uint32_t> status_{0};

  mutable platform::Mutex mutex_;
  std::unique_ptr<experiments::Run> run_;  // guarded by mutex_
  std::string result_;                     // guarded by mutex_

  experiments::LiveBlock live_;
  experiments::HeapMap heap_map_;
  std::vector<observe::Event> drained_;
};

}  // namespace samovar::embind
