// ThreadDriver: each M on a thread of its own, waits are real.
#include <algorithm>
#include <atomic>

#include "platform/clock.h"
#include "platform/worker_pool.h"
#include "sched/driver.h"
#include "sched/scheduler.h"

namespace samovar::sched {
namespace {

// Waits shorter than this are spun: a sleep would overshoot several times.
constexpr uint64_t kSpinBelowNs = 10'000;
// Go lets sysmon sleep for up to a minute; here the page's watchdog wants a sign of life.
constexpr uint64_t kDeepSleepNs = 500'000'000;
constexpr uint64_t kAskAgainNs = 100'000;

}  // namespace

class ThreadDriver final : public Driver {
 public:
  explicit ThreadDriver(Scheduler& scheduler) : scheduler_(scheduler) {}

  bool start(M* m, uint64_t) override {
    live_.fetch_add(1);
    if (scheduler_.options_.workers->start(m_main, m)) return true;
    leave();
    return false;
  }

  void wake(M* m, uint64_t) override { m->parker.unpark(); }
  void wake_sysmon(uint64_t) override { sysmon_parker_.unpark(); }

  void end() override {
    const uint32_t count = scheduler_.thread_count();
    for (uint32_t i = 0; i < count; ++i) scheduler_.all_m_[i]->parker.unpark();
    sysmon_parker_.unpark();
  }

  uint64_t now(const M*) const override { return platform::now_ns() - scheduler_.start_ns_; }

  bool advance(M* m0, uint32_t) override {
    live_.store(2);
    if (!scheduler_.options_.workers->start(sysmon_main, this)) {
      // Without sysmon nothing would ever be preempted: better no run than one that may hang.
      live_.store(1);
      scheduler_.fail(nullptr, "fatal error: ", "no thread left for sysmon");
    }
    drive(m0);
    if (!leave()) done_.park();
    return false;
  }

 private:
  static void m_main(void* argument) {
    M* m = static_cast<M*>(argument);
    auto* self = static_cast<ThreadDriver*>(m->scheduler->driver_.get());
    self->drive(m);
    self->leave();
  }

  static void sysmon_main(void* argument) {
    auto* self = static_cast<ThreadDriver*>(argument);
    current() = {&self->scheduler_, nullptr};
    while (!self->scheduler_.ending()) {
      const uint64_t delay = self->scheduler_.sysmon_round(self->now(nullptr));
      self->sysmon_parker_.park_for(std::min(delay, kDeepSleepNs));
    }
    // An M that was just taking up a goroutine may have overlooked the end, and cleared the request to yield with those for the goroutine
    // before: ask again until all have left, as a stop of the world does.
    while (self->live_.load() > 1) {
      self->scheduler_.preempt_all();
      self->sysmon_parker_.park_for(kAskAgainNs);
    }
    current() = {};
    self->leave();
  }

  void drive(M* m) {
    const Current saved = current();
    current() = {&scheduler_, m};
    for (;;) {
      const Step step = scheduler_.run_m(m);
      if (step.kind == Step::kExit) break;
      if (step.kind == Step::kPark) {
        if (!scheduler_.ending()) m->parker.park();
      } else if (step.kind == Step::kSleepUntil) {
        sleep_until(m, step);
      }
    }
    current() = saved;
  }

  void sleep_until(M* m, const Step& step) {
    const uint64_t at = now(m);
    if (step.when_ns <= at) return;
    const uint64_t length = step.when_ns - at;
    if (length < kSpinBelowNs) return platform::spin_ns(length);
    if (scheduler_.ending()) return;
    const uint64_t awake = std::min(step.awake_ns, length);
    if (awake != 0 && m->parker.spin_for(awake)) return;
    m->parker.park_for(length - awake);
  }

  // True for the last to leave. The last of the others leaves the token that advance() waits for; after that this object may
  // be gone.
  bool leave() {
    if (live_.fetch_sub(1) != 1) return false;
    done_.unpark();
    return true;
  }

  Scheduler& scheduler_;
  std::atomic<uint32_t> live_{0};  // threads at work for this run
  platform::Parker done_;
  platform::Parker sysmon_parker_;
};

std::unique_ptr<Driver> make_thread_driver(Scheduler& scheduler) { return std::make_unique<ThreadDriver>(scheduler); }

}  // namespace samovar::sched
