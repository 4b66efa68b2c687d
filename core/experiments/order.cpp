#include "experiments/order.h"

#include "sched/ops.h"

namespace samovar::experiments {

sched::Task<void> wait_for_tick(uint32_t tick) {
  for (uint32_t i = 0; i < 4 * kGlobalTicks; ++i) {
    const Place place = co_await here();
    if (place.schedtick % kGlobalTicks == tick) co_return;
    co_await sched::gosched();
  }
}

}  // namespace samovar::experiments
