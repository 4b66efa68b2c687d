// Scavenging (Go: mgcscavenge.go): what the heap has freed and will hardly need again goes back to the system.
//
// Kept is what the next goal asks for and a tenth more, going by what was in use at the last one (scavengeGoals), and never more than 95 % of a memory limit. Go's
// scavenger is a goroutine that takes a hundredth of the Ps' time and gives back 64 KiB at a time; here the sweeper does it when a sweep has ended, in bites with a safe
// point after each, and then leaves it alone until it has been no more than that hundredth. As in Go whoever takes memory beyond the limit pays at once.
#include <algorithm>

#include "gc/collector.h"
#include "sched/costs.h"
#include "sched/driver.h"
#include "sched/ops.h"

namespace samovar::gc {

using sched::M;

namespace {
constexpr uint64_t kRetainPercent = 110;    // retainExtraPercent
constexpr uint64_t kLimitPercent = 95;      // reduceExtraPercent: of the limit
constexpr uint64_t kTimePercent = 1;        // scavengePercent: of the Ps' time
constexpr uint64_t kBite = 128 * 1024;      // bytes between two safe points: some 50 microseconds, for which a stop of the world may have to wait
}  // namespace

// Gives back what is mapped beyond `target` bytes, as far as it is free, up to `most` and below page *below, and takes that off the figures. Says how much.
uint64_t Collector::give_back_beyond(M* m, uint64_t target, uint64_t most, uint32_t* below, MemoryFigures* now) {
  if (now->mapped_ready <= target) return 0;
  const uint64_t in_use = now->mapped_ready - now->heap_free;
  const uint64_t given = heap_.release_free_pages(target > in_use ? target - in_use : 0, most, below);
  now->mapped_ready -= std::min(given, now->mapped_ready);
  now->heap_free -= std::min(given, now->heap_free);
  m->charge(given / heap::kPageBytes * sched::costs::kReleasePage);
  return given;
}

// A sweep has ended. By the sweeper; a collection that begins meanwhile ends it.
sched::Task<void> Collector::scavenge() {
  uint64_t target = kUnlimited;
  const PacerSettings settings = pacer_.settings();
  const uint64_t goal_now = goal();
  if (settings.gogc >= 0 && scavenge_goal_ != 0 && goal_now != kUnlimited) {
    const double ratio = static_cast<double>(goal_now) / static_cast<double>(scavenge_goal_);
    target = static_cast<uint64_t>(static_cast<double>(scavenge_in_use_) * ratio) / 100 * kRetainPercent;
  }
  if (settings.memory_limit != kUnlimited) target = std::min(target, settings.memory_limit / 100 * kLimitPercent);
  const sched::G* g = co_await sched::self();
  if (target == kUnlimited || scheduler_.now(g->m) < next_scavenge_ns_) co_return;
  uint64_t took_ns = 0;
  uint64_t given = kBite;
  uint32_t below = heap::Heap::kTop;
  MemoryFigures now = measured_memory();
  while (given != 0 && phase() == Phase::kOff) {
    const uint64_t begin_ns = scheduler_.now(g->m);
    given = give_back_beyond(g->m, target, kBite, &below, &now);
    took_ns += scheduler_.now(g->m) - begin_ns;
    co_await sched::checkpoint();
  }
  scavenge_background_ns_.fetch_add(took_ns, std::memory_order_relaxed);  // relaxed: a figure
  next_scavenge_ns_ = scheduler_.now(g->m) + took_ns * 100 / (kTimePercent * scheduler_.procs());
}

}  // namespace samovar::gc
