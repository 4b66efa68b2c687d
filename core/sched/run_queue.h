// The run queues: each P's ring with its runnext slot, and the global queue.
//
// LocalQueue is Go's (proc.go: runqput, runqget, runqgrab): one producer, the P's holder, who also consumes; any number of
// thieves who consume. Producer writes tail, consumers advance head by compare-and-swap. FIFO, 256 places, and one slot
// apart, runnext, for the goroutine that should run next and inherit the slice.
//
// Rejected: a Chase-Lev deque. It is 1.4 times as fast on fork-join, but LIFO, and the order in which goroutines run is
// what people come here to see. There are no fences: wasm-opt drops them, ThreadSanitizer does not know them.
//
// Orders: head CAS is a release by the consumer, paired with the producer's acquire load of head before it reuses slots; tail
// store is a release by the producer, paired with the thieves' acquire load of tail before they read slots. So the slots need no
// order of their own: a thief that read one while it was reused fails in its CAS.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/racy.h"
#include "sched/goroutine.h"

namespace samovar::sched {

// A FIFO of goroutines linked through G::link. No lock of its own.
class GList {
 public:
  GList() = default;
  GList(const GList&) = delete;
  GList& operator=(const GList&) = delete;

  // Anyone; without the lock of its owner a hint, to be confirmed with it.
  uint32_t size() const { return size_.get(); }

  void push_back(G* g) {
    g->link = nullptr;
    if (tail_ != nullptr) tail_->link = g; else head_ = g;
    tail_ = g;
    size_.set(size_.get() + 1);
  }
  void push_front(G* g) {
    g->link = head_;
    head_ = g;
    if (tail_ == nullptr) tail_ = g;
    size_.set(size_.get() + 1);
  }
  G* pop_front() {
    G* g = head_;
    if (g == nullptr) return nullptr;
    head_ = g->link;
    if (head_ == nullptr) tail_ = nullptr;
    size_.set(size_.get() - 1);
    return g;
  }
  // Moves all of `other` to the end of this list.
  void append(GList* other) {
    if (other->head_ == nullptr) return;
    if (tail_ != nullptr) tail_->link = other->head_; else head_ = other->head_;
    tail_ = other->tail_;
    size_.set(size_.get() + other->size_.get());
    other->head_ = other->tail_ = nullptr;
    other->size_.set(0);
  }

 private:
  G* head_ = nullptr;
  G* tail_ = nullptr;
  base::Racy<uint32_t> size_;
};

// The element type, the capacity, the atomics and the slots are parameters for the sake of the test that walks all interleavings.
template <class T, uint32_t Capacity = 256, template <class> class Atomic = std::atomic, template <class> class Slot = base::Racy>
class BasicLocalQueue {
 public:
  static constexpr uint32_t kCapacity = Capacity;
  static constexpr uint32_t kSpill = kCapacity / 2;

  // `shared`: whether anyone else can take from this queue now (more than one P). When not, the owner needs neither a
  // read-modify-write nor an order; the number of Ps changes only while the world is stopped.

  // Puts g into runnext and gives the goroutine that was there, null if none. Owner.
  T* exchange_next(T* g, bool shared) {
    if (!shared) {
      T* old = next_.load(std::memory_order_relaxed);
      base::store_unshared(next_, g);
      return old;
    }
    // seq_cst: the store must be visible before the submitter looks whether anybody is searching (Scheduler::wakep); it pairs with
    // empty(), which a searcher calls after it has said that it stops searching.
    return next_.exchange(g, std::memory_order_seq_cst);
  }

  // Takes runnext. Owner.
  T* take_next(bool shared) {
    T* g = next_.load(std::memory_order_relaxed);  // relaxed: only the owner sets it to non-null
    if (g == nullptr) return nullptr;
    if (!shared) {
      base::store_unshared(next_, nullptr);
      return g;
    }
    // A thief may have been faster; then there is nothing.
    return next_.compare_exchange_strong(g, nullptr, std::memory_order_acq_rel) ? g : nullptr;
  }

  // Appends g. False if the ring is full: the caller must spill() first. Owner.
  bool push(T* g, bool shared) {
    const uint32_t head = head_.load(std::memory_order_acquire);  // pairs with the consumers' CAS
    const uint32_t tail = tail_.load(std::memory_order_relaxed);  // relaxed: only the owner writes it
    if (tail - head >= kCapacity) return false;
    ring_[tail % kCapacity].set(g);  // published by the next line
    set_tail(tail + 1, shared);
    return true;
  }

