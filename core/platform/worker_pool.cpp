#include "platform/worker_pool.h"

#include <pthread.h>
#include <time.h>

#include <thread>

#include "platform/clock.h"

namespace samovar::platform {

struct WorkerPool::Worker {
  WorkerPool* pool;
  pthread_t thread;
  Parker parker;
  Job job = nullptr;
  void* argument = nullptr;
  Worker* next_idle = nullptr;
};

WorkerPool::WorkerPool(uint32_t limit) : limit_(limit) {}

WorkerPool::~WorkerPool() {
  ending_.store(true, std::memory_order_release);  // pairs with thread_main()
  for (auto& worker : workers_) worker->parker.unpark();
  for (auto& worker : workers_) pthread_join(worker->thread, nullptr);
}

void* WorkerPool::thread_main(void* argument) {
  auto* self = static_cast<Worker*>(argument);
  for (;;) {
    self->parker.park();
    if (self->pool->ending_.load(std::memory_order_acquire)) return nullptr;  // pairs with ~WorkerPool()
    self->job(self->argument);
    MutexLock lock(self->pool->mutex_);
    self->next_idle = self->pool->idle_;
    self->pool->idle_ = self;
  }
}

WorkerPool::Worker* WorkerPool::create_locked() {
  if (workers_.size() >= limit_) return nullptr;
  auto worker = std::make_unique<Worker>();
  worker->pool = this;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  // Goroutines keep their state in heap frames: a thread needs little stack however many of them it runs.
  pthread_attr_setstacksize(&attributes, 256 * 1024);
  const int failed = pthread_create(&worker->thread, &attributes, thread_main, worker.get());
  pthread_attr_destroy(&attributes);
  if (failed != 0) return nullptr;
  workers_.push_back(std::move(worker));
  return workers_.back().get();
}

uint32_t WorkerPool::reserve(uint32_t count) {
  MutexLock lock(mutex_);
  while (workers_.size() < count) {
    Worker* worker = create_locked();
    if (worker == nullptr) break;
    worker->next_idle = idle_;
    idle_ = worker;
  }
  return static_cast<uint32_t>(workers_.size());
}

bool WorkerPool::start(Job job, void* argument) {
  Worker* worker;
  {
    MutexLock lock(mutex_);
    worker = idle_;
    if (worker != nullptr) {
      idle_ = worker->next_idle;
    } else {
      worker = create_locked();
    }
    if (worker == nullptr) return false;
    worker->job = job;
    worker->argument = argument;
  }
  worker->parker.unpark();
  return true;
}

uint32_t max_threads() {
#if defined(__EMSCRIPTEN__) && !defined(__EMSCRIPTEN_PTHREADS__)
  return 0;
#else
  return 10'000;  // Go's sched.maxmcount
#endif
}

uint32_t processor_count() {
  const unsigned count = std::thread::hardware_concurrency();
  return count == 0 ? 1 : count;
}

void sleep_ns(uint64_t ns) {
  timespec left{static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
  while (nanosleep(&left, &left) != 0) {
  }
}

void spin_ns(uint64_t ns) {
  const uint64_t end = now_ns() + ns;
  while (now_ns() < end) cpu_pause();
}

}  // namespace samovar::platform
