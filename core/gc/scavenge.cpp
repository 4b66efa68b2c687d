// Scavenging (Go: mgcscavenge.go): what the heap has freed and will hardly need again goes back to the system.
//
// Kept is what the next goal asks for and a tenth more, going by what was in use at the last one (scavengeGoals), and never more than 95 % of a memory limit. Go's
// scavenger is a goroutine that takes a hundredth of the CPU's time and gives back 64 KiB at a time; here it is done at once when a sweep has ended, and it is a
// few calls, for it gives back whole runs of pages. As in Go whoever takes memory beyond the limit pays at once.
#include <algorithm>

#include "gc/collector.h"
#include "sched/costs.h"

namespace samovar::gc {

using sched::M;

namespace {
constexpr uint64_t kRetainPercent = 110;    // retainExtraPercent
constexpr uint64_t kLimitPercent = 95;      // reduceExtraPercent: of the limit
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
  if (target == kUnlimited) return;
  MemoryFigures now = measured_memory();
  give_back_beyond(m, target, &now);
}

}  // namespace samovar::gc