  // Takes the oldest. Owner.
  T* pop(bool shared) {
    uint32_t head = head_.load(std::memory_order_acquire);  // pairs with the thieves' CAS
    for (;;) {
      const uint32_t tail = tail_.load(std::memory_order_relaxed);
      if (tail == head) return nullptr;
      T* g = ring_[head % kCapacity].get();
      if (!shared) {
        base::store_unshared(head_, head + 1);
        return g;
      }
      // release: the slot has been read and may be reused (pairs with push()).
      if (head_.compare_exchange_weak(head, head + 1, std::memory_order_acq_rel, std::memory_order_acquire)) return g;
    }
  }

  // Takes the oldest kSpill goroutines of a full ring into out[]; 0 if thieves made room meanwhile. Owner.
  uint32_t spill(T** out) {
    uint32_t head = head_.load(std::memory_order_acquire);  // pairs with the thieves' CAS
    const uint32_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head != kCapacity) return 0;
    for (uint32_t i = 0; i < kSpill; ++i) out[i] = ring_[(head + i) % kCapacity].get();
    return head_.compare_exchange_strong(head, head + kSpill, std::memory_order_acq_rel) ? kSpill : 0;
  }

  // Copies half of this queue, rounded up, from its head into out[] (kSpill places) and takes them. 0 if empty. Anyone.
  uint32_t steal(T** out) {
    for (;;) {
      uint32_t head = head_.load(std::memory_order_acquire);        // pairs with other consumers' CAS
      const uint32_t tail = tail_.load(std::memory_order_acquire);  // pairs with push()
      const uint32_t waiting = tail - head;
      const uint32_t count = waiting - waiting / 2;
      if (count == 0) return 0;
      if (count > kSpill) continue;  // head and tail were read at different moments
      for (uint32_t i = 0; i < count; ++i) out[i] = ring_[(head + i) % kCapacity].get();
      if (head_.compare_exchange_weak(head, head + count, std::memory_order_acq_rel)) return count;
    }
  }

  // Takes runnext from another P. Null if there is none or it was gone. Anyone.
  T* steal_next() {
    T* g = next_.load(std::memory_order_acquire);  // pairs with exchange_next()
    if (g == nullptr) return nullptr;
    return next_.compare_exchange_strong(g, nullptr, std::memory_order_acq_rel) ? g : nullptr;
  }

  // Appends what next() gives, `count` times; there must be room. Thieves see all of it at once. Owner.
  template <class Next>
  void push_each(uint32_t count, bool shared, Next next) {
    const uint32_t tail = tail_.load(std::memory_order_relaxed);
    for (uint32_t i = 0; i < count; ++i) ring_[(tail + i) % kCapacity].set(next());
    if (count > 0) set_tail(tail + count, shared);
  }

  // Appends stolen goroutines; there must be room. Owner.
  void push_batch(T* const* batch, uint32_t count) {
    push_each(count, true, [batch]() mutable { return *batch++; });
  }

  // How many places of the ring are taken, without runnext. A snapshot; anyone.
  uint32_t size() const {
    const uint32_t head = head_.load(std::memory_order_acquire);  // pairs with the consumers' CAS: the tail read next is no older than this head
    const uint32_t tail = tail_.load(std::memory_order_acquire);  // pairs with set_tail(), though no slot is looked at
    const uint32_t waiting = tail - head;
    return waiting > kCapacity ? kCapacity : waiting;  // head and tail were read at different moments
  }

  // Whether there is a runnext. A snapshot; anyone. acquire: pairs with exchange_next(), though the goroutine is not looked at.
  bool has_next() const { return next_.load(std::memory_order_acquire) != nullptr; }

  // Whether there is nothing at all. Head, tail and runnext are read at one moment, as proc.go:runqempty does: a goroutine
  // kicked from runnext to the ring in between must not be overlooked. Anyone.
  bool empty() const {
    for (;;) {
      const uint32_t head = head_.load(std::memory_order_seq_cst);
      const uint32_t tail = tail_.load(std::memory_order_seq_cst);
      const T* next = next_.load(std::memory_order_seq_cst);
      if (tail == tail_.load(std::memory_order_seq_cst)) return head == tail && next == nullptr;
    }
  }

 private:
  void set_tail(uint32_t tail, bool shared) {
    if (shared) {
      tail_.store(tail, std::memory_order_release);  // pairs with steal() and size()
    } else {
      base::store_unshared(tail_, tail);
    }
  }

  alignas(64) Atomic<uint32_t> head_{0};  // consumers
  alignas(64) Atomic<uint32_t> tail_{0};  // producer
  Atomic<T*> next_{nullptr};
  Slot<T*> ring_[kCapacity] = {};
};

using LocalQueue = BasicLocalQueue<G>;

}  // namespace samovar::sched
