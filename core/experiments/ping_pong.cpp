// ping-pong: two goroutines send one value to and fro; what does a switch cost?
//
// A goroutine that is woken by a channel goes to runnext and inherits what is left of its waker's slice, so a pair on
// one P goes on without looking at any queue. A round trip is 4 channel operations and 2 switches: 237 ns in real Go on
// one P. The other side: a third goroutine that yields gets its turn only when the shared slice has ended, after 20 ms
// and more. (Go 1.26: ready, runqput with next, execute with inheritTime.)
#include <atomic>

#include "experiments/registry.h"
#include "experiments/work.h"
#include "sync/channel.h"
#include "sync/waitgroup.h"

namespace samovar::experiments {

namespace {

constexpr uint32_t kBatch = 1024;  // round trips between two reports

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::integer("rounds", 100'000, {1, 50'000'000}, "round trips", "How often the value goes to and fro."),
    ParameterSpec::boolean("bystander", false,
                           "Whether a third goroutine yields all the time, and measures its waits."),
};

constexpr std::string_view kCharts[] = {"work_rate", "queues", "latency"};

struct PingPong {
  sync::Channel<uint64_t> ping = sync::Channel<uint64_t>::unbuffered();
  sync::Channel<uint64_t> pong = sync::Channel<uint64_t>::unbuffered();
  std::atomic<bool> over{false};  // relaxed: to be noticed soon
  Samples waits;                  // of the bystander, read after it has been waited for
  sync::WaitGroup done;
};

sched::Task<void> ponger(PingPong* run) {
  for (;;) {
    const auto received = co_await run->ping.receive();
    if (!received.ok) break;
    co_await run->pong.send(received.value + 1);
  }
  co_await run->done.done();
}

sched::Task<void> bystander(PingPong* run) {
  while (!run->over.load(std::memory_order_relaxed)) {
    const uint64_t before = co_await now();
    co_await sched::gosched();
    const uint64_t after = co_await now();
    run->waits.add(after - before);
    co_await sched::checkpoint(100);
  }
  co_await run->done.done();
}

// What is known of the run, whether it has come to its end or not.
void write_known(Context& context, const PingPong& run, uint64_t rounds, uint64_t value, uint64_t duration_ns) {
  write_number(context, "rounds", rounds, "round trips");
  context.result().field("final_value", value);
  write_number(context, "duration_ns", duration_ns, "ns");
  if (rounds > 0) write_number(context, "ns_per_round_trip", static_cast<double>(duration_ns) / static_cast<double>(rounds), "ns");
  if (!context.parameters().boolean("bystander")) return;
  write_number(context, "bystander_turns", run.waits.size(), "turns");
  run.waits.write(context, "bystander_wait");
}

sched::Task<void> ping_pong(Context& context) {
  const auto rounds = static_cast<uint64_t>(context.parameters().integer("rounds"));
  const bool watched = context.parameters().boolean("bystander");
  PingPong run;
  co_await run.done.add(watched ? 2 : 1);
  co_await sched::go("ponger", ponger(&run));
  if (watched) co_await sched::go("bystander", bystander(&run));
  uint64_t value = 0;
  const uint64_t start = co_await now();
  uint64_t played = 0;
  const SoFar so_far(context, start, [&](uint64_t duration_ns) { write_known(context, run, played, value, duration_ns); });
  while (played < rounds) {
    co_await run.ping.send(value);
    const auto received = co_await run.pong.receive();
    value = received.value;
    if (++played % kBatch == 0) {
      context.add_work(kBatch);
      context.progress(played, rounds);
    }
  }
  const uint64_t duration_ns = co_await now() - start;
  context.add_work(rounds % kBatch);
  run.over.store(true, std::memory_order_relaxed);
  co_await run.ping.close();
  co_await run.done.wait();
  write_known(context, run, played, value, duration_ns);
  context.progress(rounds, rounds);
}

}  // namespace

const ExperimentSpec kPingPong = {
    .name = "ping-pong",
    .title = "Ping-pong",
    .verb = "Play",
    .group = "sync",
    .question = "What does it cost to pass a value and wait for the answer?",
    .shows = "Two goroutines wake each other through runnext; on one P no queue is ever looked at.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = ping_pong,
    .common = {.procs = 1},
    .work_unit = "round trips",
    .progress_unit = "round trips",
};

}  // namespace samovar::experiments
