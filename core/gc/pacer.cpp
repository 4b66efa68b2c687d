#include "gc/pacer.h"

#include <algorithm>

namespace samovar::gc {

namespace {

constexpr uint64_t kMinimumRunway = uint64_t{64} << 10;
constexpr uint64_t kSweepMinimumDistance = uint64_t{1} << 20;
constexpr uint64_t kTriggerDenominator = 64;
constexpr uint64_t kTriggerLowest = 45;   // 0.7 of the way from what was marked to the goal
constexpr uint64_t kTriggerHighest = 61;  // 0.95
constexpr double kOvershoot = 1.1;
constexpr uint64_t kHeadroomPercent = 3;
constexpr uint64_t kHeadroomMinimum = uint64_t{1} << 20;
constexpr int64_t kLeastWork = 1000;
constexpr double kUtilizationError = 0.3;

}  // namespace

Pacer::Pacer(const PacerSettings& settings) {
  triggered_.set(kUnlimited);
  change(settings);
  // gcController.init pretends that a cycle has just ended in which the minimum heap was marked down to nothing.
  commit(true, 0);
}

void Pacer::change(const PacerSettings& settings) {
  gogc_.set(settings.gogc);
  memory_limit_.set(settings.memory_limit);
  heap_minimum_ = settings.gogc >= 0 ? kDefaultHeapMinimum * static_cast<uint64_t>(settings.gogc) / 100 : kDefaultHeapMinimum;
}

// commit
void Pacer::commit(bool sweep_done, uint64_t heap_live) {
  sweep_basis_.set(sweep_done ? 0 : heap_live);
  uint64_t goal = kUnlimited;
  const int64_t gogc = gogc_.get();
  if (gogc >= 0) {
    const uint64_t marked = heap_marked_.get();
    goal = marked + (marked + last_stack_scan_.get() + globals_scan_.get()) * static_cast<uint64_t>(gogc) / 100;
    goal = std::max(goal, heap_minimum_);
  }
  percent_goal_.set(goal);
  const double scan = static_cast<double>(last_heap_scan_.get() + last_stack_scan_.get() + globals_scan_.get());
  runway_.set(static_cast<uint64_t>(cons_mark_ * (1 - kBackgroundUtilization) / kBackgroundUtilization * scan));
}

// memoryLimitHeapGoal
uint64_t Pacer::limit_goal(const MemoryFigures& memory) const {
  const uint64_t limit = memory_limit_.get();
  if (limit == kUnlimited) return kUnlimited;
  const uint64_t marked = heap_marked_.get();
  const uint64_t used = memory.heap_free + memory.heap_alloc;
  const uint64_t elsewhere = memory.mapped_ready > used ? memory.mapped_ready - used : 0;
  const uint64_t over = memory.mapped_ready > limit ? memory.mapped_ready - limit : 0;
  if (elsewhere + over >= limit) return marked;
  uint64_t goal = limit - (elsewhere + over);
  const uint64_t headroom = std::max(goal / 100 * kHeadroomPercent, kHeadroomMinimum);
  goal = goal < headroom || goal - headroom < headroom ? headroom : goal - headroom;
  return std::max(goal, marked);
}

uint64_t Pacer::headroom(uint64_t budget) { return std::min(std::max(budget / 100 * kHeadroomPercent, kHeadroomMinimum), budget / 4); }

// Up to the headroom; and when more than that lives, still a little further each time, so that no cycle begins before there can be new garbage.
uint64_t Pacer::budget_goal(const MemoryFigures& memory) const {
  if (memory.budget == kUnlimited) return kUnlimited;
  const uint64_t kept = headroom(memory.budget);
  return std::max(memory.budget - kept, std::min(heap_marked_.get() + kept / 4, memory.budget));
}

// heapGoalInternal
uint64_t Pacer::goal_and_least_trigger(const MemoryFigures& memory, uint64_t* least_trigger) const {
  uint64_t goal = percent_goal_.get();
  *least_trigger = 0;
  const uint64_t limited = std::min(limit_goal(memory), budget_goal(memory));
  if (limited < goal) return limited;
  const uint64_t sweep = sweep_basis_.get();
  if (sweep != 0) {
    // While sweeping goes on the heap has to be let grow a little, so that it can be paced.
    *least_trigger = sweep + kSweepMinimumDistance;
    goal = std::max(goal, *least_trigger);
  }
  const uint64_t triggered = triggered_.get();
  if (triggered != kUnlimited && goal < triggered + kMinimumRunway) goal = triggered + kMinimumRunway;
  return goal;
}

uint64_t Pacer::goal(const MemoryFigures& memory) const {
  uint64_t least;
  return goal_and_least_trigger(memory, &least);
}

// trigger
uint64_t Pacer::trigger(const MemoryFigures& memory) const {
  uint64_t least;
  const uint64_t goal = goal_and_least_trigger(memory, &least);
  const uint64_t marked = heap_marked_.get();
  if (goal == kUnlimited) return kUnlimited;
  if (marked >= goal) return goal;
  const uint64_t step = (goal - marked) / kTriggerDenominator;
  least = std::max({least, marked, step * kTriggerLowest + marked});
  uint64_t most = step * kTriggerHighest + marked;
  // A large heap: a fixed distance of the minimum heap is enough.
  if (goal > kDefaultHeapMinimum) most = std::max(most, goal - kDefaultHeapMinimum);
  most = std::max(most, least);
  const uint64_t runway = runway_.get();
  const uint64_t wanted = runway > goal ? least : goal - runway;
  return std::clamp(wanted, least, most);
}

// startCycle
void Pacer::start_cycle(uint32_t procs, uint64_t heap_live, uint64_t heap_scan, bool idle_allowed, const MemoryFigures& memory) {
  for (auto* figure : {&heap_work, &stack_work, &globals_work, &credit}) figure->store(0, std::memory_order_relaxed);  // relaxed: the world is stopped
  for (auto* figure : {&assist_ns, &dedicated_ns, &fractional_ns, &idle_ns}) figure->store(0, std::memory_order_relaxed);
  triggered_.set(heap_live);
  const double wanted = procs * kBackgroundUtilization;
  dedicated_ = static_cast<uint32_t>(wanted + 0.5);
  const double error = dedicated_ / wanted - 1;
  fractional_goal_ = 0;
  if (error < -kUtilizationError || error > kUtilizationError) {
    // Rounding would miss the quarter by too much: the rest is done in fractions of each P's time.
    if (dedicated_ > wanted) --dedicated_;
    fractional_goal_ = (wanted - dedicated_) / procs;
  }
  if (idle_allowed) {
    idle_.set(procs - dedicated_);
  } else {
    idle_.set(dedicated_ > 0 ? 0 : 1);
  }
  revise(heap_live, heap_scan, memory);
  trace_ = {.assist_ratio = work_per_byte(),
            .heap_scan = heap_scan,
            .heap_start = heap_live,
            .goal = goal(memory),
            .dedicated = dedicated_,
            .fractional = fractional_goal_};
}

// revise
void Pacer::revise(uint64_t heap_live, uint64_t heap_scan, const MemoryFigures& memory) {
  const auto live = static_cast<int64_t>(heap_live);
  const int64_t work = scan_work();
  uint64_t least;
  auto goal = static_cast<int64_t>(std::min(goal_and_least_trigger(memory, &least), uint64_t{1} << 62));
  auto expected = static_cast<int64_t>(expected_scan_work());
  // relaxed: set while the world was stopped
  const int64_t most = static_cast<int64_t>(heap_scan) + max_stack_scan.load(std::memory_order_relaxed) + static_cast<int64_t>(globals_scan_.get());
  if (work > expected) {
    // More lives than last time: at the worst all of it, and the goal moves out accordingly, within a hard bound.
    const auto triggered = static_cast<int64_t>(triggered_.get());
    const double per_work = static_cast<double>(goal - triggered) / static_cast<double>(std::max<int64_t>(expected, 1));
    const double extended = per_work * static_cast<double>(most) + static_cast<double>(triggered);
    const double gogc = gogc_.get() < 0 ? 100'000 : static_cast<double>(gogc_.get());
    const double hard = (1 + gogc / 100) * static_cast<double>(goal);
    goal = static_cast<int64_t>(std::min({extended, hard, 4e18}));
    expected = most;
  }
  if (live > goal) {
    goal = static_cast<int64_t>(static_cast<double>(goal) * kOvershoot);
    expected = most;
  }
  const int64_t remaining = std::max(expected - work, kLeastWork);
  const int64_t distance = std::max<int64_t>(goal - live, 1);
  work_per_byte_.store(static_cast<double>(remaining) / static_cast<double>(distance), std::memory_order_relaxed);  // relaxed: estimates
  bytes_per_work_.store(static_cast<double>(distance) / static_cast<double>(remaining), std::memory_order_relaxed);
}

// endCycle
void Pacer::end_cycle(uint64_t duration_ns, uint32_t procs, uint64_t heap_live, const MemoryFigures& memory) {
  const uint64_t triggered = triggered_.get();
  const uint64_t goal_at_end = goal(memory);
  triggered_.set(kUnlimited);
  double utilization = kBackgroundUtilization;
  double idle = 0;
  if (duration_ns > 0) {
    const double available = static_cast<double>(duration_ns) * procs;
    utilization += static_cast<double>(assist_ns.load(std::memory_order_relaxed)) / available;  // relaxed, here and below: the world is stopped
    idle = static_cast<double>(idle_ns.load(std::memory_order_relaxed)) / available;
  }
  const int64_t work = scan_work();
  if (heap_live > triggered) {
    trace_.ended = true;
    trace_.utilization = utilization;
    trace_.heap_work = heap_work.load(std::memory_order_relaxed);
    trace_.stack_work = stack_work.load(std::memory_order_relaxed);
    trace_.globals_work = globals_work.load(std::memory_order_relaxed);
    trace_.expected_work = expected_scan_work();
    trace_.triggered = triggered;
    trace_.heap_end = heap_live;
    trace_.goal_at_end = goal_at_end;
    trace_.cons_mark = cons_mark_;
  }
  // Nothing was allocated meanwhile, or (where Go would divide by zero) nothing was scanned, or assists took all there was.
  if (heap_live <= triggered || work <= 0 || utilization >= 1) return;
  const double measured = static_cast<double>(heap_live - triggered) * (utilization + idle) / (static_cast<double>(work) * (1 - utilization));
  double next = measured;
  for (const double last : last_cons_marks_) next = std::max(next, last);
  for (int i = 0; i < 3; ++i) last_cons_marks_[i] = last_cons_marks_[i + 1];
  last_cons_marks_[3] = measured;
  cons_mark_ = next;
}

// resetLive
void Pacer::reset_live(uint64_t bytes_marked) {
  heap_marked_.set(bytes_marked);
  // relaxed: the world is stopped
  const auto as_bytes = [](const std::atomic<int64_t>& work) { return static_cast<uint64_t>(std::max<int64_t>(work.load(std::memory_order_relaxed), 0)); };
  last_heap_scan_.set(as_bytes(heap_work));
  last_stack_scan_.set(as_bytes(stack_work));
  triggered_.set(kUnlimited);
}

}  // namespace samovar::gc
