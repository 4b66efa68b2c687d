#include "observe/event_log.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace samovar::observe {

void Digest::add(const Event& event) {
  add(event.time_ns, EventRing::tag(event.kind, event.reason, event.p), event.g | uint64_t{event.a} << 32, event.b);
}

static_assert(std::endian::native == std::endian::little, "the page reads events as they lie in memory");

void EventRing::allocate(uint32_t capacity, Digest* digest) {
  digest_ = digest;
  slots_ = std::make_unique_for_overwrite<Slot[]>(capacity);
  mask_ = capacity - 1;
}

void EventRing::load(const Slot& slot, Event* event) {
  uint64_t words[4];
#if defined(__wasm__)
  std::memcpy(words, slot.word, sizeof(words));
#else
  for (int i = 0; i < 4; ++i) words[i] = __atomic_load_n(&slot.word[i], __ATOMIC_RELAXED);
#endif
  std::memcpy(static_cast<void*>(event), words, sizeof(words));
}

// A slot is trusted only if the writer was at least kGuard records short of it after it had been copied. One would do
// if stores appeared in program order; the rest is for machines where those of the next records may appear early.
static constexpr uint64_t kGuard = 64;

size_t EventRing::drain(Event* out, size_t most, uint64_t* dropped) {
  const uint64_t keep = mask_ + 1 - kGuard;
  const uint64_t end = written_.load(std::memory_order_acquire);  // pairs with record()
  if (end - read_ > keep) {
    *dropped += end - keep - read_;
    read_ = end - keep;
  }
  const size_t count = static_cast<size_t>(std::min<uint64_t>(end - read_, most));
  for (size_t i = 0; i < count; ++i) load(slots_[(read_ + i) & mask_], &out[i]);
  const uint64_t now = written_.load(std::memory_order_acquire);  // pairs with record()
  const uint64_t first_safe = now > keep ? now - keep : 0;
  const size_t torn = first_safe > read_ ? static_cast<size_t>(std::min<uint64_t>(first_safe - read_, count)) : 0;
  *dropped += torn;
  std::copy(out + torn, out + count, out);
  read_ += count;
  return count - torn;
}

EventLog::EventLog(uint32_t rings, uint32_t expected, size_t bytes, bool digest)
    : digesting_(digest),
      ring_capacity_(static_cast<uint32_t>(std::bit_floor(std::max<size_t>(bytes / (expected + 1) / sizeof(Event), 1024)))),
      ring_count_(rings),
      rings_(std::make_unique<EventRing[]>(rings + 1)) {
  rings_[ring_count_].allocate(ring_capacity_, digesting_ ? &digest_ : nullptr);
}

void EventLog::add_ring(uint32_t ring) {
  platform::MutexLock lock(drain_mutex_);
  if (!rings_[ring].allocated()) rings_[ring].allocate(ring_capacity_, digesting_ ? &digest_ : nullptr);
}

void EventLog::record_without_p(Event event) {
  event.p = kNoP;
  platform::MutexLock lock(without_p_mutex_);
  rings_[ring_count_].record(event);
}

size_t EventLog::drain(Event* out, size_t most) {
  platform::MutexLock lock(drain_mutex_);
  uint64_t dropped = 0;
  size_t count = 0;
  // Each call begins at another ring, so that a small buffer is fair to all.
  for (uint32_t i = 0; i <= ring_count_ && count < most; ++i) {
    const uint32_t ring = (next_ring_ + i) % (ring_count_ + 1);
    if (rings_[ring].allocated()) count += rings_[ring].drain(out + count, most - count, &dropped);
  }
  next_ring_ = (next_ring_ + 1) % (ring_count_ + 1);
  dropped_.fetch_add(dropped, std::memory_order_relaxed);  // relaxed: a statistic
  return count;
}

uint64_t EventLog::recorded() const {
  uint64_t sum = 0;
  for (uint32_t i = 0; i <= ring_count_; ++i) sum += rings_[i].written();
  return sum;
}

}  // namespace samovar::observe
