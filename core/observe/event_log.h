// EventLog: where a run's events are written, one ring a P, and from where readers drain them.
//
// Writing costs a few plain stores: no lock, no allocation, no clock reading. A ring that is full drops its oldest
// events and counts them. One more ring, behind a lock, takes what happens without a P (an M parking, sysmon).
//
// Rejected: one shared ring (its tail is contended by every switch), and blocking the writer when full (the observer
// would then change what it observes).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "observe/event.h"
#include "platform/mutex.h"

namespace samovar::observe {

// Digest folds events into 64 bits: equal runs have equal digests. FNV-1a over words, with a rotation so that high
// bits reach low ones.
class Digest {
 public:
  void add(uint64_t word) {
    value_ = (value_ ^ word) * 0x100000001b3ull;
    value_ = (value_ << 29) | (value_ >> 35);
  }
  // The words of an event; without its seq, which its place among the others implies.
  void add(uint64_t time_ns, uint64_t tag, uint64_t g_and_a, uint64_t b) {
    add(time_ns);
    add(tag);
    add(g_and_a);
    add(b);
  }
  void add(const Event& event);
  uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 0xcbf29ce484222325ull;
};

// EventRing: one writer at a time (whoever holds the P), one reader at a time (whoever holds the log's drain lock).
class EventRing {
 public:
  static constexpr uint64_t tag(EventKind kind, uint8_t reason, uint16_t p) {
    return uint64_t{static_cast<uint8_t>(kind)} << 32 | uint64_t{reason} << 40 | uint64_t{p} << 48;
  }

  // capacity must be a power of two. Events are folded into *digest too, if it is not null.
  void allocate(uint32_t capacity, Digest* digest);
  bool allocated() const { return slots_ != nullptr; }

  // Appends; seq is filled in. Owner only. On the path of every switch: no call, no lock, no allocation.
  void record(const Event& event) {
    record(event.time_ns, tag(event.kind, event.reason, event.p), event.g | uint64_t{event.a} << 32, event.b);
  }

  // The same from the record's four words, which spares the compiler from building it in memory first.
  void record(uint64_t time_ns, uint64_t tag, uint64_t g_and_a, uint64_t b) {
    const uint64_t n = written_.load(std::memory_order_relaxed);  // relaxed: only the owner writes it
    Slot& slot = slots_[n & mask_];
    const uint64_t second = tag | static_cast<uint32_t>(n);
    store(&slot.word[0], time_ns);
    store(&slot.word[1], second);
    store(&slot.word[2], g_and_a);
    store(&slot.word[3], b);
    if (digest_ != nullptr) [[unlikely]] digest_->add(time_ns, tag, g_and_a, b);
    // release: pairs with the acquire in drain(), which then sees the record.
    written_.store(n + 1, std::memory_order_release);
  }

  // Copies up to `most` unread events to `out`, oldest first; adds what was overwritten unread to *dropped.
  size_t drain(Event* out, size_t most, uint64_t* dropped);

  uint64_t written() const { return written_.load(std::memory_order_relaxed); }  // relaxed: a statistic

 private:
  struct Slot {
    uint64_t word[4];
  };
  // A reader may look at a slot while it is overwritten, and throws away what it read then (see drain). Natively the
  // words are relaxed atomics, which cost nothing and make this well defined. In wasm an atomic store is a full
  // exchange; there an aligned plain 64-bit access cannot tear, and the relaxed order is the machine's own.
  static void store(uint64_t* word, uint64_t value) {
#if defined(__wasm__)
    *word = value;
#else
    __atomic_store_n(word, value, __ATOMIC_RELAXED);
#endif
  }
  static void load(const Slot& slot, Event* event);

  Digest* digest_ = nullptr;
  std::unique_ptr<Slot[]> slots_;
  uint64_t mask_ = 0;
  std::atomic<uint64_t> written_{0};
  uint64_t read_ = 0;  // guarded by the log's drain lock
};

class EventLog {
 public:
  // Room for `rings` rings at most, of which `expected` (and the one for events without a P) share about `bytes` of
  // memory; each is made by add_ring(). With `digest` every event is folded into digest() (one thread only: virtual time).
  EventLog(uint32_t rings, uint32_t expected, size_t bytes, bool digest);

  // Makes the ring of P number `ring`; nobody may record on it before. Any thread.
  void add_ring(uint32_t ring);

  // Records on the ring of event.p, whose owner the caller must be.
  void record(const Event& event) { rings_[event.p].record(event); }

  // The ring of P number `ring`, made by add_ring().
  EventRing& ring(uint32_t ring) { return rings_[ring]; }

  // Records without a P. Any thread.
  void record_without_p(Event event);

  // Copies up to `most` events to `out`, ring after ring. Any thread, one at a time waits for the other.
  size_t drain(Event* out, size_t most);

  uint64_t recorded() const;
  uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }  // relaxed: a statistic
  uint64_t digest() const { return digest_.value(); }

 private:
  Digest digest_;
  const bool digesting_;
  const uint32_t ring_capacity_;       // events
  const uint32_t ring_count_;          // without the one for events without a P, which comes last
  std::unique_ptr<EventRing[]> rings_;
  platform::Mutex without_p_mutex_;
  platform::Mutex drain_mutex_;
  uint32_t next_ring_ = 0;             // guarded by drain_mutex_: where the next drain begins
  std::atomic<uint64_t> dropped_{0};
};

}  // namespace samovar::observe
