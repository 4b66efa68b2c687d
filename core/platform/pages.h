// Address space in pages: what the heap's arena is made of.
#pragma once

#include <cstddef>
#include <cstdint>

namespace samovar::platform {

// PageRange: `bytes` of memory, aligned to 8 KiB, from the system. Natively it is reserved and costs nothing until touched; in wasm, whose memory
// never shrinks, it is taken from the engine's memory at once, and the largest that is not used any more is kept for the next of at most that size.
class PageRange {
 public:
  // `bytes` is a multiple of 8 KiB. ok() is false if the system has not that much.
  explicit PageRange(size_t bytes);
  ~PageRange();
  PageRange(const PageRange&) = delete;
  PageRange& operator=(const PageRange&) = delete;

  bool ok() const { return base_ != 0; }
  uintptr_t base() const { return base_; }
  size_t bytes() const { return bytes_; }

  // Whether memory that was never touched reads as zero.
  static bool fresh_is_zero();

  // Gives the memory of these pages back to the system while keeping the addresses; they read as zero afterwards. False where that cannot be
  // done (wasm): nothing has changed then. Nobody may use the pages meanwhile.
  static bool release(uintptr_t base, size_t bytes);

 private:
  void* memory_ = nullptr;
  uintptr_t base_ = 0;
  size_t bytes_ = 0;
  size_t mapped_ = 0;
};

}  // namespace samovar::platform
