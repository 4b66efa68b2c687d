// cache: least recently used goes first. A cache is what generational collectors fear: what it drops is old, not young.
//
// All of it lies in the heap: a table with open addressing (linear probing; what is taken out is closed up by moving
// the following ones back) that refers to entries, entries that are linked in the order of their use, and a value each.
// A part of the requests, `hot`, goes to half as many keys as the cache holds; the rest to keys that never come again.
#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>

#include "base/rng.h"
#include "experiments/memory.h"
#include "experiments/registry.h"
#include "experiments/work.h"
#include "sync/waitgroup.h"

namespace samovar::experiments {

namespace {

constexpr uint64_t kBatch = 256;  // operations between two reports

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::integer("operations", 200'000, {1, 100'000'000}, "operations",
                           "How often a key is asked for, in all."),
    ParameterSpec::integer("capacity", 10'000, {2, 1'000'000}, "entries", "How many entries a cache holds."),
    ParameterSpec::integer("size", 256, {8, 4096}, "B", "How large a value is."),
    ParameterSpec::integer("hot", 80, {0, 100}, "percent",
                           "How many of the requests go to keys that are asked for again and again."),
    ParameterSpec::integer("goroutines", 1, {1, 64}, "goroutines",
                           "How many goroutines there are, each with a cache of its own."),
};

constexpr std::string_view kCharts[] = {"heap", "pauses_gc", "gc_cpu", "alloc_rate", "size_classes"};

struct Entry {
  gc::Ref<Entry> newer;
  gc::Ref<Entry> older;
  gc::Ref<uint8_t> value;
  uint64_t key;
  static constexpr auto slots() { return std::tuple(&Entry::newer, &Entry::older, &Entry::value); }
};

// The cache itself, an object in the heap. What suspends holds it in a Local; its functions do not suspend.
struct Lru {
  gc::Ref<gc::Ref<Entry>> table;
  gc::Ref<Entry> newest;
  gc::Ref<Entry> oldest;
  uint64_t mask;
  uint64_t entries;
  static constexpr auto slots() { return std::tuple(&Lru::table, &Lru::newest, &Lru::oldest); }

  uint64_t home(uint64_t key) const { return (key * 0x9e3779b97f4a7c15ull) >> 20 & mask; }

  // Where the key is, or the free place where it would go.
  uint64_t place_of(uint64_t key) const {
    uint64_t at = home(key);
    while (table.get()[at].get() != nullptr && table.get()[at]->key != key) at = (at + 1) & mask;
    return at;
  }

  void unlink(Entry* entry) {
    (entry->newer.get() != nullptr ? entry->newer->older : newest) = entry->older.get();
    (entry->older.get() != nullptr ? entry->older->newer : oldest) = entry->newer.get();
  }

  void link_newest(Entry* entry) {
    entry->newer = nullptr;
    entry->older = newest.get();
    (newest.get() != nullptr ? newest->newer : oldest) = entry;
    newest = entry;
  }

  void insert(Entry* entry) {
    table.get()[place_of(entry->key)] = entry;
    link_newest(entry);
    ++entries;
  }

