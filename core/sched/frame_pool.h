// FramePool: memory for coroutine frames, recycled by size.
//
// A goroutine's frame lives as briefly as the goroutine; malloc would take a third of the cost of spawn and exit. Frames are
// rounded to 32 bytes and kept in free lists: one set a P, touched only by whoever holds the P (no lock), which trades batches
// with a shared set behind a lock. Memory comes in 64 KiB chunks and goes back when the pool is destroyed with its scheduler.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "platform/mutex.h"

namespace samovar::sched {

inline constexpr size_t kFrameGranule = 32;
inline constexpr size_t kFrameClasses = 32;  // up to 1 KiB; larger frames come from malloc

struct FrameList {
  struct Node {
    Node* next;
  };
  Node* head = nullptr;
  uint32_t count = 0;
};

class FramePool;

// FrameCache: a P's own free lists. Holder of the P only.
class FrameCache {
 public:
  explicit FrameCache(FramePool& pool) : pool_(&pool) {}

  // Memory for a frame of `bytes`, aligned to 16; null if there is none left.
  void* allocate(size_t bytes);

  // Takes back what allocate(bytes), of any cache of the same pool, gave.
  void release(void* frame, size_t bytes);

  // Bytes of the frames in the lists. While nobody else holds the P.
  size_t free_bytes() const;
  const FramePool& pool() const { return *pool_; }

 private:
  static constexpr uint32_t kBatch = 64;
  FramePool* pool_;
  std::array<FrameList, kFrameClasses> lists_{};
};

class FramePool {
 public:
  FramePool() = default;
  ~FramePool();
  FramePool(const FramePool&) = delete;
  FramePool& operator=(const FramePool&) = delete;

  // As FrameCache, for threads without a P. Any thread.
  void* allocate(size_t bytes);
  void release(void* frame, size_t bytes);

  // Bytes taken from the system so far. Any thread.
  size_t reserved_bytes() const;

  // Bytes of all frames that were made of them, and of those that lie in the shared lists. Any thread.
  size_t made_bytes() const;
  size_t free_bytes() const;

 private:
  friend class FrameCache;
  static constexpr size_t kChunk = 64 * 1024;

  // Moves up to `count` free frames of a class into *list; false if not one could be had.
  bool refill(size_t frame_class, uint32_t count, FrameList* list);
  // Takes `count` frames from *list.
  void spill(size_t frame_class, uint32_t count, FrameList* list);
  FrameList::Node* carve_locked(size_t frame_class);

  mutable platform::Mutex mutex_;
  std::array<FrameList, kFrameClasses> lists_{};  // guarded by mutex_
  std::deque<void*> chunks_;                      // guarded by mutex_; not a vector: to grow must not take much
  char* bump_ = nullptr;                          // guarded by mutex_
  char* bump_end_ = nullptr;
  size_t made_bytes_ = 0;                         // guarded by mutex_
};

}  // namespace samovar::sched
