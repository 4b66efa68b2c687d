// WorkerPool: the machine threads, created once and lent out.
//
// A browser creates a thread in milliseconds, and only while its main thread is idle; so all threads are made at
// start and parked, and a run borrows them. Natively the pool grows on demand up to its limit. A wasm build
// without threads has a pool of none, and only the virtual-time driver works there.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "platform/mutex.h"
#include "platform/parker.h"

namespace samovar::platform {

class WorkerPool {
 public:
  using Job = void (*)(void* argument);

  // A pool that never holds more than `limit` threads.
  explicit WorkerPool(uint32_t limit);

  // Ends all threads; every job must have returned.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Makes sure that `count` threads exist (at most the limit) and gives how many there are. Any thread, but in a
  // browser only the main thread can add any.
  uint32_t reserve(uint32_t count);

  // Runs job(argument) on an idle thread, creating one if allowed. False if there is none: nothing was started. Any thread.
  bool start(Job job, void* argument);

  uint32_t limit() const { return limit_; }

 private:
  struct Worker;
  Worker* create_locked();
  static void* thread_main(void* worker);

  const uint32_t limit_;
  std::atomic<bool> ending_{false};
  Mutex mutex_;
  std::vector<std::unique_ptr<Worker>> workers_;  // guarded by mutex_
  Worker* idle_ = nullptr;                        // LIFO list, guarded by mutex_: the warmest first
};

// The largest number of threads that a pool can usefully hold here: 0 where threads are not to be had.
uint32_t max_threads();

// The number of processors, at least 1. A browser may say less or more than the truth.
uint32_t processor_count();

// Sleeps the calling thread. Short sleeps overshoot (50 microseconds and more).
void sleep_ns(uint64_t ns);

// Busy-waits for about ns; for times too short to sleep.
void spin_ns(uint64_t ns);

}  // namespace samovar::platform
