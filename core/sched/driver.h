// Driver: who carries Ms from step to step. Two of them, over one policy.
//
// The virtual calls here are all on slow paths (a wake-up, a new M, the end); the switch from goroutine to goroutine never comes here.
#pragma once

#include <cstdint>
#include <memory>

namespace samovar::sched {

struct M;
class Scheduler;

class Driver {
 public:
  virtual ~Driver() = default;

  // Gives m, whose next_p is set, a thread. False if there is none to be had. now_ns is the run time at which it is asked for.
  virtual bool start(M* m, uint64_t now_ns) = 0;

  // Ends m's sleep, or the next one if it does not sleep yet.
  virtual void wake(M* m, uint64_t now_ns) = 0;

  // Ends sysmon's deep sleep.
  virtual void wake_sysmon(uint64_t now_ns) = 0;

  // The run is ending: ends all sleeps. Any thread.
  virtual void end() = 0;

  // Run time now for m, freshly read.
  virtual uint64_t now(const M* m) const = 0;

  // Runs everything from m0 on until the run ends, or (virtual time only) about wall_ms have passed. True if there is more to do.
  virtual bool advance(M* m0, uint32_t wall_ms) = 0;
};

std::unique_ptr<Driver> make_thread_driver(Scheduler& scheduler);
std::unique_ptr<Driver> make_virtual_driver(Scheduler& scheduler);

// The M and scheduler that the calling thread works for at this moment.
struct Current {
  Scheduler* scheduler = nullptr;
  M* m = nullptr;
};

// Not inlined: a compiler may keep a thread-local's address across a suspension, after which the coroutine may be on
// another thread.
Current& current();

}  // namespace samovar::sched
