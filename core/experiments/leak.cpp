// leak: goroutines are left waiting for something that never comes, and stay for as long as the program runs.
//
// Nothing frees a goroutine that waits: it keeps its frame and all that this refers to. What tells a leak is the number
// of goroutines, which never falls back, and the dump, which says what they wait for. They leak in turn on a receive, a
// send, a mutex, a wait group and a select, as far as `kinds` goes.
#include <array>
#include <string_view>

#include "experiments/registry.h"
#include "experiments/work.h"
#include "sched/inspect.h"
#include "sched/wait_reason.h"
#include "sync/channel.h"
#include "sync/mutex.h"
#include "sync/select.h"
#include "sync/waitgroup.h"

namespace samovar::experiments {

namespace {

constexpr uint32_t kBatch = 1024;  // goroutines between two reports

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::integer("goroutines", 1000, {1, 100'000}, "goroutines", "How many goroutines are left behind."),
    ParameterSpec::integer("kinds", 5, {1, 5}, "kinds", "How many different things they wait for."),
};

constexpr std::string_view kCharts[] = {"goroutines", "queues"};

struct Leak {
  sync::Channel<int> empty = sync::Channel<int>::unbuffered();
  sync::Channel<int> full = sync::Channel<int>::unbuffered();
  sync::Mutex mutex;
  sync::WaitGroup group;
  std::atomic<uint32_t> started{0};  // relaxed: a count
};

// One coroutine a kind, so that each keeps no more than it needs.
sched::Task<void> receives(Leak* run) {
  run->started.fetch_add(1, std::memory_order_relaxed);
  co_await run->empty.receive();
}
sched::Task<void> sends(Leak* run) {
  run->started.fetch_add(1, std::memory_order_relaxed);
  co_await run->full.send(1);
}
sched::Task<void> locks(Leak* run) {
  run->started.fetch_add(1, std::memory_order_relaxed);
  co_await run->mutex.lock();
}
sched::Task<void> waits(Leak* run) {
  run->started.fetch_add(1, std::memory_order_relaxed);
  co_await run->group.wait();
}
sched::Task<void> selects(Leak* run) {
  run->started.fetch_add(1, std::memory_order_relaxed);
  co_await sync::select();
}

constexpr struct {
  const char* name;
  sched::Task<void> (*body)(Leak*);
} kKinds[] = {{"receives", receives}, {"sends", sends}, {"locks", locks}, {"waits", waits}, {"selects", selects}};

// Goroutines by what they wait for; the rest (running, runnable) by their state.
struct Census {
  std::array<uint64_t, static_cast<size_t>(sched::WaitReason::kCount)> waiting{};

  static void visit(void* census, sched::G* g) {
    if (g->status.get() != sched::GStatus::kWaiting) return;
    ++static_cast<Census*>(census)->waiting[static_cast<size_t>(g->wait_reason.get())];
  }

  void write(Context& context) const {
    base::JsonWriter& json = context.result();
    json.key("waiting");
    json.begin_object();
    for (size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i] > 0) json.field(sched::to_string(static_cast<sched::WaitReason>(i)), waiting[i]);
    }
    json.end_object();
    context.unit("waiting", "goroutines");
  }
};

sched::Task<void> leak(Context& context) {
  sched::Scheduler& scheduler = context.scheduler();
  const auto goroutines = static_cast<uint32_t>(context.parameters().integer("goroutines"));
  const auto kinds = static_cast<uint32_t>(context.parameters().integer("kinds"));
  Leak run;
  co_await run.mutex.lock();
  co_await run.group.add(1);
  const uint64_t before = scheduler.num_goroutine();
  const size_t bytes_before = sched::used_goroutine_bytes(scheduler);  // nobody runs but this goroutine
  const SoFar so_far(context, 0, [&](uint64_t) {
    Census census;
    scheduler.for_each_goroutine(Census::visit, &census);
    write_number(context, "goroutines_before", before, "goroutines");
    write_number(context, "goroutines_after", scheduler.num_goroutine(), "goroutines");
    census.write(context);
  });
  for (uint32_t i = 0; i < goroutines; ++i) {
    co_await sched::go(kKinds[i % kinds].name, kKinds[i % kinds].body(&run));
    co_await sched::checkpoint();
    if (i % kBatch == 0) context.progress(i, goroutines);
  }
  // All have begun, and then some turns more so that the last of them has come to wait.
  while (run.started.load(std::memory_order_relaxed) < goroutines) co_await sched::gosched();
  for (int i = 0; i < 2; ++i) co_await sched::gosched();

  Census census;
  co_await sched::stop_the_world(sched::StwReason::kOther);
  scheduler.for_each_goroutine(Census::visit, &census);
  const size_t bytes = sched::used_goroutine_bytes(scheduler) - bytes_before;
  co_await sched::start_the_world();
  write_number(context, "goroutines_before", before, "goroutines");
  write_number(context, "goroutines_after", scheduler.num_goroutine(), "goroutines");
  census.write(context);
  write_number(context, "leaked_bytes", bytes, "B");
  write_number(context, "bytes_per_goroutine", bytes / goroutines, "B");
  context.progress(goroutines, goroutines);
}

}  // namespace

const ExperimentSpec kLeak = {
    .name = "leak",
    .title = "Leaked goroutines",
    .verb = "Leak",
    .group = "limits",
    .question = "Where do forgotten goroutines go?",
    .shows = "The number of goroutines rises and stays: each waits for something that never comes.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = leak,
    .progress_unit = "goroutines",
};

}  // namespace samovar::experiments
