// What is behind a Channel<T>: its buffer and the two queues of those who wait (Go: hchan).
//
// ChannelBase is what does not depend on the element type; ChannelState<T> moves the values. Functions named ..._locked want the
// lock and leave it; whom they took off a queue is to be readied after it is released, as Go does.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "base/racy.h"
#include "sync/op.h"
#include "sync/waiter.h"

namespace samovar::sync {

class ChannelTimer;

// A larger buffer is refused with "makechan: size out of range", on every platform alike.
inline constexpr uint64_t kMaxChannelBytes = uint64_t{1} << 31;

class ChannelBase {
 public:
  ChannelBase(uint32_t capacity, ChannelTimer* timer);
  ~ChannelBase();  // its timer goes with it
  ChannelBase(const ChannelBase&) = delete;
  ChannelBase& operator=(const ChannelBase&) = delete;

  void lock(const Scheduler& scheduler) { lock_.lock(scheduler); }
  void unlock(const Scheduler& scheduler) { lock_.unlock(scheduler); }

  // len and cap, without the lock. A timer's channel passes for unbuffered.
  uint32_t length() const { return timer_ != nullptr ? 0 : count_.get(); }
  uint32_t capacity() const { return timer_ != nullptr ? 0 : capacity_; }

  // Closes it: all receivers, then all senders are taken off their queues and readied, the last one first. Null, or why the
  // closing goroutine panics.
  const char* close(M* m);

  // Called before the lock is taken for good: delivers what a timer's channel has coming.
  void poll_timer_locked(M* m) {
    if (timer_ != nullptr) [[unlikely]] run_timer_locked(m);
  }

  // Queues g, which is being suspended with the lock held, and parks it.
  void park_receiver(G* g, Waiter* w, void* element);
  void park_sender(G* g, Waiter* w, void* element);

  // For whoever waits for a timer's channel: before it parks (lock held), and after it was woken.
  void timer_wait_begins_locked(M* m) {
    if (timer_ != nullptr) [[unlikely]] begin_timer_wait_locked(m);
  }
  void timer_wait_ended(M* m) {
    if (timer_ != nullptr) [[unlikely]] end_timer_wait(m);
  }

  // Whether an attempt is certain to wait, as far as can be seen without the lock. (chan.go: full, empty.) What is seen last counts: a channel that is open now was
  // open when it was seen to be empty, but one that is empty now may have been closed and drained since it was seen to be open.
  bool surely_full() const {
    return !closed_.get() && (capacity_ == 0 ? receivers_.empty() : count_.get() == capacity_);
  }
  bool surely_empty() const {
    return timer_ == nullptr && (capacity_ == 0 ? senders_.empty() : count_.look() == 0) && !closed_.get();
  }

  void add_reference() { references_.fetch_add(1, std::memory_order_relaxed); }  // relaxed: the caller holds one
  // True for the last.
  bool drop_reference() { return references_.fetch_sub(1, std::memory_order_acq_rel) == 1; }  // pairs with other drops

  WaiterQueue& receivers() { return receivers_; }
  WaiterQueue& senders() { return senders_; }
  uint64_t ordinal() const { return ordinal_; }
  ChannelTimer* timer() const { return timer_; }

 protected:
  friend class ChannelTimer;
  static bool unlock_parked(M* m, G* g, void* channel);
  void run_timer_locked(M* m);
  void begin_timer_wait_locked(M* m);
  void end_timer_wait(M* m);

  RunLock lock_;  // guards what follows, but for what is constant
  base::Racy<bool> closed_{false};
  base::Racy<uint32_t> count_{0};
  const uint32_t capacity_;
  uint32_t send_index_ = 0;
  uint32_t receive_index_ = 0;
  WaiterQueue receivers_;
  WaiterQueue senders_;
  ChannelTimer* const timer_;
  // The order in which select locks channels. Counted over the process: it differs from run to run, but nothing that can be
  // observed follows from it. (Go takes the address.)
  const uint64_t ordinal_;
  std::atomic<uint32_t> references_{1};
};

template <class T>
class ChannelState final : public ChannelBase {
  static_assert(sizeof(T) < 65536, "as in Go, elements of 64 KiB and more are refused");

 public:
  // Null if there is no memory.
  static ChannelState* make(uint32_t capacity, ChannelTimer* timer = nullptr) {
    T* buffer = capacity > 0 ? new (std::nothrow) T[capacity]() : nullptr;
    if (capacity > 0 && buffer == nullptr) return nullptr;
    auto* state = new (std::nothrow) ChannelState(capacity, timer, buffer);
    if (state == nullptr) delete[] buffer;
    return state;
  }
  ~ChannelState() { delete[] buffer_; }

  // Moves *value into the channel or straight to a receiver, who is then given in *wake.
  Attempt send_locked(T* value, G** wake) {
    if (closed_.get()) [[unlikely]] return Attempt::kClosed;
    if (!receivers_.empty()) {
      if (Waiter* receiver = receivers_.take()) {
        *static_cast<T*>(receiver->element) = std::move(*value);
        receiver->success = true;
        *wake = receiver->g;
        return Attempt::kDone;
      }
    }
    if (count_.get() == capacity_) return Attempt::kWait;
    buffer_[send_index_] = std::move(*value);
    send_index_ = after(send_index_);
    count_.add(1);
    return Attempt::kDone;
  }

  // Moves the oldest value into *value; on a closed and drained channel *value becomes T{} and *ok false.
  Attempt receive_locked(T* value, bool* ok, G** wake) {
    *ok = true;
    if (!senders_.empty()) {
      if (Waiter* sender = senders_.take()) {
        T* sent = static_cast<T*>(sender->element);
        if (capacity_ == 0) {
          *value = std::move(*sent);
        } else {
          // The buffer is full: the oldest comes out, and the sender's value takes its place, which is now the newest.
          *value = std::move(buffer_[receive_index_]);
          buffer_[receive_index_] = std::move(*sent);
          receive_index_ = after(receive_index_);
          send_index_ = receive_index_;
        }
        sender->success = true;
        *wake = sender->g;
        return Attempt::kDone;
      }
    }
    if (count_.get() > 0) {
      *value = std::exchange(buffer_[receive_index_], T{});
      receive_index_ = after(receive_index_);
      count_.set(count_.get() - 1);
      return Attempt::kDone;
    }
    if (!closed_.get()) return Attempt::kWait;
    *value = T{};
    *ok = false;
    return Attempt::kDone;
  }

  // The same with the lock taken, and released unless the answer is kWait.
  Attempt send(M* m, T* value) {
    const Scheduler& scheduler = *m->scheduler;
    G* wake = nullptr;
    lock(scheduler);
    const Attempt attempt = send_locked(value, &wake);
    if (attempt != Attempt::kWait) finish(m, wake);
    return attempt;
  }
  Attempt receive(M* m, T* value, bool* ok) {
    const Scheduler& scheduler = *m->scheduler;
    G* wake = nullptr;
    lock(scheduler);
    poll_timer_locked(m);
    const Attempt attempt = receive_locked(value, ok, &wake);
    if (attempt != Attempt::kWait) finish(m, wake);
    return attempt;
  }

 private:
  ChannelState(uint32_t capacity, ChannelTimer* timer, T* buffer) : ChannelBase(capacity, timer), buffer_(buffer) {}

  uint32_t after(uint32_t index) const { return index + 1 == capacity_ ? 0 : index + 1; }

  void finish(M* m, G* wake) {
    unlock(*m->scheduler);
    if (wake != nullptr) m->scheduler->ready(m, wake);
  }

  T* const buffer_;
};

}  // namespace samovar::sync
