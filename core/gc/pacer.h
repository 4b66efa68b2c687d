// Pacer: when to begin a collection, how hard to work during one, and how large the heap may become (Go: mgcpacer.go, 1.26).
//
// The goal is simple: marking should be done just when the heap has grown to GOGC percent above what lived after the last cycle. From it
// follow the trigger (early enough, going by how fast the last cycles marked and how fast the program allocated meanwhile) and the price of
// an allocation during marking, in scan work (the assist ratio). Background workers are to take a quarter of the Ps.
//
// All of it is arithmetic over figures that it is handed: no clock, no heap, no goroutine. Inputs come at fixed points of a cycle:
//
//   commit() … heap grows … trigger() reached … start_cycle() … revise()* … end_cycle(), reset_live(), commit()
//
// One thread at a time, but for the figures that workers add up during marking.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/racy.h"
#include "gc/pacer_trace.h"

namespace samovar::gc {

inline constexpr uint64_t kUnlimited = ~uint64_t{0};
inline constexpr int64_t kGcOff = -1;
inline constexpr uint64_t kDefaultHeapMinimum = uint64_t{4} << 20;
inline constexpr double kBackgroundUtilization = 0.25;

struct PacerSettings {
  int64_t gogc = 100;                      // percent, kGcOff: off
  uint64_t memory_limit = kUnlimited;      // bytes
};

// What the memory-limit goal is made of (Go: memstats).
struct MemoryFigures {
  uint64_t mapped_ready = 0;  // bytes that the process has and has not given back
  uint64_t heap_free = 0;     // of these, free pages
  uint64_t heap_alloc = 0;    // of these, objects
  uint64_t budget = kUnlimited;  // all that the heap can ever have; see Pacer::headroom()
};

class Pacer {
 public:
  explicit Pacer(const PacerSettings& settings);

  // While the world is stopped. commit() must follow.
  void change(const PacerSettings& settings);
  PacerSettings settings() const { return {gogc_.get(), memory_limit_.get()}; }  // any thread

  // ---- Goal and trigger. Any thread: `memory` as of now. ----

  // Bytes of heap live at which marking should be done: the lowest of what GOGC, the memory limit and the budget ask for, kUnlimited if none does. If it is GOGC's, it lies at
  // least a mebibyte above what lived when sweeping began, and during a cycle 64 KiB above where that began. Go: heapGoalInternal.
  uint64_t goal(const MemoryFigures& memory) const;
  // Bytes of heap live at which the next cycle is to begin: never above the goal, and kUnlimited with it. Go: trigger.
  uint64_t trigger(const MemoryFigures& memory) const;
  // What GOGC's goal never is below, bytes: 4 MiB times GOGC / 100. Not any thread: while nobody can be at change().
  uint64_t heap_minimum() const { return heap_minimum_; }

  // How much of a budget is kept back: the heap's goal is never closer to the budget's end, so that a collection is through before the arena is full. As much
  // as Go leaves below its memory limit: 3 %, at least a mebibyte (but no more than a quarter of a small budget). Go has no budget; ours is a browser's.
  static uint64_t headroom(uint64_t budget);
  uint64_t heap_marked() const { return heap_marked_.get(); }  // bytes that the last cycle marked, allocated black included

  // ---- A cycle. ----

  // The world is stopped for the cycle's beginning: heap_live is what lives now. `idle_allowed`: no cycle that only time asked for.
  void start_cycle(uint32_t procs, uint64_t heap_live, uint64_t heap_scan, bool idle_allowed, const MemoryFigures& memory);

  // Prices anew: heap_live and heap_scan have grown, scan work has been done.
  void revise(uint64_t heap_live, uint64_t heap_scan, const MemoryFigures& memory);

  // The world is stopped again, all is marked. `duration_ns` since marking began.
  void end_cycle(uint64_t duration_ns, uint32_t procs, uint64_t heap_live, const MemoryFigures& memory);

  // Then: so much lives.
  void reset_live(uint64_t bytes_marked);

