// wake-order: one goroutine wakes others, in the five ways there are; who runs when?
//
//   yield      main starts g0 … gN, then yields: it comes back behind the whole local queue.
//   send       R waits to receive, X0 … XN wait in the queue; main sends: R goes to runnext and overtakes all X, but
//   main
//              goes on first.
//   senders    Goroutines wait to send; main receives: first come, first served.
//   buffered   The same on a full channel of 2: with each receive a waiting sender's value moves into the buffer.
//   broadcast  Goroutines wait for a condition; Broadcast readies all in order, so the last sits in runnext and runs
//   first. signal     The same with Signal, one at a time, each awaited: first come, first served.
//
// (Go 1.26: goschedImpl, ready, chansend, chanrecv, notifyListNotifyAll.)
#include <string>
#include <vector>

#include "base/text.h"
#include "experiments/order.h"
#include "experiments/registry.h"
#include "experiments/work.h"
#include "sync/channel.h"
#include "sync/cond.h"
#include "sync/mutex.h"
#include "sync/waitgroup.h"

namespace samovar::experiments {

namespace {

constexpr uint64_t kWorkNs = 20;  // writing a number into a list
constexpr uint32_t kMain = ~0u;
constexpr uint32_t kReceiver = ~0u - 1;

constexpr Choice kWays[] = {
    {"yield", "One starts goroutines and yields."},
    {"send", "One sends to a goroutine that waits, while others are queued."},
    {"senders", "One receives from goroutines that wait to send."},
    {"buffered", "One receives from a full channel on which goroutines wait to send."},
    {"broadcast", "One wakes all that wait for a condition."},
    {"signal", "One wakes those that wait for a condition, one after another."},
};

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::choice("way", "send", kWays, "How goroutines are woken."),
    ParameterSpec::integer("goroutines", 5, {1, 250}, "goroutines", "How many goroutines are woken or queued."),
    ParameterSpec::integer("tick", 4, {0, kGlobalTicks - 1}, "ticks", kTickHelp),
};

constexpr std::string_view kCharts[] = {"order", "queues", "goroutines"};

struct WakeOrder {
  explicit WakeOrder(uint32_t goroutines_) : goroutines(goroutines_), order(size_t{goroutines_} + 2) {}
  const uint32_t goroutines;
  Arrivals order;
  Place start;
  const char* label = "g";
  sync::Channel<uint32_t> channel;
  sync::Mutex mutex;
  sync::Cond<> cond{&mutex};
  sync::WaitGroup done;
};

sched::Task<void> enter(WakeOrder* run, uint32_t index) {
  run->order.add(index);
  co_await sched::checkpoint(kWorkNs);
  co_await run->done.done();
}

sched::Task<void> by_yield(WakeOrder* run) {
  co_await run->done.add(static_cast<int32_t>(run->goroutines));
  run->start = co_await here();
  for (uint32_t i = 0; i < run->goroutines; ++i) co_await sched::go("queued", enter(run, i));
  co_await sched::gosched();
  run->order.add(kMain);
  co_await run->done.wait();
}

sched::Task<void> receiver(WakeOrder* run) {
  co_await run->channel.receive();
  run->order.add(kReceiver);
  co_await sched::checkpoint(kWorkNs);
  co_await run->done.done();
}

sched::Task<void> by_send(WakeOrder* run) {
  run->label = "X";
  run->channel = co_await sync::make_channel<uint32_t>();
  co_await run->done.add(static_cast<int32_t>(run->goroutines) + 1);
  co_await sched::go("receiver", receiver(run));
  co_await sched::gosched();
  run->start = co_await here();
  for (uint32_t i = 0; i < run->goroutines; ++i) co_await sched::go("queued", enter(run, i));
  co_await run->channel.send(7);
  run->order.add(kMain);
  co_await run->done.wait();
}

sched::Task<void> sender(WakeOrder* run, uint32_t index) {
  co_await run->channel.send(index);
  co_await run->done.done();
}

sched::Task<void> by_receive(WakeOrder* run, int64_t capacity, uint32_t* length_after_one) {
  run->label = "";
  run->channel = co_await sync::make_channel<uint32_t>(capacity);
  co_await run->done.add(static_cast<int32_t>(run->goroutines));
  for (uint32_t i = 0; i < run->goroutines; ++i) {
    co_await sched::go("sender", sender(run, i));
    co_await sched::gosched();  // so that they wait in the order of their numbers
  }
  run->start = co_await here();
  for (uint32_t i = 0; i < run->goroutines; ++i) {
    const auto received = co_await run->channel.receive();
    run->order.add(received.value);
    if (i == 0) *length_after_one = run->channel.length();
  }
  co_await run->done.wait();
}

sched::Task<void> conditional(WakeOrder* run, uint32_t index) {
  co_await run->mutex.lock();
  co_await run->cond.wait();
  run->order.add(index);
  co_await run->mutex.unlock();
  co_await run->done.done();
}

sched::Task<void> by_condition(WakeOrder* run, bool one_by_one) {
  run->label = "";
  co_await run->done.add(static_cast<int32_t>(run->goroutines));
  for (uint32_t i = 0; i < run->goroutines; ++i) {
    co_await sched::go("conditional", conditional(run, i));
    co_await sched::gosched();  // so that they wait in the order of their numbers
  }
  run->start = co_await here();
  if (one_by_one) {
    for (uint32_t i = 0; i < run->goroutines; ++i) {
      co_await run->cond.signal();
      while (run->order.size() <= i) co_await sched::gosched();
    }
  } else {
    co_await run->cond.broadcast();
  }
  co_await run->done.wait();
}

std::string label_of(const WakeOrder& run, uint32_t who) {
  if (who == kMain) return run.label[0] == 'X' ? "M" : "main";
  if (who == kReceiver) return "R";
  return run.label + base::format_number(uint64_t{who});
}

sched::Task<void> wake_order(Context& context) {
  const std::string& way = context.parameters().choice("way");
  WakeOrder run(static_cast<uint32_t>(context.parameters().integer("goroutines")));
  co_await wait_for_tick(static_cast<uint32_t>(context.parameters().integer("tick")));
  uint32_t length_after_one = 0;
  if (way == "yield") co_await by_yield(&run);
  if (way == "send") co_await by_send(&run);
  if (way == "senders") co_await by_receive(&run, 0, &length_after_one);
  if (way == "buffered") co_await by_receive(&run, 2, &length_after_one);
  if (way == "broadcast") co_await by_condition(&run, false);
  if (way == "signal") co_await by_condition(&run, true);

  base::JsonWriter& json = context.result();
  json.key("order");
  json.begin_array();
  for (size_t i = 0; i < run.order.size(); ++i) json.value(label_of(run, run.order[i]));
  json.end_array();
  write_start(context, run.start);
  if (way == "buffered") write_number(context, "length_after_one_receive", length_after_one, "values");
  context.progress(1, 1);
}

}  // namespace

const ExperimentSpec kWakeOrder = {
    .name = "wake-order",
    .title = "Who is woken first",
    .verb = "Wake",
    .group = "sync",
    .question = "Who runs next when a goroutine is woken?",
    .shows = "A goroutine that is woken goes to runnext, before all that wait in the queue; its waker goes on first.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = wake_order,
    .common = {.procs = 1},
};

}  // namespace samovar::experiments
