#include "platform/pages.h"

#include <cstdlib>

#if defined(__wasm__)
#include <utility>

#include "platform/mutex.h"
#else
#include <sys/mman.h>
#endif

namespace samovar::platform {

namespace {
constexpr size_t kAlignment = 8192;
uintptr_t align_up(uintptr_t address) { return (address + kAlignment - 1) & ~(kAlignment - 1); }
}  // namespace

#if defined(__wasm__)

namespace {

// The largest range that nobody uses. Given to malloc it would leave a hole, and the least allocation that is then put there keeps the next run's arena out of it.
struct Kept {
  Mutex mutex;
  void* memory = nullptr;  // guarded by mutex
  size_t bytes = 0;        // guarded by mutex
} kept;

}  // namespace

PageRange::PageRange(size_t bytes) : bytes_(bytes), mapped_(bytes + kAlignment) {
  MutexLock lock(kept.mutex);
  if (kept.bytes >= mapped_) {
    memory_ = std::exchange(kept.memory, nullptr);
    mapped_ = std::exchange(kept.bytes, 0);
  } else {
    std::free(std::exchange(kept.memory, nullptr));
    kept.bytes = 0;
    memory_ = std::malloc(mapped_);
  }
  if (memory_ != nullptr) base_ = align_up(reinterpret_cast<uintptr_t>(memory_));
}

PageRange::~PageRange() {
  if (memory_ == nullptr) return;
  MutexLock lock(kept.mutex);
  if (mapped_ > kept.bytes) {
    std::swap(memory_, kept.memory);
    std::swap(mapped_, kept.bytes);
  }
  std::free(memory_);
}

bool PageRange::fresh_is_zero() { return false; }  // malloc's may have been another run's

bool PageRange::release(uintptr_t, size_t) { return false; }

#else

PageRange::PageRange(size_t bytes) : bytes_(bytes), mapped_(bytes + kAlignment) {
  void* memory = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return;
  memory_ = memory;
  base_ = align_up(reinterpret_cast<uintptr_t>(memory_));
}

PageRange::~PageRange() {
  if (memory_ != nullptr) munmap(memory_, mapped_);
}

bool PageRange::fresh_is_zero() { return true; }

bool PageRange::release(uintptr_t base, size_t bytes) {
  return madvise(reinterpret_cast<void*>(base), bytes, MADV_DONTNEED) == 0;
}

#endif

}  // namespace samovar::platform
