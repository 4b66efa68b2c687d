#include "gc/work.h"

#include <algorithm>
#include <utility>

namespace samovar::gc {

// ---- Objects ----

ObjectBuffer* ObjectPool::take_empty() {
  platform::MutexLock lock(mutex_);
  if (ObjectBuffer* buffer = empty_) {
    empty_ = buffer->next;
    buffer->count = 0;
    return buffer;
  }
  all_.push_back(std::make_unique<ObjectBuffer>());
  return all_.back().get();
}

ObjectBuffer* ObjectPool::take_full() {
  if (!has_full()) return nullptr;
  platform::MutexLock lock(mutex_);
  ObjectBuffer* buffer = full_;
  if (buffer == nullptr) return nullptr;
  full_ = buffer->next;
  full_count_.fetch_sub(1, std::memory_order_relaxed);  // relaxed: changed under the lock
  return buffer;
}

void ObjectPool::put_empty(ObjectBuffer* buffer) {
  platform::MutexLock lock(mutex_);
  buffer->next = empty_;
  empty_ = buffer;
}

void ObjectPool::put_full(ObjectBuffer* buffer) {
  platform::MutexLock lock(mutex_);
  buffer->next = full_;
  full_ = buffer;
  full_count_.fetch_add(1, std::memory_order_relaxed);  // relaxed: changed under the lock
}

// The first buffer is full, or there is none yet.
void Work::make_room() {
  if (second_ != nullptr && second_->count < ObjectBuffer::kCapacity) {
    std::swap(first_, second_);
    return;
  }
  if (second_ != nullptr) {
    pool_->objects.put_full(second_);
    published = true;
  }
  second_ = std::exchange(first_, pool_->objects.take_empty());
}

bool Work::get_shared_objects() {
  ObjectBuffer* full = pool_->objects.take_full();
  if (full == nullptr) return false;
  if (first_ != nullptr) pool_->objects.put_empty(first_);
  first_ = full;
  return true;
}

void Work::balance() {
  constexpr uint32_t kWorthHalving = 5;
  if (pool_->objects.has_full()) return;
  if (second_ != nullptr && second_->count > 0) {
    pool_->objects.put_full(std::exchange(second_, nullptr));
    published = true;
  } else if (first_ != nullptr && first_->count >= kWorthHalving) {
    ObjectBuffer* half = pool_->objects.take_empty();
    const uint32_t moved = first_->count / 2;
    first_->count -= moved;
    half->count = moved;
    std::copy_n(first_->objects + first_->count, moved, half->objects);
    pool_->objects.put_full(half);
    published = true;
  }
}

bool Work::flush() {
  bool any = false;
  for (ObjectBuffer** buffer : {&first_, &second_}) {
    if (*buffer == nullptr) continue;
    ObjectBuffer* mine = std::exchange(*buffer, nullptr);
    if (mine->count > 0) {
      pool_->objects.put_full(mine);
      any = true;
    } else {
      pool_->objects.put_empty(mine);
    }
  }
  if (!ring_.empty()) {
    share_spans(ring_.size());
    any = true;
  }
  return any;
}

// ---- Spans ----

void SharedSpans::put(const SpanEntry* entries, uint32_t count) {
  platform::MutexLock lock(mutex_);
  entries_.insert(entries_.end(), entries, entries + count);
  size_.store(static_cast<uint32_t>(entries_.size()), std::memory_order_relaxed);  // relaxed: changed under the lock
}

uint32_t SharedSpans::take_half(SpanEntry* out, uint32_t most) {
  if (empty()) return 0;
  platform::MutexLock lock(mutex_);
  const auto size = static_cast<uint32_t>(entries_.size());
  const uint32_t count = std::min(size - size / 2, most);
  std::copy_n(entries_.begin(), count, out);
  entries_.erase(entries_.begin(), entries_.begin() + count);
  size_.store(size - count, std::memory_order_relaxed);  // relaxed: changed under the lock
  return count;
}

// The oldest `count` of the ring.
void Work::share_spans(uint32_t count) {
  SpanEntry batch[SpanRing::kCapacity];
  for (uint32_t i = 0; i < count; ++i) batch[i] = ring_.pop();
  pool_->spans[index_].put(batch, count);
  published = true;
}

bool Work::take_spans(uint32_t from) {
  SpanEntry batch[SpanRing::kCapacity / 2];
  const uint32_t count = pool_->spans[from].take_half(batch, SpanRing::kCapacity / 2);
  for (uint32_t i = 0; i < count; ++i) ring_.push(batch[i]);
  return count > 0;
}

bool Work::steal_spans() {
  const uint32_t start = rng_.below(kMaxWorkProcs);
  for (uint32_t i = 0; i < kMaxWorkProcs; ++i) {
    const uint32_t victim = (start + i) % kMaxWorkProcs;
    if (victim != index_ && take_spans(victim)) return true;
  }
  return false;
}

}  // namespace samovar::gc
