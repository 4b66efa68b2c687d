// prime-sieve: the classic chain of filters, one goroutine for each prime found.
//
// The source sends 2, 3, 4, …; each filter passes on what its prime does not divide; what comes out at the end is the
// next prime, and gets a filter of its own. As a sieve it is slow; as a load it is all channels: hardly any work
// between two switches.
#include <vector>

#include "experiments/registry.h"
#include "experiments/work.h"
#include "sync/channel.h"

namespace samovar::experiments {

namespace {

constexpr uint64_t kDivisionNs = 3;

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::integer("primes", 200, {1, 3000}, "primes", "How many primes are looked for."),
    ParameterSpec::integer("buffer", 0, {0, 1024}, "values", "How many values each channel holds."),
};

constexpr std::string_view kCharts[] = {"work_rate", "goroutines", "queues", "steals"};

using Pipe = sync::Channel<uint32_t>;

sched::Task<void> source(Pipe out) {
  for (uint32_t i = 2;; ++i) co_await out.send(i);
}

sched::Task<void> filter(Context* context, Pipe in, Pipe out, uint32_t prime) {
  constexpr uint32_t kBatch = 256;
  for (uint32_t i = 1;; ++i) {
    const auto received = co_await in.receive();
    co_await sched::checkpoint(kDivisionNs);
    if (received.value % prime != 0) co_await out.send(received.value);
    if (i % kBatch == 0) context->add_work(kBatch);
  }
}

// What is known of the run, whether it has come to its end or not.
void write_known(Context& context, const std::vector<uint32_t>& primes, uint64_t duration_ns) {
  base::JsonWriter& json = context.result();
  json.key("primes");
  json.begin_array();
  for (const uint32_t prime : primes) json.value(prime);
  json.end_array();
  write_number(context, "goroutines", context.scheduler().num_goroutine(), "goroutines");
  write_number(context, "duration_ns", duration_ns, "ns");
  write_rate(context, "primes_per_second", primes.size(), duration_ns, "primes/s");
}

sched::Task<void> prime_sieve(Context& context) {
  const auto count = static_cast<uint64_t>(context.parameters().integer("primes"));
  const int64_t buffer = context.parameters().integer("buffer");
  std::vector<uint32_t> primes;
  primes.reserve(count);
  const uint64_t start = co_await now();
  const SoFar so_far(context, start, [&](uint64_t duration_ns) { write_known(context, primes, duration_ns); });
  Pipe end = co_await sync::make_channel<uint32_t>(buffer);
  co_await sched::go("source", source(end));
  while (primes.size() < count) {
    const auto received = co_await end.receive();
    primes.push_back(received.value);
    context.progress(primes.size(), count);
    if (primes.size() == count) break;
    Pipe next = co_await sync::make_channel<uint32_t>(buffer);
    co_await sched::go("filter", filter(&context, end, next, received.value));
    end = next;
  }
  const uint64_t duration_ns = co_await now() - start;
  write_known(context, primes, duration_ns);
}

}  // namespace

const ExperimentSpec kPrimeSieve = {
    .name = "prime-sieve",
    .title = "The prime sieve",
    .verb = "Sieve",
    .group = "sync",
    .question = "What if goroutines do little but switch?",
    .shows = "A chain of goroutines, one for each prime, passes numbers on and wakes its neighbours all the time.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = prime_sieve,
    .work_unit = "divisions",
    .progress_unit = "primes",
};

}  // namespace samovar::experiments
