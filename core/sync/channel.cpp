#include "sync/channel.h"

namespace samovar::sync {
namespace {

uint64_t next_ordinal() {
  static std::atomic<uint64_t> counter{0};
  return counter.fetch_add(1, std::memory_order_relaxed);  // relaxed: only has to be unique
}

// A sender that was woken because the channel was closed panics where it waits. The awaiter cannot stop the coroutine a second
// time, so this one is put on top of it. Its frame belongs to nobody: it holds nothing, and its memory goes back with the
// scheduler's pool, for a panic ends the run.
Task<void> panic_instead() { co_await sched::panic("send on closed channel"); }

bool make_panic(G* g) {
  Task<void> task = panic_instead();
  if (!task) return false;
  auto frame = task.release();
  frame.promise().g = g;
  g->top = frame;
  return true;
}

}  // namespace

ChannelBase::ChannelBase(uint32_t capacity, ChannelTimer* timer) : capacity_(capacity), timer_(timer), ordinal_(next_ordinal()) {}

const char* ChannelBase::close(M* m) {
  Scheduler& scheduler = *m->scheduler;
  lock(scheduler);
  if (closed_.get()) {
    unlock(scheduler);
    return "close of closed channel";
  }
  closed_.set(true);
  // chan.go:closechan collects on a stack and readies from its top: the last to come is woken first.
  Waiter* stack = nullptr;
  const auto collect = [&stack](WaiterQueue& queue, bool senders) {
    bool enough_memory = true;
    while (Waiter* w = queue.take()) {
      w->success = false;
      if (senders) enough_memory = make_panic(w->g) && enough_memory;
      w->next = stack;
      stack = w;
    }
    return enough_memory;
  };
  collect(receivers_, false);
  const bool enough_memory = collect(senders_, true);
  unlock(scheduler);
  if (!enough_memory) return "send on closed channel";  // said by the closer, for want of memory to let the sender say it
  while (stack != nullptr) {
    G* g = stack->g;
    stack = stack->next;  // before it runs: the waiter is in its frame
    scheduler.ready(m, g);
  }
  return nullptr;
}

bool ChannelBase::unlock_parked(M* m, G*, void* channel) {
  static_cast<ChannelBase*>(channel)->unlock(*m->scheduler);
  return true;
}

void ChannelBase::park_receiver(G* g, Waiter* w, void* element) {
  w->g = g;
  w->element = element;
  receivers_.push_back(w);
  timer_wait_begins_locked(g->m);
  g->m->scheduler->park(g, WaitReason::kChanReceive, unlock_parked, this);
}

void ChannelBase::park_sender(G* g, Waiter* w, void* element) {
  w->g = g;
  w->element = element;
  senders_.push_back(w);
  g->m->scheduler->park(g, WaitReason::kChanSend, unlock_parked, this);
}

}  // namespace samovar::sync
