// Names in comments are those of Go 1.26's mgclimit.go.
#include "gc/cpu_limiter.h"

#include <algorithm>
#include <cstdlib>

#include "gc/pacer.h"

namespace samovar::gc {

// Whoever has stopped the world finds nobody at an update: they hold Ps.
void CpuLimiter::lock_while_stopped() {
  if (!try_lock()) std::abort();
}

// startGCTransition
void CpuLimiter::begin_transition(bool marking, uint64_t now_ns) {
  lock_while_stopped();
  update_locked(now_ns);
  marking_ = marking;
}

// finishGCTransition: nobody could do anything else, so all the Ps' time was the collector's.
void CpuLimiter::finish_transition(uint64_t now_ns) {
  if (!marking_) ++cycles_;
  const uint64_t last = last_update_.get();
  if (now_ns > last) {
    accumulate(0, static_cast<int64_t>(now_ns - last) * procs_);
    last_update_.set(now_ns);
  }
  unlock();
}

// update
void CpuLimiter::update(uint64_t now_ns) {
  if (!try_lock()) return;
  update_locked(now_ns);
  unlock();
}

// updateLocked
void CpuLimiter::update_locked(uint64_t now_ns) {
  const uint64_t last = last_update_.get();
  if (now_ns < last) return;
  last_update_.set(now_ns);
  if (gather_ != nullptr) gather_(context_, now_ns);
  const int64_t assists = assist_ns_.exchange(0, std::memory_order_relaxed);  // relaxed: sums
  const int64_t idle = idle_ns_.exchange(0, std::memory_order_relaxed);
  const int64_t all = static_cast<int64_t>(now_ns - last) * procs_;
  int64_t collector = assists;
  if (marking_) collector += static_cast<int64_t>(static_cast<double>(all) * kBackgroundUtilization);
  // Were idle time left in, a few goroutines on many Ps could be strangled without the share of the whole ever being large.
  accumulate(all - idle - collector, collector);
}

// accumulate
void CpuLimiter::accumulate(int64_t program_ns, int64_t collector_ns) {
  const int64_t change = collector_ns - program_ns;
  const int64_t room = capacity_.get() - fill_.get();
  if (change > 0 && change >= room) {
    overflow_.add(change - room);
    fill_.set(capacity_.get());
    if (room > 0) limit();
    return;
  }
  fill_.set(std::max<int64_t>(fill_.get() + change, 0));
  if (change != 0 && room == 0) limiting_.store(false, std::memory_order_relaxed);  // relaxed: advice
}

void CpuLimiter::limit() {
  limiting_.store(true, std::memory_order_relaxed);  // relaxed: advice
  last_limited_cycle_.set(cycles_ + 1);
}

// resetCapacity. With fewer Ps what was filled in may be too much: that is no overflow, for nobody has worked for it.
void CpuLimiter::reset_capacity(uint64_t now_ns, uint32_t procs) {
  lock_while_stopped();
  update_locked(now_ns);
  procs_ = procs;
  capacity_.set(procs_ * kCapacityPerProcNs);
  if (fill_.get() > capacity_.get()) {
    fill_.set(capacity_.get());
    limit();
  } else if (fill_.get() < capacity_.get()) {
    limiting_.store(false, std::memory_order_relaxed);  // relaxed: advice
  }
  unlock();
}

// ---- LimiterEvent ----

LimiterEvent::Taken LimiterEvent::since(uint64_t stamp, uint64_t now_ns) {
  const auto kind = static_cast<Kind>(stamp & ((1 << kKindBits) - 1));
  const uint64_t begun_ns = stamp >> kKindBits;
  return {kind, kind != kNone && now_ns > begun_ns ? now_ns - begun_ns : 0};
}

// consume
LimiterEvent::Taken LimiterEvent::take(uint64_t now_ns) {
  uint64_t stamp = stamp_.load(std::memory_order_relaxed);  // relaxed, here and below: one word, nothing hangs on it
  for (;;) {
    const Taken taken = since(stamp, now_ns);
    if (taken.ns == 0) return {};
    if (stamp_.compare_exchange_weak(stamp, now_ns << kKindBits | taken.kind, std::memory_order_relaxed)) return taken;
  }
}

// stop
LimiterEvent::Taken LimiterEvent::end(uint64_t now_ns) { return since(stamp_.exchange(0, std::memory_order_relaxed), now_ns); }

}  // namespace samovar::gc