  void drop_oldest() {
    Entry* entry = oldest;
    unlink(entry);
    --entries;
    uint64_t hole = place_of(entry->key);
    // Closes up: whoever lies behind the hole and could be found at it or before it moves there.
    for (uint64_t at = (hole + 1) & mask; table.get()[at].get() != nullptr; at = (at + 1) & mask) {
      const uint64_t wanted = home(table.get()[at]->key);
      if (((at - wanted) & mask) < ((at - hole) & mask)) continue;
      table.get()[hole] = table.get()[at].get();
      hole = at;
    }
    table.get()[hole] = nullptr;
  }
};

struct alignas(64) Counts {  // its goroutine counts in it all the time: a cache line of its own
  uint64_t hits = 0;
  uint64_t misses = 0;
  uint64_t evictions = 0;
  bool intact = true;  // each value found was that of its key
};

struct Caches {
  Context& context;
  const uint64_t operations;
  const uint64_t capacity;
  const size_t size;
  const uint32_t hot;
  const uint32_t goroutines;
  std::atomic<uint64_t> finished{0};  // operations; relaxed: a figure
  std::vector<Counts> counts;         // one a goroutine
  sync::WaitGroup done;
};

Lru* make_lru(uint64_t capacity) {
  Lru* lru = gc::make<Lru>();
  const uint64_t places = std::bit_ceil(capacity * 2);
  lru->mask = places - 1;
  lru->table = gc::make_array<gc::Ref<Entry>>(places);
  return lru;
}

void look_up(Caches* run, Lru* lru, uint64_t key, Counts* counts) {
  if (Entry* found = lru->table.get()[lru->place_of(key)]) {
    ++counts->hits;
    uint64_t written = 0;
    std::memcpy(&written, found->value, sizeof(written));
    counts->intact &= written == key;
    lru->unlink(found);
    lru->link_newest(found);
    return;
  }
  ++counts->misses;
  if (lru->entries == run->capacity) {
    lru->drop_oldest();
    ++counts->evictions;
  }
  Entry* entry = gc::make<Entry>();
  entry->key = key;
  entry->value = gc::make_bytes(run->size);
  std::memcpy(entry->value, &key, sizeof(key));
  lru->insert(entry);
}

sched::Task<void> use_cache(Caches* run, uint32_t index) {
  base::Rng rng(static_cast<uint64_t>(run->context.parameters().integer("seed")) * 1000 + index);
  const gc::Local<Lru> lru = make_lru(run->capacity);
  const auto hot_keys = static_cast<uint32_t>(run->capacity / 2);
  uint64_t cold_key = run->capacity;
  Counts& counts = run->counts[index];
  uint64_t unreported = 0;
  for (uint64_t i = index; i < run->operations; i += run->goroutines) {
    const bool hot = rng.below(100) < run->hot;
    look_up(run, lru, hot ? rng.below(hot_keys) : cold_key++, &counts);
    if (++unreported == kBatch) {
      const uint64_t finished = run->finished.fetch_add(kBatch, std::memory_order_relaxed) + kBatch;
      run->context.add_work(kBatch);
      run->context.progress(finished, run->operations);
      unreported = 0;
    }
    co_await sched::checkpoint(2 * kMissNs);
  }
  run->context.add_work(unreported);
  co_await run->done.done();
}

// What is known of the run, whether it has come to its end or not.
void write_known(Context& context, const Caches& run, const MemoryMoment& before, uint64_t duration_ns) {
  Counts all;
  for (const Counts& counts : run.counts) {
    all.hits += counts.hits;
    all.misses += counts.misses;
    all.evictions += counts.evictions;
    all.intact &= counts.intact;
  }
  write_number(context, "hits", all.hits, "hits");
  write_number(context, "misses", all.misses, "misses");
  write_number(context, "evictions", all.evictions, "entries");
  const uint64_t operations = all.hits + all.misses;
  if (operations > 0) {
    write_number(context, "hit_percent", 100.0 * static_cast<double>(all.hits) / static_cast<double>(operations), "%");
  }
  context.result().field("intact", all.intact);
  write_number(context, "duration_ns", duration_ns, "ns");
  write_rate(context, "operations_per_second", operations, duration_ns, "operations/s");
  write_collections(context, "gc_runs", before, memory_of(*before.collector));
}

sched::Task<void> cache(Context& context) {
  const Parameters& parameters = context.parameters();
  Caches run{.context = context,
             .operations = static_cast<uint64_t>(parameters.integer("operations")),
             .capacity = static_cast<uint64_t>(parameters.integer("capacity")),
             .size = static_cast<size_t>(parameters.integer("size")),
             .hot = static_cast<uint32_t>(parameters.integer("hot")),
             .goroutines = static_cast<uint32_t>(parameters.integer("goroutines")),
             .counts = std::vector<Counts>(static_cast<size_t>(parameters.integer("goroutines"))),
             .done = sync::WaitGroup(static_cast<int32_t>(parameters.integer("goroutines")))};
  const MemoryMoment before = memory_now();
  const uint64_t start = co_await now();
  const SoFar so_far(context, start, [&](uint64_t duration_ns) { write_known(context, run, before, duration_ns); });
  for (uint32_t i = 0; i < run.goroutines; ++i) {
    co_await sched::go("use_cache", use_cache(&run, i));
    co_await sched::checkpoint();
  }
  co_await run.done.wait();
  const uint64_t end = co_await now();
  write_known(context, run, before, end - start);
  context.progress(run.operations, run.operations);
}

}  // namespace

const ExperimentSpec kCache = {
    .name = "cache",
    .title = "A cache",
    .verb = "Look up",
    .group = "memory",
    .question = "What if it is the old objects that die?",
    .shows =
        "A cache drops what was not used for longest: its objects live for a while, then die out of order, all over "
        "the heap.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = cache,
    .heap = {.present = true},
    .work_unit = "operations",
    .progress_unit = "operations",
};

}  // namespace samovar::experiments
