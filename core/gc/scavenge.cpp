// Scavenging (Go: mgcscavenge.go): what the heap has freed and will hardly need again goes back to the system.
//
// Kept is what the next goal asks for and a tenth more, going by what was in use at the last one (scavengeGoals), and never more than 95 % of a memory limit. Go's
// scavenger is a goroutine that takes a hundredth of the Ps' time and gives back 64 KiB at a time; here all is done when a sweep has ended, in whole runs of
// pages, and then left alone until it has been no more than that hundredth. As in Go whoever takes memory beyond the limit pays at once.
#include <algorithm>

#include "gc/collector.h"
#include "sched/costs.h"

namespace samovar::gc {

using sched::M;

namespace {
constexpr uint64_t kRetainPercent = 110;    // retainExtraPercent
constexpr uint64_t kLimitPercent = 95;      // reduceExtraPercent: of the limit
constexpr uint64_t kTimePercent = 1;        // scavengePercent: of the Ps' time
}  // namespace

// Gives back what is mapped beyond `target` bytes, as far as it is free, and takes that off the figures.
void Collector::give_back_beyond(M* m, uint64_t target, MemoryFigures* now) {
  if (now->mapped_ready <= target) return;
  const uint64_t in_use = now->mapped_ready - now->heap_free;
  const uint64_t given = heap_.release_free_pages(target > in_use ? target - in_use : 0);
  now->mapped_ready -= std::min(given, now->mapped_ready);
  now->heap_free -= std::min(given, now->heap_free);
  m->charge(given / heap::kPageBytes * sched::costs::kReleasePage);
}

// A sweep has ended.
void Collector::scavenge(M* m) {
  uint64_t target = kUnlimited;
  const PacerSettings settings = pacer_.settings();
  const uint64_t goal_now = goal();
  if (settings.gogc >= 0 && scavenge_goal_ != 0 && goal_now != kUnlimited) {
    const double ratio = static_cast<double>(goal_now) / static_cast<double>(scavenge_goal_);
    target = static_cast<uint64_t>(static_cast<double>(scavenge_in_use_) * ratio) / 100 * kRetainPercent;
  }
  if (settings.memory_limit != kUnlimited) target = std::min(target, settings.memory_limit / 100 * kLimitPercent);
  const uint64_t begin_ns = scheduler_.now(m);
  if (target == kUnlimited || begin_ns < next_scavenge_ns_) return;
  MemoryFigures now = measured_memory();
  give_back_beyond(m, target, &now);
  const uint64_t end_ns = scheduler_.now(m);
  next_scavenge_ns_ = end_ns + (end_ns - begin_ns) * 100 / (kTimePercent * scheduler_.procs());
}

}  // namespace samovar::gc
