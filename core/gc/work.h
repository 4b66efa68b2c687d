// Work: what is grey and waits to be scanned (Go: mgcwork.go).
//
// Two kinds. Objects: a stack of addresses for each P, in buffers of 253, of which full ones are shared. Spans, for the Green Tea marker: a FIFO of
// pages for each P, in which a page waits while more of its objects are marked; part of it is shared, where other Ps can take half.
//
// The P's own part is touched without a lock. The shared parts have one each, taken once in hundreds of operations; Go's are lock-free.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "base/racy.h"
#include "base/rng.h"
#include "heap/size_classes.h"
#include "platform/mutex.h"

namespace samovar::gc {

inline constexpr uint32_t kMaxWorkProcs = 64;

// ---- Objects ----

struct ObjectBuffer {
  static constexpr uint32_t kCapacity = 253;  // 2 KiB in Go
  ObjectBuffer* next = nullptr;
  uint32_t count = 0;
  uintptr_t objects[kCapacity];
};

// Buffers that no P holds. Any thread. All belong to the pool and go with it; whoever takes one has it alone until it is put back.
class ObjectPool {
 public:
  // A buffer with a count of 0, made if there is none. Never null.
  ObjectBuffer* take_empty();
  // The buffer that was put last for others to scan; null if there is none, or (looked at without the lock) seems to be none.
  ObjectBuffer* take_full();
  // Puts one back; objects that it still has are forgotten.
  void put_empty(ObjectBuffer* buffer);
  // Puts one where all Ps find it; its objects are grey. Need not be full.
  void put_full(ObjectBuffer* buffer);
  bool has_full() const { return full_count_.load(std::memory_order_relaxed) != 0; }  // relaxed: looked at again under the lock

 private:
  platform::Mutex mutex_;
  ObjectBuffer* full_ = nullptr;                                // guarded by mutex_
  ObjectBuffer* empty_ = nullptr;                               // guarded by mutex_
  std::vector<std::unique_ptr<ObjectBuffer>> all_;              // guarded by mutex_
  std::atomic<uint32_t> full_count_{0};
};

// ---- Spans ----

// A page and the object for which it was queued: the page's address, and the object's index in the low 13 bits (Go: objptr).
using SpanEntry = uintptr_t;

// What a P has given away of its queue, oldest first. Any thread.
class SharedSpans {
 public:
  void put(const SpanEntry* entries, uint32_t count);
  // Takes the older half, rounded up, at most `most`.
  uint32_t take_half(SpanEntry* out, uint32_t most);
  bool empty() const { return size_.load(std::memory_order_relaxed) == 0; }  // relaxed: looked at again under the lock

 private:
  platform::Mutex mutex_;
  std::deque<SpanEntry> entries_;  // guarded by mutex_
  std::atomic<uint32_t> size_{0};
};

// The P's own part. FIFO: of the orders that Go's authors tried it gathers most objects a page.
class SpanRing {
 public:
  static constexpr uint32_t kCapacity = 256;
  static constexpr uint32_t kSpillPeriod = 64;  // puts between two looks whether others should get some
  static constexpr uint32_t kSpill = 16;

  bool empty() const { return head_ == tail_; }
  uint32_t size() const { return tail_ - head_; }
  bool full() const { return size() == kCapacity; }
  void push(SpanEntry entry) { entries_[tail_++ % kCapacity] = entry; }
  SpanEntry pop() { return entries_[head_++ % kCapacity]; }

 private:
  std::array<SpanEntry, kCapacity> entries_{};
  uint32_t head_ = 0;
  uint32_t tail_ = 0;
};

// What was scanned of one size class, and how (gctrace=2).
struct ScanCounts {
  uint64_t single = 0;        // objects scanned alone
  uint64_t sparse = 0;        // objects scanned in pages with few grey ones
  uint64_t dense = 0;         // objects scanned in pages with many
  uint64_t sparse_spans = 0;  // such pages
  uint64_t dense_spans = 0;
  void add(const ScanCounts& other) {
    single += other.single;
    sparse += other.sparse;
    dense += other.dense;
    sparse_spans += other.sparse_spans;
    dense_spans += other.dense_spans;
  }
};

// All that is shared among Ps.
struct WorkPool {
  ObjectPool objects;
  std::array<SharedSpans, kMaxWorkProcs> spans;
  // A guess whether there is anything that another P could take.
  bool has_shared() const {
    if (objects.has_full()) return true;
    for (const SharedSpans& shared : spans) {
      if (!shared.empty()) return true;
    }
    return false;
  }
};

// A P's own work (Go: gcWork). Holder of the P.
class Work {
 public:
  void attach(WorkPool* pool, uint32_t index, uint64_t seed) {
    pool_ = pool;
    index_ = index;
    rng_ = base::Rng(seed);
  }

  void put_object(uintptr_t object) {
    if (first_ == nullptr || first_->count == ObjectBuffer::kCapacity) [[unlikely]] make_room();
    first_->objects[first_->count++] = object;
  }
  // From its own buffers only.
  bool get_own_object(uintptr_t* object) {
    if (first_ == nullptr || first_->count == 0) [[unlikely]] {
      if (second_ == nullptr || second_->count == 0) return false;
      std::swap(first_, second_);
    }
    *object = first_->objects[--first_->count];
    return true;
  }
  // A whole buffer that somebody has shared.
  bool get_shared_objects();

  void put_span(SpanEntry entry) {
    if (ring_.full()) [[unlikely]] share_spans(SpanRing::kCapacity / 2);
    ring_.push(entry);
    if (++puts_ % SpanRing::kSpillPeriod == 0 && ring_.size() > 4 && pool_->spans[index_].empty()) [[unlikely]] {
      share_spans(std::min(ring_.size() / 2, SpanRing::kSpill));
    }
  }
  bool get_own_span(SpanEntry* entry) {
    if (ring_.empty()) return false;
    *entry = ring_.pop();
    return true;
  }
  // What it has given away itself and nobody has taken.
  bool get_own_shared_spans() { return take_spans(index_); }
  // What others have given away.
  bool steal_spans();

  // If nobody else can find any, gives away some of its objects (Go: balance).
  void balance();

  // Gives away everything. True if there was anything.
  bool flush();
  bool empty() const { return (first_ == nullptr || first_->count == 0) && (second_ == nullptr || second_->count == 0) && ring_.empty(); }

  // Set when something was shared: somebody may want to wake a worker. Cleared by whoever looks.
  bool published = false;

  // Figures of this cycle, until they are collected.
  uint64_t bytes_marked = 0;
  int64_t bytes_walked = 0;  // whole slots of scanned objects: what time goes by
  int64_t scan_work = 0;     // of these, what lies before the end of each one's last slot: what the pacer goes by, as Go's
  std::array<ScanCounts, heap::kSizeClasses> counts{};

 private:
  void make_room();
  void share_spans(uint32_t count);
  bool take_spans(uint32_t from);

  WorkPool* pool_ = nullptr;
  uint32_t index_ = 0;
  uint32_t puts_ = 0;
  ObjectBuffer* first_ = nullptr;   // two, so that a put and a get at the border do not go to the pool each time
  ObjectBuffer* second_ = nullptr;
  SpanRing ring_;
  base::Rng rng_;
};

}  // namespace samovar::gc
