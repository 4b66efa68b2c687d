// million: as many goroutines as memory holds, all parked at once, then all woken by closing one channel.
//
// A goroutine costs its frame and its header, not a stack: some hundred bytes where Go needs 2.7 KiB. The browser's
// default memory of 128 MiB holds 200,000 and more.
#include <atomic>

#include "experiments/registry.h"
#include "experiments/work.h"
#include "sched/inspect.h"
#include "sync/channel.h"
#include "sync/waitgroup.h"

namespace samovar::experiments {

namespace {

constexpr uint32_t kBatch = 1024;  // goroutines between two reports
constexpr uint64_t kWorkNs = 20;

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::integer("goroutines", 100'000, {1, 1'000'000}, "goroutines", "How many goroutines wait at once."),
};

constexpr std::string_view kCharts[] = {"goroutines", "queues", "work_rate"};

struct Million {
  Context& context;
  const uint64_t goroutines;
  sync::Channel<char> gate = sync::Channel<char>::unbuffered();
  std::atomic<uint64_t> came{0};  // relaxed: counts
  std::atomic<uint64_t> left{0};
  sync::WaitGroup done;

  // Parking them is one half, waking them the other.
  void report(uint64_t steps) { context.progress(steps, 2 * goroutines); }

  // A function, so that a visitor's frame stays as small as it is.
  void woken() {
    const uint64_t now_left = left.fetch_add(1, std::memory_order_relaxed) + 1;
    if (now_left % kBatch == 0) report(goroutines + now_left);
  }
};

sched::Task<void> visitor(Million* run) {
  run->came.fetch_add(1, std::memory_order_relaxed);
  co_await run->gate.receive();
  run->woken();
  co_await sched::checkpoint(kWorkNs);
  co_await run->done.done();
}

sched::Task<void> million(Context& context) {
  sched::Scheduler& scheduler = context.scheduler();
  const auto goroutines = static_cast<uint64_t>(context.parameters().integer("goroutines"));
  Million run{.context = context, .goroutines = goroutines, .done = sync::WaitGroup()};
  co_await run.done.add(static_cast<int32_t>(goroutines));
  const size_t bytes_before = sched::used_goroutine_bytes(scheduler);  // nobody runs but this goroutine
  const uint64_t start = co_await now();
  SoFar parked_so_far(context, start, [&](uint64_t duration_ns) {
    write_number(context, "alive_at_once", scheduler.num_goroutine(), "goroutines");
    write_number(context, "park_ns", duration_ns, "ns");
    write_rate(context, "parked_per_second", run.came.load(std::memory_order_relaxed), duration_ns, "goroutines/s");
  });
  for (uint64_t i = 1; i <= goroutines; ++i) {
    co_await sched::go("visitor", visitor(&run));
    co_await sched::checkpoint();
    if (i % kBatch == 0) {
      context.add_work(kBatch);
      run.report(i);
      co_await sched::gosched();  // lets them come to the gate, or the queue holds them all
    }
  }
  while (run.came.load(std::memory_order_relaxed) < goroutines) {
    co_await sched::gosched();
    co_await sched::checkpoint(100);
  }
  const uint64_t parked = co_await now();
  co_await sched::stop_the_world(sched::StwReason::kOther);
  const size_t bytes = sched::used_goroutine_bytes(scheduler) - bytes_before;
  co_await sched::start_the_world();
  const uint64_t alive = scheduler.num_goroutine();
  context.add_work(goroutines % kBatch);

  parked_so_far.over();
  write_number(context, "goroutines", goroutines, "goroutines");
  write_number(context, "alive_at_once", alive, "goroutines");
  write_number(context, "bytes", bytes, "B");
  write_number(context, "bytes_per_goroutine", static_cast<double>(bytes) / static_cast<double>(goroutines), "B");
  write_number(context, "park_ns", parked - start, "ns");
  write_rate(context, "parked_per_second", goroutines, parked - start, "goroutines/s");

  const uint64_t closing = co_await now();
  const SoFar woken_so_far(context, closing, [&](uint64_t duration_ns) {
    const uint64_t woken = run.left.load(std::memory_order_relaxed);
    write_number(context, "woken", woken, "goroutines");
    write_number(context, "wake_ns", duration_ns, "ns");
    write_rate(context, "woken_per_second", woken, duration_ns, "goroutines/s");
  });
  co_await run.gate.close();
  co_await run.done.wait();
  const uint64_t end = co_await now();
  write_number(context, "wake_ns", end - closing, "ns");
  write_rate(context, "woken_per_second", goroutines, end - closing, "goroutines/s");
  run.report(2 * goroutines);
}

}  // namespace

const ExperimentSpec kMillion = {
    .name = "million",
    .title = "A great many goroutines",
    .verb = "Spawn",
    .group = "limits",
    .question = "How many goroutines fit into memory?",
    .shows = "Goroutines are started by the hundred thousand, all wait, and all are woken at once.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = million,
    .work_unit = "goroutines",
};

}  // namespace samovar::experiments
