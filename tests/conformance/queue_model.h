// The rules by which one P decides who runs next, said a second time and as plainly as possible: an oracle for any
// number of goroutines, written from Go 1.26's runqput, runqputslow, findRunnable, globrunqget and execute.
//
//   - A goroutine that is started or woken takes runnext; the one that was there goes to the tail of the ring.
//   - The ring has 256 places. When it is full, its older half and the one that did not fit go to the tail of the
//   global queue.
//   - Who yields goes to the tail of the global queue.
//   - On a tick that 61 divides, the head of the global queue goes first. Else runnext, else the head of the ring, else
//   up to
//     128 are taken from the global queue, of which the first runs and the others go into the ring.
//   - Each goroutine that runs is a tick, but for one from runnext.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace samovar::conformance {

class QueueModel {
 public:
  using Name = uint32_t;

  explicit QueueModel(uint64_t tick) : tick_(tick) {}

  // Starts or wakes a goroutine.
  void ready(Name who) {
    if (next_) push(*next_);
    next_ = who;
  }

  // Puts one at the end of the ring.
  void push(Name who) {
    if (ring_.size() == kRing) {
      for (size_t i = 0; i < kRing / 2; ++i) {
        global_.push_back(ring_.front());
        ring_.pop_front();
      }
      global_.push_back(who);
      return;
    }
    ring_.push_back(who);
  }

  // It yields.
  void yield(Name who) { global_.push_back(who); }

  // Who runs next; nothing if nobody is left.
  std::optional<Name> pick() {
    if (tick_ % 61 == 0 && !global_.empty()) return run(take(&global_));
    if (next_) {
      const Name who = *next_;
      next_.reset();
      return who;
    }
    if (!ring_.empty()) return run(take(&ring_));
    if (global_.empty()) return std::nullopt;
    const Name who = take(&global_);
    for (int i = 1; i < 128 && !global_.empty(); ++i) ring_.push_back(take(&global_));
    return run(who);
  }

 private:
  static constexpr size_t kRing = 256;

  static Name take(std::deque<Name>* queue) {
    const Name who = queue->front();
    queue->pop_front();
    return who;
  }
  Name run(Name who) {
    ++tick_;
    return who;
  }

  uint64_t tick_;
  std::optional<Name> next_;
  std::deque<Name> ring_;
  std::deque<Name> global_;
};

}  // namespace samovar::conformance
