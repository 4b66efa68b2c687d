// VirtualDriver: all Ms on the calling thread, in virtual time.
//
// A discrete-event simulation. Each M has its own clock (M::now_ns), which moves on by the price of what it does (costs.h); always
// the M that is furthest behind takes the next step, sysmon among them. A goroutine that gets ahead of another M pauses at its
// next checkpoint (Attention::kAttentionDriver). Nothing depends on addresses, clocks or chance but the seeded kind: the same
// program with the same seed gives the same events, on every platform.
#include <algorithm>
#include <vector>

#include "platform/clock.h"
#include "sched/costs.h"
#include "sched/driver.h"
#include "sched/scheduler.h"

namespace samovar::sched {

class VirtualDriver final : public Driver {
 public:
  explicit VirtualDriver(Scheduler& scheduler) : scheduler_(scheduler) {}

  bool start(M* m, uint64_t now_ns) override {
    m->now_ns = now_ns + costs::kWakeM;
    actors_.push_back({m, m->now_ns, false});
    lower_horizon(m->now_ns);
    return true;
  }

  void wake(M* m, uint64_t now_ns) override {
    Actor& actor = actors_[index_of(m)];
    if (actor.when_ns == kNever || actor.when_ns > now_ns + costs::kWakeM) {
      actor.when_ns = std::max(m->now_ns, now_ns + costs::kWakeM);
      lower_horizon(actor.when_ns);
    }
    if (m == stepping_) actor.token = true;
  }

  void wake_sysmon(uint64_t now_ns) override {
    sysmon_when_ns_ = std::min(sysmon_when_ns_, now_ns + costs::kWakeM);
    lower_horizon(sysmon_when_ns_);
  }
  void end() override {}  // advance() looks before each step
  uint64_t now(const M* m) const override { return m->now_ns; }

  bool advance(M* m0, uint32_t wall_ms) override {
    if (actors_.empty()) actors_.push_back({m0, 0, false});
    const uint64_t deadline = platform::now_ns() + uint64_t{wall_ms} * 1'000'000;
    const Current saved = current();
    uint32_t steps = 0;
    while (!scheduler_.ending()) {
      if (++steps % 512 == 0 && platform::now_ns() >= deadline) break;
      if (!step_earliest()) break;
    }
    current() = saved;
    return !scheduler_.ending();
  }

 private:
  static constexpr uint64_t kNever = ~0ull;
  struct Actor {
    M* m;
    uint64_t when_ns;  // when its next step is due
    bool token;        // woken while it was stepping
  };

  // The M that is stepping must not run past what it has just woken.
  void lower_horizon(uint64_t when_ns) {
    if (stepping_ != nullptr) stepping_->horizon_ns = std::min(stepping_->horizon_ns, when_ns);
  }

  size_t index_of(const M* m) const {
    size_t i = 0;
    while (actors_[i].m != m) ++i;
    return i;
  }

  bool step_earliest() {
    if (scheduler_.requested_procs_.load(std::memory_order_relaxed) != 0) sysmon_when_ns_ = std::min(sysmon_when_ns_, scheduler_.virtual_now_ns_.get());  // relaxed: a request
    size_t first = 0;
    uint64_t second = sysmon_when_ns_;
    for (size_t i = 1; i < actors_.size(); ++i) {
      if (actors_[i].when_ns < actors_[first].when_ns) {
        second = std::min(second, actors_[first].when_ns);
        first = i;
      } else {
        second = std::min(second, actors_[i].when_ns);
      }
    }
    const uint64_t when = actors_[first].when_ns;
    if (sysmon_when_ns_ < when) {
      scheduler_.virtual_now_ns_.set(std::max(scheduler_.virtual_now_ns_.get(), sysmon_when_ns_));
      const uint64_t at = sysmon_when_ns_;
      sysmon_when_ns_ = kNever;
      current() = {&scheduler_, nullptr};
      const uint64_t delay = scheduler_.sysmon_round(at);
      if (delay != kNever) sysmon_when_ns_ = std::min(sysmon_when_ns_, at + delay + costs::kSysmonRound);
      return true;
    }
    if (when == kNever) return false;
    step(first, when, second);
    return true;
  }

  void step(size_t index, uint64_t when, uint64_t horizon) {
    M* m = actors_[index].m;
    m->now_ns = std::max(m->now_ns, when);
    m->horizon_ns = horizon;
    scheduler_.virtual_now_ns_.set(std::max(scheduler_.virtual_now_ns_.get(), m->now_ns));
    current() = {&scheduler_, m};
    stepping_ = m;
    const Step step = scheduler_.run_m(m);
    stepping_ = nullptr;
    Actor& actor = actors_[index];
    switch (step.kind) {
      case Step::kRan: actor.when_ns = m->now_ns; break;
      case Step::kSleepUntil: actor.when_ns = std::max(step.when_ns, m->now_ns); break;
      case Step::kPark: actor.when_ns = actor.token ? m->now_ns : kNever; break;
      case Step::kExit: actor.when_ns = kNever; break;
    }
    actor.token = false;
  }

  Scheduler& scheduler_;
  std::vector<Actor> actors_;
  uint64_t sysmon_when_ns_ = 20'000;
  M* stepping_ = nullptr;
};

std::unique_ptr<Driver> make_virtual_driver(Scheduler& scheduler) { return std::make_unique<VirtualDriver>(scheduler); }

}  // namespace samovar::sched
