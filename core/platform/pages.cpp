#include "platform/pages.h"

#include <cstdlib>

#if !defined(__wasm__)
#include <sys/mman.h>
#endif

namespace samovar::platform {

namespace {
constexpr size_t kAlignment = 8192;
uintptr_t align_up(uintptr_t address) { return (address + kAlignment - 1) & ~(kAlignment - 1); }
}  // namespace

#if defined(__wasm__)

PageRange::PageRange(size_t bytes) : bytes_(bytes), mapped_(bytes + kAlignment) {
  memory_ = std::malloc(mapped_);
  if (memory_ != nullptr) base_ = align_up(reinterpret_cast<uintptr_t>(memory_));
}

PageRange::~PageRange() { std::free(memory_); }

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
