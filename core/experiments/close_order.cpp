// close-order: many goroutines wait to receive from a channel that is then closed; in which order do they wake?
//
// close takes the waiters off the channel first come first served, but puts them on a list from whose front it readies
// them, so the last comes first; and the last one readied, which is the first that waited, sits in runnext and
// runs before all others: 0, 9, 8, … 1. (Go 1.26: closechan, ready.)
#include "experiments/order.h"
#include "experiments/registry.h"
#include "sync/channel.h"
#include "sync/waitgroup.h"

namespace samovar::experiments {

namespace {

constexpr uint64_t kWorkNs = 20;  // writing a number into a list

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::integer("goroutines", 10, {1, 2000}, "goroutines", "How many goroutines wait on the channel."),
    ParameterSpec::integer("tick", 4, {0, kGlobalTicks - 1}, "ticks", kTickHelp),
};

constexpr std::string_view kCharts[] = {"order", "queues", "goroutines"};

struct CloseOrder {
  explicit CloseOrder(size_t receivers) : order(receivers) {}
  Arrivals order;
  std::atomic<uint32_t> parking{0};
  sync::Channel<int> channel = sync::Channel<int>::unbuffered();
  sync::WaitGroup done;
};

sched::Task<void> receiver(CloseOrder* run, uint32_t index) {
  run->parking.fetch_add(1, std::memory_order_relaxed);  // relaxed: a count
  co_await run->channel.receive();
  run->order.add(index);
  co_await sched::checkpoint(kWorkNs);
  co_await run->done.done();
}

sched::Task<void> close_order(Context& context) {
  const auto receivers = static_cast<uint32_t>(context.parameters().integer("goroutines"));
  CloseOrder run(receivers);
  co_await run.done.add(static_cast<int32_t>(receivers));
  for (uint32_t i = 0; i < receivers; ++i) {
    co_await sched::go("receiver", receiver(&run, i));
    // Let it come to the channel before the next one starts, so that they wait in the order of their numbers. (On
    // several Ps the last step to the channel may still be overtaken; the order is promised with one.)
    do {
      co_await sched::gosched();
    } while (run.parking.load(std::memory_order_relaxed) <= i);
  }
  co_await wait_for_tick(static_cast<uint32_t>(context.parameters().integer("tick")));
  const Place start = co_await here();
  co_await run.channel.close();
  co_await run.done.wait();

  write_order(context, "order", run.order);
  write_start(context, start);
  context.progress(receivers, receivers);
}

}  // namespace

const ExperimentSpec kCloseOrder = {
    .name = "close-order",
    .title = "Closing a channel",
    .verb = "Close",
    .group = "sync",
    .question = "Who wakes first when a channel is closed?",
    .shows = "The first that waited runs first, then the others from the last to the second.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = close_order,
    .common = {.procs = 1},
    .progress_unit = "goroutines",
};

}  // namespace samovar::experiments
