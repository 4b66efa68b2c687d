// Runs with a heap: what Run, the live block and the heap map tell of the collector, by experiments made for these tests.
#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <thread>

#include "experiments/heap_map.h"
#include "experiments/live_block.h"
#include "experiments/run.h"
#include "gc/make.h"
#include "platform/worker_pool.h"
#include "sched/ops.h"

namespace samovar::experiments {
namespace {

using gc::Local;
using gc::Ref;
using sched::RunState;

struct Link {
  Ref<Link> next;
  uint64_t value;
  static constexpr auto slots() { return std::tuple(&Link::next); }
};

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::integer("links", 2000, {1, 10'000'000}, "objects", "How many are kept."),
    ParameterSpec::integer("dropped", 8192, {0, 1'000'000}, "KiB", "How much is allocated and dropped."),
};

// Keeps a list, drops a lot, and walks the list at the end.
sched::Task<void> keeping(Context& context) {
  Local<Link> head;
  const int64_t links = context.parameters().integer("links");
  for (int64_t i = 0; i < links; ++i) {
    head = gc::make<Link>(Ref<Link>(head.get()), static_cast<uint64_t>(i));
    co_await sched::checkpoint(10);
  }
  for (int64_t i = 0; i < context.parameters().integer("dropped"); ++i) {
    gc::make_bytes(1024);
    co_await sched::checkpoint(100);
  }
  int64_t found = 0;
  for (const Link* link = head; link != nullptr; link = link->next) ++found;
  context.result().field("found", found);
}

sched::Task<void> churning(Context& context) {
  while (true) {
    gc::make_bytes(1024);
    context.add_work(1024);
    co_await sched::checkpoint(100);
  }
}

ExperimentSpec spec_of(RunFunction function, HeapUse heap = {.present = true}) {
  return {.name = "test", .title = "Test", .parameters = kParameters, .run = function, .heap = heap};
}

Parameters parameters_of(const ExperimentSpec& spec, std::string_view json) {
  Validation checked = validate(spec, *base::parse_json(json));
  for (const FieldError& error : checked.errors) ADD_FAILURE() << error.message;
  return checked.parameters;
}

base::JsonValue executed(const ExperimentSpec& spec, std::string_view json) {
  experiments::Run run(spec, parameters_of(spec, json), {.event_bytes = 1 << 20, .checkmark = true, .poison = true});
  run.execute();
  return *base::parse_json(run.to_json(), nullptr, size_t{1} << 28);
}

const base::JsonValue& at(const base::JsonValue& object, std::initializer_list<std::string_view> path) {
  static const base::JsonValue kNone;
  const base::JsonValue* value = &object;
  for (const std::string_view name : path) {
    value = value->find(name);
    EXPECT_NE(value, nullptr) << name;
    if (value == nullptr) return kNone;
  }
  return *value;
}

TEST(HeapRun, OnlyExperimentsWithAHeapHaveItsParameters) {
  const auto has = [](const ExperimentSpec& spec, std::string_view name) {
    for (const ParameterSpec& parameter : all_parameters(spec)) {
      if (parameter.name == name) return true;
    }
    return false;
  };
  for (const std::string_view name : {"gogc", "memory_limit", "heap", "marker"}) {
    EXPECT_TRUE(has(spec_of(keeping), name)) << name;
    EXPECT_FALSE(has(spec_of(keeping, {}), name)) << name;
  }
}

TEST(HeapRun, TellsOfItsCollectionsAndOfWhatTheDemoAsked) {
  for (const std::string marker : {"green-tea", "classic"}) {
    const ExperimentSpec spec = spec_of(keeping);
    const base::JsonValue result = executed(spec, R"({"time":"virtual","procs":1,"links":2000,"dropped":16384,"marker":")" + marker + R"("})");
    EXPECT_EQ(at(result, {"state"}).text(), "done");
    EXPECT_EQ(at(result, {"result", "found"}).as_integer(), 2000);
    EXPECT_EQ(at(result, {"memory", "marker"}).text(), marker);
    const auto collections = at(result, {"memory", "memory_stats", "num_gc"}).as_integer().value_or(0);
    EXPECT_GE(collections, 2);
    EXPECT_EQ(static_cast<int64_t>(at(result, {"memory", "cycles"}).items().size()), collections);
    EXPECT_EQ(at(result, {"metrics", "/gc/cycles/total:gc-cycles"}).as_integer(), collections);
    const base::JsonValue& first = at(result, {"memory", "cycles"}).items()[0];
    EXPECT_EQ(at(first, {"why"}).text(), "heap");
    EXPECT_EQ(at(first, {"goal"}).as_integer(), 4 << 20);  // F33
    EXPECT_GE(at(first, {"heap_marked"}).as_integer().value_or(0), 2000 * 16);
  }
}

// Go's runtime/metrics for the same sizes: 1024-byte slices are in the bucket [1025 - 128, 1025), what is larger than 32 KiB in the last. Tiny objects that
// share a block are in neither count (metrics.go: "does not include tiny objects").
TEST(HeapRun, ObjectsAreCountedBySizeWithGosEdges) {
  const ExperimentSpec spec = spec_of([](Context&) -> sched::Task<void> {
    for (int i = 0; i < 20'000; ++i) {
      gc::make_bytes(i % 1000 == 0 ? 40'000 : 1024);
      if (i < 100) gc::make_bytes(8);
      co_await sched::checkpoint(100);
    }
  });
  const base::JsonValue result = executed(spec, R"({"time":"virtual","procs":1})");
  for (const std::string way : {"allocs", "frees"}) {
    const base::JsonValue& histogram = at(result, {"metrics", "/gc/heap/" + way + "-by-size:bytes"});
    const auto& edges = at(histogram, {"buckets"}).items();
    const auto& counts = at(histogram, {"counts"}).items();
    ASSERT_EQ(edges.size(), 68u);
    ASSERT_EQ(counts.size(), 69u);
    EXPECT_EQ(edges[0].as_integer(), 1);
    EXPECT_EQ(edges[1].as_integer(), 9);
    EXPECT_EQ(edges[67].as_integer(), 32769);
    int64_t all = 0;
    for (const base::JsonValue& count : counts) all += count.as_integer().value_or(0);
    const auto figure = [&](const std::string& name) { return at(result, {"metrics", name}).as_integer().value_or(-1); };
    EXPECT_EQ(all, figure("/gc/heap/" + way + ":objects"));
    EXPECT_EQ(figure("/gc/heap/tiny/allocs:objects"), 50);
    if (way == "frees") continue;
    EXPECT_EQ(counts[68].as_integer(), 20);
    const auto one_kib = std::find_if(edges.begin(), edges.end(), [](const base::JsonValue& edge) { return edge.as_integer() == 1025; });
    ASSERT_NE(one_kib, edges.end());
    EXPECT_EQ(counts[static_cast<size_t>(one_kib - edges.begin())].as_integer(), 20'000 - 20);
  }
}

TEST(HeapRun, ClassesOfMemoryAddUpAndPausesHaveTheirOldName) {
  const ExperimentSpec spec = spec_of(keeping);
  const base::JsonValue result = executed(spec, R"({"time":"virtual","procs":2,"dropped":16384})");
  const base::JsonValue& metrics = at(result, {"metrics"});
  int64_t sum = 0;
  for (size_t i = 0; i < metrics.keys().size(); ++i) {
    const std::string& name = metrics.keys()[i];
    if (name.starts_with("/memory/classes/") && name != "/memory/classes/total:bytes") sum += metrics.items()[i].as_integer().value_or(0);
  }
  EXPECT_EQ(at(metrics, {"/memory/classes/total:bytes"}).as_integer(), sum);
  EXPECT_EQ(at(metrics, {"/gc/pauses:seconds"}).to_json(), at(metrics, {"/sched/pauses/total/gc:seconds"}).to_json());
}

TEST(HeapRun, IsCheckedWhenATestAsksForIt) {
  const ExperimentSpec spec = spec_of(keeping);
  for (const bool wanted : {false, true}) {
    const experiments::Run run(spec, parameters_of(spec, R"({"time":"virtual"})"), {.event_bytes = 1 << 20, .checkmark = wanted, .poison = wanted});
    EXPECT_EQ(run.collector()->options().checkmark, wanted);
    EXPECT_EQ(run.collector()->options().poison, wanted);
  }
}

TEST(HeapRun, HasNoMemoryPartWithoutAHeap) {
  const ExperimentSpec spec = spec_of([](Context&) -> sched::Task<void> { co_return; }, {.present = true, .needed = [](const Parameters&) { return false; }});
  const base::JsonValue result = executed(spec, R"({"time":"virtual"})");
  EXPECT_EQ(result.find("memory"), nullptr);
  for (const auto& name : result.find("metrics")->keys()) EXPECT_TRUE(name.starts_with("/sched/") || name.starts_with("/sync/")) << name;
}

TEST(HeapRun, EndsWithAMessageWhenItsBudgetIsUsedUpAndTheNextRuns) {
  const ExperimentSpec spec = spec_of(keeping);
  const base::JsonValue result = executed(spec, R"({"time":"virtual","heap":4,"links":1000000,"dropped":0})");
  EXPECT_EQ(at(result, {"state"}).text(), "panicked");
  EXPECT_NE(at(result, {"message"}).text().find("out of memory"), std::string::npos) << at(result, {"message"}).text();
  EXPECT_EQ(at(executed(spec, R"({"time":"virtual","links":10,"dropped":0})"), {"state"}).text(), "done");
}

TEST(HeapRun, TheLiveBlockHasItsFigures) {
  const ExperimentSpec spec = spec_of(keeping);
  experiments::Run run(spec, parameters_of(spec, R"({"time":"virtual","procs":1,"gogc":200,"memory_limit":32,"heap":48})"), {.event_bytes = 1 << 20});
  run.execute();
  LiveBlock live;
  live.sample(&run, 2, 1);
  const size_t line = LiveBlock::kHeaderLines + LiveBlock::kProcs + LiveBlock::kThreads;
  EXPECT_EQ(line, 162u);
  EXPECT_EQ(live.word(line, 0), phase_word(*run.collector()));  // a run may end in the middle of a collection
  EXPECT_EQ(live.word(line, 1), run.collector()->cycle());
  EXPECT_EQ(live.word(line, 3), run.collector()->goal());
  EXPECT_EQ(live.word(line, 6), 32u << 20);
  EXPECT_EQ(live.word(line + 1, 4), 200u);
  EXPECT_EQ(live.word(line + 1, 5), 48u << 20);
  EXPECT_GE(live.word(line + 1, 0), 8192u << 10);
  EXPECT_EQ(live.word(line + 1, 0) - live.word(line + 1, 2), live.word(line + 1, 6));
}

TEST(HeapRun, TheMapCountsEveryObjectOnce) {
  for (const std::string marker : {"green-tea", "classic"}) {
    const ExperimentSpec spec = spec_of(keeping);
    experiments::Run run(spec, parameters_of(spec, R"({"time":"virtual","procs":1,"marker":")" + marker + R"("})"), {.event_bytes = 1 << 20});
    run.execute();
    HeapMap map;
    const uint32_t spans = map.sample(*run.collector());
    EXPECT_EQ(map.header().page_limit, (64u << 20) / 8192);
    uint64_t allocated = 0;
    uint32_t after = 0;
    for (uint32_t i = 0; i < spans; ++i) {
      const HeapMap::Record& record = map.record(i);
      EXPECT_GE(record.first_page, after);
      after = record.first_page + record.pages;
      EXPECT_LE(record.marked, record.allocated);
      EXPECT_LE(record.allocated, record.objects);
      allocated += record.allocated;
    }
    EXPECT_LE(after, map.header().grown_pages);
    // What is dead and not swept yet still counts as allocated in both.
    EXPECT_EQ(allocated, run.collector()->heap_figures().objects());
  }
}

TEST(HeapRun, ASpanIsDescribedObjectByObject) {
  const ExperimentSpec spec = spec_of(keeping);
  experiments::Run run(spec, parameters_of(spec, R"({"time":"virtual","procs":1})"), {.event_bytes = 1 << 20});
  run.execute();
  HeapMap map;
  const uint32_t spans = map.sample(*run.collector());
  uint32_t links = 0;
  for (uint32_t i = 0; i < spans; ++i) {
    const HeapMap::Record& record = map.record(i);
    const auto span = *base::parse_json(describe_span(*run.collector(), record.first_page));
    const std::string letters(at(span, {"objects"}).text());
    EXPECT_EQ(letters.size(), record.objects);
    EXPECT_EQ(letters.size() - static_cast<size_t>(std::count(letters.begin(), letters.end(), '.')), record.allocated);
    if (at(span, {"object_bytes"}).as_integer() == 16 && at(span, {"references"}).as_boolean()) links += record.allocated;
  }
  EXPECT_GE(links, 2000u);
  EXPECT_EQ(describe_span(*run.collector(), map.header().grown_pages), "");
}

// The page does all of this while goroutines run; ThreadSanitizer watches.
TEST(HeapRun, MayBeLookedAtAndChangedWhileItGoesOn) {
  platform::WorkerPool pool(8);
  const ExperimentSpec spec = spec_of(churning);
  experiments::Run run(spec, parameters_of(spec, R"({"procs":2})"), {.workers = &pool, .event_bytes = 1 << 20});
  std::thread runner([&] { run.execute(); });
  LiveBlock live;
  HeapMap map;
  int64_t gogc = 50;
  while (run.collector()->figures().cycles < 20) {
    live.sample(&run, 1, 1);
    const uint32_t spans = map.sample(*run.collector());
    if (spans > 0) describe_span(*run.collector(), map.record(spans / 2).first_page);
    run.request_gogc(gogc = gogc == 50 ? 200 : 50);
    run.request_memory_limit(gogc == 50 ? 0 : 48);
    (void)run.collector()->gctrace(2);
  }
  run.cancel();
  runner.join();
  EXPECT_EQ(run.outcome().state, RunState::kCancelled);
}

TEST(HeapRun, AnotherGogcTakesEffectWhileItGoesOn) {
  platform::WorkerPool pool(8);
  const ExperimentSpec spec = spec_of(churning);
  experiments::Run run(spec, parameters_of(spec, R"({"procs":2})"), {.workers = &pool, .event_bytes = 1 << 20});
  std::thread runner([&] { run.execute(); });
  run.request_gogc(400);
  while (run.collector()->pacer().settings().gogc != 400 || run.collector()->goal() < uint64_t{16} << 20) std::this_thread::yield();
  run.request_gogc(1'000'000);
  while (run.collector()->pacer().settings().gogc != kGogcRange.max) std::this_thread::yield();
  run.cancel();
  runner.join();
}

}  // namespace
}  // namespace samovar::experiments
