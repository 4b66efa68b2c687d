// CpuLimiter: keeps the collector from taking more than about half of the CPU time for long (Go: mgclimit.go, 1.26).
//
// A heap that lives at its memory limit is collected without end: each collection frees next to nothing, the next is due at once, and assists take what time the
// program still has. Go would rather break the (soft) limit than stand still. So it keeps a bucket: CPU time of the collector fills it, CPU time of the program drains
// it, one to one, so that half of each leaves it as it is. While it is full, nobody assists and nobody gives memory back in an allocation. It holds a second for
// each P: shorter bursts change nothing; and it is never emptier than empty, so that a long calm earns no right to a long storm.
//
// What counts as the collector's: a quarter of all time while marking goes on (the background workers' share, taken for granted), assists as measured, and the Ps' whole
// time while the world is stopped for it. Time of idle Ps, and of marking on them, counts for neither side.
//
// Like Pacer it is arithmetic over times that it is handed. Any thread may call it: one that finds another at an update leaves it to that one. begin_transition()
// to finish_transition(), and reset_capacity(), are for whoever has stopped the world.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/racy.h"

namespace samovar::gc {

class CpuLimiter {
 public:
  static constexpr int64_t kCapacityPerProcNs = 1'000'000'000;
  static constexpr uint64_t kUpdatePeriodNs = 10'000'000;

  // Called in each update with its time, by one thread at a time: the place to hand in, with the two functions below, what is still going on.
  using Gather = void (*)(void* context, uint64_t now_ns);
  void install(void* context, Gather gather) {
    context_ = context;
    gather_ = gather;
  }

  // Whether the collector has had too much, and must do without assists. Any thread.
  bool limiting() const { return limiting_.load(std::memory_order_relaxed); }  // relaxed: advice

  // Time of assists, and time in which a P was idle or marked because it was. Counted by the next update.
  void add_assist(uint64_t ns) { assist_ns_.fetch_add(static_cast<int64_t>(ns), std::memory_order_relaxed); }  // relaxed, here and below: sums
  void add_idle(uint64_t ns) { idle_ns_.fetch_add(static_cast<int64_t>(ns), std::memory_order_relaxed); }

  // Counts what has passed since the last update. A time before that is ignored.
  void update(uint64_t now_ns);
  bool needs_update(uint64_t now_ns) const { return now_ns > last_update_.get() + kUpdatePeriodNs; }

  // The world has stopped to begin (`marking`) or to end marking, at now_ns; and has just been restarted. In between update() does nothing.
  void begin_transition(bool marking, uint64_t now_ns);
  void finish_transition(uint64_t now_ns);

  // GOMAXPROCS has changed.
  void reset_capacity(uint64_t now_ns, uint32_t procs);

  // ---- For observers. ----

  // The collection in which it began to limit last; 0: it never did. One that was not yet begun counts as the next.
  uint32_t last_limited_cycle() const { return last_limited_cycle_.get(); }
  uint64_t fill_ns() const { return static_cast<uint64_t>(fill_.get()); }
  uint64_t capacity_ns() const { return static_cast<uint64_t>(capacity_.get()); }
  uint64_t overflow_ns() const { return static_cast<uint64_t>(overflow_.get()); }  // the collector's time that found the bucket full, in all

 private:
  bool try_lock() { return !locked_.exchange(true, std::memory_order_acquire); }  // pairs with unlock()
  void unlock() { locked_.store(false, std::memory_order_release); }  // pairs with try_lock()
  void lock_while_stopped();
  void update_locked(uint64_t now_ns);
  void accumulate(int64_t program_ns, int64_t collector_ns);
  void limit();

  void* context_ = nullptr;
  Gather gather_ = nullptr;

  std::atomic<bool> limiting_{false};
  std::atomic<int64_t> assist_ns_{0};
  std::atomic<int64_t> idle_ns_{0};

  // Written with locked_ held.
  std::atomic<bool> locked_{false};
  bool marking_ = false;
  int64_t procs_ = 0;
  uint32_t cycles_ = 0;                      // that have ended
  base::Racy<uint64_t> last_update_;
  base::Racy<uint32_t> last_limited_cycle_;
  base::Racy<int64_t> fill_;                 // 0 to capacity_
  base::Racy<int64_t> capacity_;
  base::Racy<int64_t> overflow_;
};

// What a P is doing that an update has to count although it is not over: marking that fills idle time, or an assist. Begun and ended by the P's holder.
class LimiterEvent {
 public:
  enum Kind : uint8_t { kNone = 0, kIdleMark = 1, kAssist = 2 };
  struct Taken {
    Kind kind = kNone;
    uint64_t ns = 0;
  };

  void begin(Kind kind, uint64_t now_ns) { stamp_.store(now_ns << kKindBits | kind, std::memory_order_relaxed); }  // relaxed: one word, nothing hangs on it

  // The time since it began, or since it was taken last; from now_ns on it counts anew. Any thread; nothing if that is not later.
  Taken take(uint64_t now_ns);
  // The same, and it is over. Its holder.
  Taken end(uint64_t now_ns);

 private:
  static constexpr uint32_t kKindBits = 2;  // times of a run begin at 0: the upper 62 bits are enough for a century
  static Taken since(uint64_t stamp, uint64_t now_ns);

  std::atomic<uint64_t> stamp_{0};
};

}  // namespace samovar::gc
