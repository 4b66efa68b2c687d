// server: requests make objects that are dropped with them, beside sessions that live on.
//
// What most servers look like to a collector: nearly all objects die with the request that made them, a core lives as
// long as the process and is changed now and then. What one wants to know is not only how many requests a second there
// are, but how long the slowest took: a request that allocates while the collector marks has to help it.
#include <algorithm>
#include <atomic>
#include <vector>

#include "base/rng.h"
#include "experiments/memory.h"
#include "experiments/registry.h"
#include "experiments/work.h"
#include "sync/waitgroup.h"

namespace samovar::experiments {

namespace {

constexpr uint64_t kPartsAtOnce = 32;   // parts of a request made between two checkpoints
constexpr uint64_t kRenewEvery = 8;     // requests: each so many-th gives its session new data
constexpr uint32_t kLargestText = 256;  // bytes
constexpr size_t kSessionBytes = 128;

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::integer("requests", 20'000, {1, 10'000'000}, "requests", "How many requests are served."),
    ParameterSpec::integer("goroutines", 8, {1, 1024}, "goroutines", "How many goroutines serve them."),
    ParameterSpec::integer("objects", 20, {1, 10'000}, "pairs of objects",
                           "How much a request makes: so many parts, each with a text."),
    ParameterSpec::integer("core", 10'000, {1, 1'000'000}, "sessions", "How many sessions live on, with their data."),
};

constexpr std::string_view kCharts[] = {"latency", "heap", "pauses_gc", "gc_cpu", "alloc_rate", "goroutines"};

struct Session {
  gc::Ref<uint8_t> data;
  uint64_t number;
  static constexpr auto slots() { return std::tuple(&Session::data); }
};

struct Part {
  gc::Ref<Part> next;
  gc::Ref<uint8_t> text;
  gc::Ref<Session> session;
  uint64_t number;
  static constexpr auto slots() { return std::tuple(&Part::next, &Part::text, &Part::session); }
};

struct Server {
  Context& context;
  const uint64_t requests;
  const uint32_t goroutines;
  const uint64_t objects;
  const uint32_t sessions;
  gc::Root<gc::Ref<Session>> core;  // an array
  std::atomic<uint64_t> next{0};    // request; relaxed: whoever draws a number serves it
  std::atomic<bool> intact{true};   // relaxed: read after all have been waited for
  std::vector<Samples> latencies;   // one a P, by whoever runs on it
  sync::WaitGroup done;
};

sched::Task<void> make_core(Server* run) {
  run->core = gc::make_array<gc::Ref<Session>>(run->sessions);
  for (uint32_t i = 0; i < run->sessions; ++i) {
    Session* session = gc::make<Session>();
    session->number = i;
    session->data = gc::make_bytes(kSessionBytes);
    run->core.get()[i] = session;
    co_await sched::checkpoint(kTouchNs);
  }
}

// Whether the parts are those that the request made.
bool is_whole(const Part* parts, uint64_t objects, uint32_t session) {
  uint64_t number = objects;
  for (; parts != nullptr; parts = parts->next) {
    if (parts->number != --number || parts->session->number != session) return false;
  }
  return number == 0;
}

sched::Task<void> serve_one(Server* run, uint64_t request, base::Rng* rng) {
  const uint32_t session = rng->below(run->sessions);
  gc::Local<Part> parts;
  for (uint64_t i = 0; i < run->objects; ++i) {
    Part* part = gc::make<Part>();
    part->number = i;
    part->text = gc::make_bytes(1 + rng->below(kLargestText));
    part->session = run->core.get()[session].get();
    part->next = parts.get();
    parts = part;
    if (i % kPartsAtOnce == kPartsAtOnce - 1) co_await sched::checkpoint(kPartsAtOnce * kTouchNs);
  }
  if (request % kRenewEvery == 0) run->core.get()[session]->data = gc::make_bytes(kSessionBytes);
  if (!is_whole(parts, run->objects, session)) run->intact.store(false, std::memory_order_relaxed);
  co_await sched::checkpoint(run->objects * kTouchNs + kMissNs);
}

sched::Task<void> serve(Server* run, uint32_t index) {
  base::Rng rng(static_cast<uint64_t>(run->context.parameters().integer("seed")) * 10'000 + index);
  for (;;) {
    const uint64_t request = run->next.fetch_add(1, std::memory_order_relaxed);
    if (request >= run->requests) break;
    const uint64_t start = co_await now();
    co_await serve_one(run, request, &rng);
    const uint64_t end = co_await now();
    const Place place = co_await here();
    run->latencies[place.p].add(end - start);
    run->context.add_work(1);
    run->context.progress(request, run->requests);
  }
  co_await run->done.done();
}

// What is known of the run, whether it has come to its end or not.
void write_known(Context& context, const Server& run, const MemoryMoment& before, uint64_t duration_ns) {
  const MemoryMoment after = memory_of(*before.collector);
  Samples all;
  for (const Samples& latencies : run.latencies) all.append(latencies);
  write_number(context, "requests", all.size(), "requests");
  write_number(context, "duration_ns", duration_ns, "ns");
  write_rate(context, "requests_per_second", all.size(), duration_ns, "requests/s");
  all.write(context, "latency");
  write_collections(context, "gc_runs", before, after);
  write_number(context, "allocated_mb", mebibytes(after.allocated_bytes - before.allocated_bytes), "MiB");
  context.result().field("intact", run.intact.load(std::memory_order_relaxed));
}

sched::Task<void> server(Context& context) {
  const Parameters& parameters = context.parameters();
  Server run{.context = context,
             .requests = static_cast<uint64_t>(parameters.integer("requests")),
             .goroutines = static_cast<uint32_t>(parameters.integer("goroutines")),
             .objects = static_cast<uint64_t>(parameters.integer("objects")),
             .sessions = static_cast<uint32_t>(parameters.integer("core")),
             .core = {},
             .latencies = std::vector<Samples>(sched::kMaxProcs),
             .done = sync::WaitGroup(static_cast<int32_t>(parameters.integer("goroutines")))};
  co_await make_core(&run);
  const MemoryMoment before = memory_now();
  const uint64_t start = co_await now();
  const SoFar so_far(context, start, [&](uint64_t duration_ns) { write_known(context, run, before, duration_ns); });
  for (uint32_t i = 0; i < run.goroutines; ++i) {
    co_await sched::go("serve", serve(&run, i));
    co_await sched::checkpoint();
  }
  co_await run.done.wait();
  const uint64_t end = co_await now();
  write_known(context, run, before, end - start);
  context.progress(run.requests, run.requests);
}

}  // namespace

const ExperimentSpec kServer = {
    .name = "server",
    .title = "A server",
    .verb = "Serve",
    .group = "memory",
    .question = "What do collections do to the slowest request?",
    .shows =
        "Requests make objects and drop them beside sessions that live on; those that meet a collection take longer.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = server,
    .heap = {.present = true},
    .work_unit = "requests",
    .progress_unit = "requests",
};

}  // namespace samovar::experiments
