// deadlock: all goroutines wait for each other, and the run ends with Go's own words.
//
// When the last M goes to sleep and no timer is pending, nobody can ever wake anybody. (Go 1.26: checkdead.) A pending
// timer on which no goroutine waits does not help, as in Go since 1.23.
#include "experiments/registry.h"
#include "experiments/work.h"
#include "sync/channel.h"
#include "sync/mutex.h"
#include "sync/select.h"
#include "sync/waitgroup.h"

namespace samovar::experiments {

namespace {

constexpr Choice kKinds[] = {
    {"channel", "Receiving from a channel to which nobody sends."},
    {"mutex", "Two goroutines lock two mutexes in different orders."},
    {"waitgroup", "Waiting for goroutines that never say that they are done."},
    {"select", "A select with no cases."},
    {"nil-channel", "Sending to a nil channel."},
    {"goexit", "The main goroutine ends with Goexit and nobody is left."},
};

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::choice("kind", "mutex", kKinds, "What the goroutines wait for."),
};

constexpr std::string_view kCharts[] = {"goroutines"};

struct Deadlock {
  sync::Channel<int> channel = sync::Channel<int>::unbuffered();
  sync::Channel<int> nil;
  sync::Mutex forks[2];
  sync::WaitGroup group;
};

sched::Task<void> philosopher(Deadlock* run, uint32_t first) {
  co_await run->forks[first].lock();
  co_await sched::gosched();  // lets the other one take the other fork
  co_await run->forks[1 - first].lock();
}

sched::Task<void> deadlock(Context& context) {
  const std::string& kind = context.parameters().choice("kind");
  context.result().field("kind", kind);
  Deadlock run;
  if (kind == "channel") co_await run.channel.receive();
  if (kind == "mutex") {
    co_await run.forks[0].lock();
    co_await sched::go("philosopher", philosopher(&run, 1));
    // Until the other one has its first fork: then both wait for ever.
    while (!run.forks[1].is_locked()) {
      co_await sched::gosched();
      co_await sched::checkpoint(100);
    }
    co_await run.forks[1].lock();
  }
  if (kind == "waitgroup") {
    co_await run.group.add(1);
    co_await run.group.wait();
  }
  if (kind == "select") co_await sync::select();
  if (kind == "nil-channel") co_await run.nil.send(1);
  if (kind == "goexit") co_await sched::goexit();
}

}  // namespace

const ExperimentSpec kDeadlock = {
    .name = "deadlock",
    .title = "Deadlock",
    .verb = "Block",
    .group = "limits",
    .question = "What if everybody waits for everybody?",
    .shows = "The run ends as a Go program would, with a list of goroutines and what each of them waits for.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = deadlock,
    .common = {.procs = 1},
};

}  // namespace samovar::experiments