  // Then: computes the next goal. `live_basis`: heap_live when sweeping begins, 0 once sweeping is done.
  void commit(bool sweep_done, uint64_t heap_live);

  // ---- How the work is divided. Set by start_cycle(). ----

  uint32_t dedicated_workers() const { return dedicated_; }
  double fractional_goal() const { return fractional_goal_; }
  uint32_t idle_workers() const { return idle_.get(); }  // Ms without a P ask too

  // Bytes of scan work that an allocated byte costs, and the other way round. Any thread.
  double work_per_byte() const { return work_per_byte_.load(std::memory_order_relaxed); }  // relaxed: estimates
  double bytes_per_work() const { return bytes_per_work_.load(std::memory_order_relaxed); }

  // ---- Figures that workers add to during marking; relaxed: sums, read when all have stopped or as an estimate. ----

  std::atomic<int64_t> heap_work{0};    // scan work, bytes
  std::atomic<int64_t> stack_work{0};
  std::atomic<int64_t> globals_work{0};
  std::atomic<int64_t> credit{0};       // done by background workers and not yet claimed by assists
  std::atomic<uint64_t> assist_ns{0};
  std::atomic<uint64_t> dedicated_ns{0};
  std::atomic<uint64_t> fractional_ns{0};
  std::atomic<uint64_t> idle_ns{0};

  // All scan work of this cycle, bytes. relaxed: three sums, of different moments while workers add to them; exact when the world is stopped.
  int64_t scan_work() const {
    return heap_work.load(std::memory_order_relaxed) + stack_work.load(std::memory_order_relaxed) + globals_work.load(std::memory_order_relaxed);
  }
  uint64_t expected_scan_work() const { return last_heap_scan_.get() + last_stack_scan_.get() + globals_scan_.get(); }
  uint64_t triggered_at() const { return triggered_.get(); }
  uint64_t last_heap_scan() const { return last_heap_scan_.get(); }
  uint64_t last_stack_scan() const { return last_stack_scan_.get(); }
  uint64_t globals_scan() const { return globals_scan_.get(); }
  double cons_mark() const { return cons_mark_; }
  // What the last cycle went by; complete after end_cycle(). While the world is stopped, or the controller's.
  const PacerTrace& trace() const { return trace_; }

  // The most that goroutines' roots are thought to come to, bytes (Go: maxStackScan); here what the last cycle found. Set while the world is stopped, before start_cycle(). Relaxed:
  // an estimate, and the restart of the world orders it before whoever calls revise().
  std::atomic<int64_t> max_stack_scan{0};
  // The roots elsewhere, bytes: what globals_scan() gives from now on. Whoever marks them, once a cycle; others may read it meanwhile.
  void set_globals(uint64_t bytes) { globals_scan_.set(bytes); }

 private:
  uint64_t limit_goal(const MemoryFigures& memory) const;
  uint64_t budget_goal(const MemoryFigures& memory) const;
  uint64_t goal_and_least_trigger(const MemoryFigures& memory, uint64_t* least_trigger) const;

  base::Racy<int64_t> gogc_{100};
  base::Racy<uint64_t> memory_limit_{kUnlimited};
  uint64_t heap_minimum_ = kDefaultHeapMinimum;
  base::Racy<uint64_t> percent_goal_;
  base::Racy<uint64_t> runway_;
  base::Racy<uint64_t> sweep_basis_;
  base::Racy<uint64_t> triggered_;
  base::Racy<uint64_t> heap_marked_;
  base::Racy<uint64_t> last_heap_scan_;
  base::Racy<uint64_t> last_stack_scan_;
  base::Racy<uint64_t> globals_scan_;
  double cons_mark_ = 0;
  double last_cons_marks_[4] = {};
  PacerTrace trace_;
  uint32_t dedicated_ = 0;
  base::Racy<uint32_t> idle_;
  double fractional_goal_ = 0;
  std::atomic<double> work_per_byte_{0};
  std::atomic<double> bytes_per_work_{0};
};

}  // namespace samovar::gc
