#include "sched/timer.h"

#include <algorithm>

namespace samovar::sched {

static constexpr uint32_t kArity = 4;

bool TimerHeap::before(const Timer* a, const Timer* b, uint64_t order_a, uint64_t order_b) {
  return a->when_ns != b->when_ns ? a->when_ns < b->when_ns : order_a < order_b;
}

void TimerHeap::place_locked(uint32_t index, Timer* timer) { timer->index = index; }

void TimerHeap::sift_up_locked(uint32_t index) {
  const Entry moving = heap_[index];
  while (index > 0) {
    const uint32_t parent = (index - 1) / kArity;
    if (!before(moving.timer, heap_[parent].timer, moving.order, heap_[parent].order)) break;
    heap_[index] = heap_[parent];
    place_locked(index, heap_[index].timer);
    index = parent;
  }
  heap_[index] = moving;
  place_locked(index, moving.timer);
}

void TimerHeap::sift_down_locked(uint32_t index) {
  const Entry moving = heap_[index];
  const uint32_t size = static_cast<uint32_t>(heap_.size());
  for (;;) {
    const uint32_t first = index * kArity + 1;
    if (first >= size) break;
    uint32_t best = first;
    for (uint32_t child = first + 1; child < std::min(first + kArity, size); ++child) {
      if (before(heap_[child].timer, heap_[best].timer, heap_[child].order, heap_[best].order)) best = child;
    }
    if (!before(heap_[best].timer, moving.timer, heap_[best].order, moving.order)) break;
    heap_[index] = heap_[best];
    place_locked(index, heap_[index].timer);
    index = best;
  }
  heap_[index] = moving;
  place_locked(index, moving.timer);
}

void TimerHeap::update_earliest_locked() {
  // release: pairs with earliest(): who sees the time may come and take the timer.
  earliest_.store(heap_.empty() ? 0 : std::max<uint64_t>(heap_[0].timer->when_ns, 1), std::memory_order_release);
  size_.store(static_cast<uint32_t>(heap_.size()), std::memory_order_relaxed);  // relaxed: a statistic
}

void TimerHeap::insert_locked(Timer* timer) {
  heap_.push_back({timer, next_order_++});
  timer->heap.store(this, std::memory_order_release);  // pairs with remove()
  sift_up_locked(static_cast<uint32_t>(heap_.size() - 1));
}

void TimerHeap::remove_locked(uint32_t index) {
  heap_[index].timer->heap.store(nullptr, std::memory_order_release);  // pairs with remove()
  const Entry last = heap_.back();
  heap_.pop_back();
  if (index == heap_.size()) return;
  heap_[index] = last;
  place_locked(index, last.timer);
  sift_up_locked(index);
  sift_down_locked(last.timer->index);
}

bool TimerHeap::add(Timer* timer) {
  platform::MutexLock lock(mutex_);
  insert_locked(timer);
  update_earliest_locked();
  return timer->index == 0;
}

bool TimerHeap::remove(Timer* timer) {
  for (;;) {
    TimerHeap* heap = timer->heap.load(std::memory_order_acquire);  // pairs with insert_locked()/remove_locked()
    if (heap == nullptr) return false;
    platform::MutexLock lock(heap->mutex_);
    if (timer->heap.load(std::memory_order_relaxed) != heap) continue;  // it fired or moved; relaxed: under the lock
    heap->remove_locked(timer->index);
    heap->update_earliest_locked();
    return true;
  }
}

TimerHeap::Due TimerHeap::take_due(uint64_t now_ns) {
  platform::MutexLock lock(mutex_);
  if (heap_.empty() || heap_[0].timer->when_ns > now_ns) return {};
  Timer* timer = heap_[0].timer;
  const Due due{timer, timer->fire, timer->when_ns, timer->goroutine};
  remove_locked(0);
  if (timer->period_ns > 0) {
    timer->when_ns += timer->period_ns * (1 + (now_ns - due.due_ns) / timer->period_ns);
    insert_locked(timer);
  }
  update_earliest_locked();
  return due;
}

void TimerHeap::move_to(TimerHeap* other) {
  std::vector<Entry> moving;
  {
    platform::MutexLock lock(mutex_);
    moving.swap(heap_);
    update_earliest_locked();
  }
  std::sort(moving.begin(), moving.end(), [](const Entry& a, const Entry& b) { return before(a.timer, b.timer, a.order, b.order); });
  for (const Entry& entry : moving) {
    entry.timer->heap.store(nullptr, std::memory_order_relaxed);  // relaxed: the world is stopped
    other->add(entry.timer);
  }
}

}  // namespace samovar::sched
