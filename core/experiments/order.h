// What the experiments about order share: who came when, and the figures from which a model of the run queue can
// work out the same order.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "base/json.h"
#include "experiments/experiment.h"
#include "experiments/probe.h"
#include "sched/task.h"

namespace samovar::experiments {

// Arrivals is a list that goroutines enter in the order they come, on however many threads: each takes the next
// place of an array that was made large enough.
class Arrivals {
 public:
  explicit Arrivals(size_t most) : places_(most) {}

  void add(uint32_t who) {
    // relaxed: whoever reads the list has waited for all who entered.
    const size_t place = next_.fetch_add(1, std::memory_order_relaxed);
    if (place < places_.size()) places_[place] = who;
  }

  // How many have come.
  size_t size() const { return next_.load(std::memory_order_relaxed); }  // relaxed: a figure, or read after waiting

  uint32_t operator[](size_t place) const { return places_[place]; }

 private:
  std::atomic<size_t> next_{0};
  std::vector<uint32_t> places_;
};

// Every 61st tick of a P looks at the global queue first.
inline constexpr uint32_t kGlobalTicks = 61;

// What the tick parameter says.
inline constexpr std::string_view kTickHelp =
    "Where the P's count of 61 ticks stands at the start; at 0 the global queue comes first.";

// Yields until the P's tick, modulo 61, is `tick`: a run begins at tick 0, a Go program's main at 4 to 6, after the
// runtime's own goroutines. With several Ps the main goroutine may change its P all the time; then it gives up.
sched::Task<void> wait_for_tick(uint32_t tick);

// Writes `name` as the list of who came, in order.
inline void write_order(Context& context, std::string_view name, const Arrivals& arrivals) {
  base::JsonWriter& json = context.result();
  json.key(name);
  json.begin_array();
  for (size_t i = 0; i < arrivals.size(); ++i) json.value(arrivals[i]);
  json.end_array();
}

// What the order depends on beside the sizes: the P's tick (each 61st tick looks at the global queue first) and what
// was in its queue already.
inline void write_start(Context& context, const Place& start) {
  context.result().field("start_tick", start.schedtick);
  context.result().field("queued_at_start", start.queued);
  context.unit("start_tick", "ticks");
  context.unit("queued_at_start", "goroutines");
}

}  // namespace samovar::experiments
