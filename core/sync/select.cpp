#include "sync/select.h"

#include <algorithm>

namespace samovar::sync::detail {
namespace {

// In virtual time: what a case costs beside the operation itself (of the 75 ns of a select of two and a refill).
constexpr uint64_t kCaseCost = 8;

}  // namespace

// Cases with a channel: in random order (Fisher-Yates from the inside out, as Go shuffles), and in the order of locking.
void SelectOp::order_cases() {
  M* m = g->m;
  for (uint32_t i = 0; i < case_count; ++i) {
    if (cases[i].channel == nullptr) continue;
    const uint32_t j = count == 0 ? 0 : m->rng.below(count + 1);
    poll_order[count] = poll_order[j];
    poll_order[j] = static_cast<uint8_t>(i);
    // Insertion: there are mostly two or three. Stable, so that of two cases on one channel the first queues first, locks or not.
    uint32_t k = count;
    if (m->scheduler->concurrent()) {
      for (; k > 0 && cases[lock_order[k - 1]].channel->ordinal() > cases[i].channel->ordinal(); --k) lock_order[k] = lock_order[k - 1];
    }
    lock_order[k] = static_cast<uint8_t>(i);
    ++count;
  }
}

void SelectOp::lock_all() {
  const Scheduler& s = scheduler();
  if (!s.concurrent()) return;
  const ChannelBase* last = nullptr;
  for (uint32_t i = 0; i < count; ++i) {
    ChannelBase* channel = cases[lock_order[i]].channel;
    if (channel != last) channel->lock(s);
    last = channel;
  }
}

// As soon as the last one is unlocked, a goroutine that is parking may be resumed elsewhere and this object gone; not before, for it
// needs all the locks to get on.
void SelectOp::unlock_all(const Scheduler& s) {
  if (!s.concurrent()) return;
  ChannelBase* last = nullptr;
  for (uint32_t i = count; i-- > 0;) {
    ChannelBase* channel = cases[lock_order[i]].channel;
    if (channel == last) continue;
    if (last != nullptr) last->unlock(s);
    last = channel;
  }
  if (last != nullptr) last->unlock(s);
}

bool SelectOp::begin() {
  M* m = g->m;
  m->charge(sched::costs::kChannelOp + kCaseCost * case_count);
  order_cases();
  lock_all();
  for (uint32_t i = 0; i < count; ++i) {
    SelectCase& candidate = cases[poll_order[i]];
    G* wake = nullptr;
    if (!candidate.sends) candidate.channel->poll_timer_locked(m);
    attempt = candidate.attempt_locked(candidate.channel, candidate.element, &ok, &wake);
    if (attempt == Attempt::kWait) continue;
    unlock_all(scheduler());
    if (wake != nullptr) m->scheduler->ready(m, wake);
    chosen = poll_order[i];
    return attempt == Attempt::kDone;
  }
  if (default_index < 0) return false;
  unlock_all(scheduler());
  chosen = default_index;
  attempt = Attempt::kDone;
  return true;
}

void SelectOp::suspend() {
  Scheduler& s = scheduler();
  if (attempt == Attempt::kDone) return give_way();
  if (attempt == Attempt::kClosed) return s.panic(g, "send on closed channel");
  if (case_count == 0) return s.park(g, WaitReason::kSelectNoCases, nullptr, nullptr);
  g->select_done.store(0, std::memory_order_relaxed);  // relaxed: published with the queues, by the locks
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t index = lock_order[i];
    SelectCase& one = cases[index];
    Waiter& waiter = waiters[index];
    waiter.g = g;
    waiter.element = one.element;
    waiter.index = index;
    waiter.is_select = true;
    (one.sends ? one.channel->senders() : one.channel->receivers()).push_back(&waiter);
    if (!one.sends) one.channel->timer_wait_begins_locked(g->m);
  }
  WaitReason reason = WaitReason::kSelect;
  if (case_count == 1) {
    // Go compiles a single case to the plain operation.
    const bool nil = cases[0].channel == nullptr;
    if (cases[0].sends) {
      reason = nil ? WaitReason::kChanSendNil : WaitReason::kChanSend;
    } else {
      reason = nil ? WaitReason::kChanReceiveNil : WaitReason::kChanReceive;
    }
  }
  s.park(g, reason, unlock_parked, this);
}

bool SelectOp::unlock_parked(M* m, G*, void* self) {
  static_cast<SelectOp*>(self)->unlock_all(*m->scheduler);
  return true;
}

void SelectOp::end() {
  const auto* woken_by = static_cast<const Waiter*>(g->wait_param);
  chosen = static_cast<int32_t>(woken_by->index);
  ok = woken_by->success;
  lock_all();
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t index = lock_order[i];
    SelectCase& one = cases[index];
    (one.sends ? one.channel->senders() : one.channel->receivers()).remove(&waiters[index]);
  }
  unlock_all(scheduler());
  for (uint32_t i = 0; i < count; ++i) {
    if (!cases[lock_order[i]].sends) cases[lock_order[i]].channel->timer_wait_ended(g->m);
  }
}

}  // namespace samovar::sync::detail
