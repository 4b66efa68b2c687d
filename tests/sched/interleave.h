// A small explorer of interleavings: runs a few threads under every schedule, one atomic operation at a time.
//
// The code under test uses Interleaved<T> in place of std::atomic<T>. Before each operation its thread hands the baton to the
// explorer, which decides whose operation comes next. The explorer walks the tree of these decisions depth first, running
// the program again from its start for each leaf (stateless model checking: VeriSoft, CHESS). Schedules that differ only in the order of
// operations that do not touch the same word are run once (sleep sets: Godefroid, 1996); that loses no behaviour.
//
// The model is sequential consistency: it finds wrong algorithms (lost updates, check-then-act, ABA), not wrong memory orders. Those
// are left to ThreadSanitizer and to the argument beside each order.
//
// Threads are ucontext contexts on one machine thread: switching is cheap, and a schedule that hangs leaves no thread behind. Left
// out where there is no ucontext (wasm), and under ThreadSanitizer, which would have one thread to watch.
#pragma once

#if !defined(__wasm__) && !defined(__SANITIZE_THREAD__)
#define SAMOVAR_CAN_INTERLEAVE 1

#include <ucontext.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace samovar::interleave {

class Explorer {
 public:
  // One go at the program: its threads (at most 8), and what must hold when all have ended ("" if it does).
  struct Program {
    std::vector<std::function<void()>> threads;
    std::function<std::string()> verdict;
  };

  struct Result {
    uint64_t schedules = 0;   // run to the end
    uint64_t redundant = 0;   // begun, and given up as equal to one that was run
    uint64_t cut_off = 0;     // longer than the bound: somebody spun while another did not move
    bool complete = true;     // false: `most` were not enough
    std::string failure;      // the first one, with its schedule
  };

  // Runs make() under every schedule, until one fails or `most` have been begun. `steps`: how long a schedule may be.
  static Result explore(const std::function<Program()>& make, uint64_t most, size_t steps) {
    Explorer explorer(steps);
    Result result;
    uint64_t begun = 0;
    do {
      if (begun++ == most) {
        result.complete = false;
        break;
      }
      Program program = make();
      switch (explorer.run(program)) {
        case End::kAll: {
          ++result.schedules;
          const std::string failure = program.verdict();
          if (!failure.empty()) {
            result.failure = failure + "; schedule " + explorer.describe();
            return result;
          }
          break;
        }
        case End::kRedundant: ++result.redundant; break;
        case End::kCutOff: ++result.cut_off; break;
      }
    } while (explorer.advance());
    return result;
  }

  // Called before an operation on the word at `address`: others may go first.
  static void point(const void* address, bool writes) {
    Explorer* self = current();
    if (self == nullptr || self->running_ < 0) return;
    Thread& thread = self->threads_[static_cast<size_t>(self->running_)];
    thread.next = {address, writes};
    swapcontext(&thread.context, &self->home_);
  }

 private:
  static constexpr size_t kStack = 64 * 1024;
  static constexpr size_t kMaxThreads = 8;
  enum class End { kAll, kRedundant, kCutOff };
  struct Operation {
    const void* address = nullptr;
    bool writes = false;
    bool independent(const Operation& other) const { return address != other.address || (!writes && !other.writes); }
  };
  struct Thread {
    ucontext_t context;
    std::unique_ptr<char[]> stack;
    std::function<void()>* body = nullptr;
    Operation next;
    bool ended = false;
  };
  // Sets of threads are bits.
  struct Decision {
    uint8_t chosen = 0;  // thread
    uint8_t runnable = 0;
    uint8_t asleep = 0;  // need not be chosen: what would follow has been seen elsewhere
  };

  explicit Explorer(size_t steps) : threads_(kMaxThreads), steps_(steps) {}

  static Explorer*& current() {
    static Explorer* instance = nullptr;
    return instance;
  }
  static uint8_t lowest(unsigned set) { return static_cast<uint8_t>(__builtin_ctz(set)); }

  End run(Program& program) {
    const size_t count = program.threads.size();
    current() = this;
    for (size_t i = 0; i < count; ++i) {
      prepare(threads_[i], &program.threads[i]);
      resume(i);  // up to its first operation
    }
    End end = End::kAll;
    uint8_t asleep = 0;
    size_t depth = 0;
    for (;; ++depth) {
      uint8_t runnable = 0;
      for (size_t i = 0; i < count; ++i) {
        if (!threads_[i].ended) runnable = static_cast<uint8_t>(runnable | 1u << i);
      }
      if (runnable == 0) break;
      if (depth == steps_) {
        end = End::kCutOff;
        break;
      }
      if (depth == path_.size()) {
        const unsigned awake = runnable & ~asleep;
        if (awake == 0) {
          end = End::kRedundant;
          break;
        }
        path_.push_back({lowest(awake), runnable, asleep});
      }
      const Decision& decision = path_[depth];
      const Operation executed = threads_[decision.chosen].next;
      asleep = 0;
      for (size_t i = 0; i < count; ++i) {
        const bool slept = (decision.asleep >> i & 1) != 0 && i != decision.chosen;
        if (slept && threads_[i].next.independent(executed)) asleep = static_cast<uint8_t>(asleep | 1u << i);
      }
      resume(decision.chosen);
    }
    path_.resize(depth);
    current() = nullptr;
    return end;
  }

  // The next schedule in depth-first order; false if there is none. A thread that has been tried at a decision sleeps there.
  bool advance() {
    while (!path_.empty()) {
      Decision& last = path_.back();
      last.asleep = static_cast<uint8_t>(last.asleep | 1u << last.chosen);
      const unsigned awake = last.runnable & ~last.asleep;
      if (awake != 0) {
        last.chosen = lowest(awake);
        return true;
      }
      path_.pop_back();
    }
    return false;
  }

  std::string describe() const {
    std::string text;
    for (const Decision& decision : path_) text += static_cast<char>('A' + decision.chosen);
    return text;
  }

  void prepare(Thread& thread, std::function<void()>* body) {
    if (thread.stack == nullptr) thread.stack = std::make_unique<char[]>(kStack);
    thread.body = body;
    thread.ended = false;
    getcontext(&thread.context);
    thread.context.uc_stack.ss_sp = thread.stack.get();
    thread.context.uc_stack.ss_size = kStack;
    thread.context.uc_link = nullptr;
    makecontext(&thread.context, &Explorer::enter, 0);
  }

  static void enter() {
    Explorer* self = current();
    Thread& thread = self->threads_[static_cast<size_t>(self->running_)];
    (*thread.body)();
    thread.ended = true;
    swapcontext(&thread.context, &self->home_);  // and is not resumed again
  }

  void resume(size_t index) {
    running_ = static_cast<int>(index);
    swapcontext(&home_, &threads_[index].context);
    running_ = -1;
  }

  std::vector<Thread> threads_;
  const size_t steps_;
  std::vector<Decision> path_;
  ucontext_t home_;
  int running_ = -1;
};

// What the code under test takes for an atomic. Memory orders are accepted and ignored.
template <class T>
class Interleaved {
 public:
  constexpr Interleaved() = default;
  constexpr Interleaved(T value) : value_(value) {}
  Interleaved(const Interleaved&) = delete;

  T load(std::memory_order = std::memory_order_seq_cst) const {
    Explorer::point(this, false);
    return value_;
  }
  void store(T value, std::memory_order = std::memory_order_seq_cst) {
    Explorer::point(this, true);
    value_ = value;
  }
  T exchange(T value, std::memory_order = std::memory_order_seq_cst) {
    Explorer::point(this, true);
    const T old = value_;
    value_ = value;
    return old;
  }
  bool compare_exchange_strong(T& expected, T desired, std::memory_order = std::memory_order_seq_cst,
                               std::memory_order = std::memory_order_seq_cst) {
    Explorer::point(this, true);
    if (value_ != expected) {
      expected = value_;
      return false;
    }
    value_ = desired;
    return true;
  }
  // Never fails for no reason: such a failure is a retry, which adds schedules but no states.
  bool compare_exchange_weak(T& expected, T desired, std::memory_order success = std::memory_order_seq_cst,
                             std::memory_order failure = std::memory_order_seq_cst) {
    return compare_exchange_strong(expected, desired, success, failure);
  }
  // As base::Racy has them.
  T get() const { return load(); }
  void set(T value) { store(value); }

 private:
  T value_{};
};

}  // namespace samovar::interleave

#endif  // !defined(__wasm__) && !defined(__SANITIZE_THREAD__)
