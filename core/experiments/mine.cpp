// mine: goroutines look for the nonces of a chain's blocks, in one of three ways.
//
//   partition    All share the nonces of one block, and all go on to the next block together. Here more Ps help.
//   independent  Each mines a branch of its own; the branch that is complete first is chosen and the others are
//                thrown away. All Ps are busy, and yet it is hardly faster than one alone: the rest is wasted.
//   locked       What the original demo does: each adds its blocks to one chain while it holds the chain's lock, so
//                that one works and all others wait.
//
// Partition is reproducible where a race would be expected. Stretches of nonces are handed out in ascending order from
// a counter; whoever has taken a stretch scans it to its end or to its first hit; nobody takes one that begins above
// the lowest hit so far. So every nonce below the lowest hit has been tried when all have stopped, and the block gets
// the lowest nonce there is: what one goroutine alone would have found. Only who found it, and how many hashes were
// tried beyond it (less than a stretch for each goroutine), depends on timing.
//
// With `hasher` = strings each hash costs some 540 bytes of the heap, as in the original, and the collector has its
// share of the work.
//
// Goroutines are started anew for each block, as one would write it in Go: for each block { go × N; wg.Wait() }.
#include <algorithm>
#include <atomic>
#include <limits>
#include <string>
#include <vector>

#include "chain/chain.h"
#include "experiments/memory.h"
#include "experiments/mining.h"
#include "experiments/registry.h"
#include "experiments/string_hash.h"
#include "experiments/work.h"
#include "sync/mutex.h"
#include "sync/waitgroup.h"

namespace samovar::experiments {

namespace {

constexpr uint64_t kStretch = chain::kNoncesPerCheckpoint;
constexpr uint64_t kNone = std::numeric_limits<uint64_t>::max();

constexpr Choice kStrategies[] = {
    {"partition", "All goroutines share the nonces of one block: more Ps are faster."},
    {"independent", "Each mines a branch of its own from the same parent; the first that is complete is chosen."},
    {"locked", "Each adds its own blocks while it holds the chain's lock: one works, all others wait."},
};

constexpr std::string_view kStrings = "strings";

constexpr Choice kHashers[] = {
    {"midstate", "What all nonces share is hashed once, the rest without allocating: as fast as it goes."},
    {kStrings, "For each nonce the text is put together in the heap, as in the original: the collector has work."},
};

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::integer("goroutines", 8, {1, 1024}, "goroutines", "How many goroutines mine."),
    ParameterSpec::integer("blocks", 4, {1, 1000}, "blocks", "How many blocks are added to the chain, in all."),
    ParameterSpec::integer("difficulty", chain::kDefaultDifficulty, {chain::kMinDifficulty, chain::kMaxDifficulty},
                           "bits", "How many zero bits a block's hash begins with; each more doubles the work."),
    ParameterSpec::text("data", "Samovar", chain::kMaxDataBytes, "What is written into the blocks."),
    ParameterSpec::choice("strategy", "partition", kStrategies, "How the goroutines share the work."),
    ParameterSpec::choice("hasher", "midstate", kHashers, "How a hash is made."),
};

constexpr std::string_view kCharts[] = {"hash_rate", "goroutines", "queues", "steals", "latency", "heap", "pauses_gc"};

// The state of one run, in the frame of the main goroutine.
struct Mine {
  explicit Mine(Context& context_)
      : context(context_),
        clock(context_.scheduler()),
        goroutines(static_cast<uint32_t>(context_.parameters().integer("goroutines"))),
        blocks(static_cast<uint32_t>(context_.parameters().integer("blocks"))),
        difficulty(static_cast<int>(context_.parameters().integer("difficulty"))),
        data(context_.parameters().text("data")),
        strings(context_.parameters().choice("hasher") == kStrings),
        chain(clock.at(0)) {}

  Context& context;
  const BlockClock clock;
  const uint32_t goroutines;
  const uint32_t blocks;
  const int difficulty;
  const std::string& data;
  const bool strings;

  chain::Chain chain;  // by one goroutine at a time: the main one, or who holds the lock
  sync::Mutex lock;    // locked: guards chain and the result
  sync::WaitGroup done;
  std::atomic<uint64_t> hashes{0};  // tried by everybody; relaxed: a sum that is read after all have been waited for

  // Adds a block to the chain and writes it into the result at once, so that a cancelled run shows what it found.
  void add(const Found& found) {
    chain.append(found.block);
    write_found(context.result(), found);
    context.progress(chain.size() - 1, blocks);
  }
};

// A goroutine's own data, as in the original: "hello-3".
std::string data_of(const Mine& run, uint32_t index) {
  return run.data + "-" + std::to_string(index);
}

// Gives a candidate its nonce and hash.
chain::Block with_nonce(chain::Block block, uint64_t nonce, const chain::Digest& digest) {
  block.nonce = nonce;
  block.hash = chain::to_hex(digest);
  return block;
}

// A block whose nonce is looked for; ready for either hasher.
struct Search {
  Search(const Mine& run, const chain::Block& candidate_)
      : by_midstate(candidate_, run.difficulty), candidate(candidate_) {}
  const chain::NonceSearch by_midstate;
  const chain::Block candidate;
};

// Tries one stretch of nonces. *unpaid is what is left to be charged for it at a checkpoint.
sched::Task<chain::NonceSearch::Outcome> try_stretch(Mine* run, const Search* search, uint64_t first,
                                                     uint64_t* unpaid) {
  *unpaid = 0;
  chain::NonceSearch::Outcome outcome;
  if (run->strings) {
    outcome = co_await scan_with_strings(&search->candidate, run->difficulty, first, kStretch);
  } else {
    outcome = search->by_midstate.scan(first, kStretch);
    *unpaid = outcome.hashes * kHashNs;
  }
  run->hashes.fetch_add(outcome.hashes, std::memory_order_relaxed);
  co_return outcome;
}

// ---- partition ----

// One block that everybody searches. See the top of this file for the rule.
struct SharedSearch {
  SharedSearch(const Mine& run, const chain::Block& candidate) : search(run, candidate) {}

  const Search search;
  std::atomic<uint64_t> next{0};        // nonce at which the next stretch begins; relaxed: only the value matters
  std::atomic<uint64_t> lowest{kNone};  // lowest hit so far; relaxed: a bound, and read after all have been waited for
  std::atomic<uint64_t> hashes{0};      // relaxed: a sum, read after all have been waited for
  platform::Mutex mutex;
  Place finder;          // guarded by mutex
  chain::Digest digest;  // guarded by mutex

  void hit(uint64_t nonce, const chain::Digest& found, const Place& place) {
    platform::MutexLock guard(mutex);
    if (nonce >= lowest.load(std::memory_order_relaxed)) return;
    lowest.store(nonce, std::memory_order_relaxed);
    digest = found;
    finder = place;
  }
};

sched::Task<void> searcher(Mine* run, SharedSearch* shared) {
  WorkMeter meter(run->context);
  uint64_t hashes = 0;
  for (;;) {
    const uint64_t first = shared->next.fetch_add(kStretch, std::memory_order_relaxed);
    if (first > shared->lowest.load(std::memory_order_relaxed)) break;
    uint64_t unpaid = 0;
    const chain::NonceSearch::Outcome outcome = co_await try_stretch(run, &shared->search, first, &unpaid);
    hashes += outcome.hashes;
    meter.add(outcome.hashes);
    if (outcome.found) {
      const Place place = co_await here();
      shared->hit(outcome.nonce, outcome.digest, place);
      co_await mark(MarkKind::kBlockSolved, shared->search.candidate.index);
    }
    co_await sched::checkpoint(unpaid);
  }
  meter.flush();
  shared->hashes.fetch_add(hashes, std::memory_order_relaxed);
  co_await run->done.done();
}

sched::Task<void> mine_partition(Mine* run) {
  for (uint32_t i = 0; i < run->blocks; ++i) {
    const int64_t timestamp_ns = run->clock.at(co_await now());
    const chain::Block candidate = make_candidate(run->chain.tip(), timestamp_ns, run->data);
    SharedSearch shared(*run, candidate);
    co_await run->done.add(static_cast<int32_t>(run->goroutines));
    for (uint32_t g = 0; g < run->goroutines; ++g) co_await sched::go("searcher", searcher(run, &shared));
    co_await run->done.wait();
    const uint64_t hashes = shared.hashes.load(std::memory_order_relaxed);
    run->add({with_nonce(candidate, shared.lowest.load(std::memory_order_relaxed), shared.digest),
              shared.finder.goroutine, shared.finder.p, hashes});
    co_await sched::checkpoint(kHashNs);
  }
}

// ---- One goroutine alone searches a block: independent and locked. ----

// Searches `candidate` from nonce 0 on. Gives up, with nothing found, once *stop is set (null: never).
sched::Task<Found> search_alone(Mine* run, chain::Block candidate, const std::atomic<bool>* stop) {
  const Search search(*run, candidate);
  WorkMeter meter(run->context);
  Found found;
  for (uint64_t first = 0;; first += kStretch) {
    if (stop != nullptr && stop->load(std::memory_order_relaxed)) break;  // relaxed: to be noticed soon
    uint64_t unpaid = 0;
    const chain::NonceSearch::Outcome outcome = co_await try_stretch(run, &search, first, &unpaid);
    found.hashes += outcome.hashes;
    meter.add(outcome.hashes);
    co_await sched::checkpoint(unpaid);
    if (!outcome.found) continue;
    const Place place = co_await here();
    co_await mark(MarkKind::kBlockSolved, candidate.index);
    found.block = with_nonce(std::move(candidate), outcome.nonce, outcome.digest);
    found.goroutine = place.goroutine;
    found.p = place.p;
    break;
  }
  meter.flush();
  co_return found;
}

// ---- independent ----

// A block of a branch, without what can be computed again: a thousand branches of a thousand blocks must fit into
// memory.
struct BranchBlock {
  int64_t timestamp_ns;
  uint64_t nonce;
  uint64_t hashes;
  uint32_t p;
};

struct Branch {
  std::vector<BranchBlock> blocks;
  uint64_t goroutine = 0;
};

struct Race {
  explicit Race(size_t goroutines) : branches(goroutines) {}
  std::vector<Branch> branches;      // each written by its goroutine, read after all have been waited for
  std::atomic<bool> decided{false};  // relaxed: whoever sets it is `winner`, which is read after the wait
  uint32_t winner = 0;
};

sched::Task<void> racer(Mine* run, Race* race, uint32_t index) {
  Branch& branch = race->branches[index];
  const Place place = co_await here();
  branch.goroutine = place.goroutine;
  const std::string data = data_of(*run, index);
  chain::Block tip = run->chain.tip();  // the genesis block: nobody changes the chain before all have stopped
  while (branch.blocks.size() < run->blocks) {
    const int64_t timestamp_ns = run->clock.at(co_await now());
    chain::Block candidate = make_candidate(tip, timestamp_ns, data);
    Found found = co_await search_alone(run, std::move(candidate), &race->decided);
    if (found.block.hash.empty()) break;  // somebody else was faster
    branch.blocks.push_back({found.block.timestamp_ns, found.block.nonce, found.hashes, found.p});
    tip = std::move(found.block);
  }
  if (branch.blocks.size() == run->blocks && !race->decided.exchange(true, std::memory_order_relaxed)) {
    race->winner = index;
  }
  co_await run->done.done();
}

sched::Task<void> mine_independent(Mine* run, uint64_t* discarded_blocks, uint64_t* discarded_hashes) {
  Race race(run->goroutines);
  co_await run->done.add(static_cast<int32_t>(run->goroutines));
  for (uint32_t g = 0; g < run->goroutines; ++g) {
    co_await sched::go("racer", racer(run, &race, g));
    co_await sched::checkpoint(0);
  }
  co_await run->done.wait();

  const Branch& chosen = race.branches[race.winner];
  uint64_t useful = 0;
  for (const BranchBlock& made : chosen.blocks) {
    chain::Block block = make_candidate(run->chain.tip(), made.timestamp_ns, data_of(*run, race.winner));
    block.nonce = made.nonce;
    block.hash = chain::to_hex(chain::compute_hash(block));
    run->add({std::move(block), chosen.goroutine, made.p, made.hashes});
    useful += made.hashes;
    co_await sched::checkpoint(kHashNs);
  }
  *discarded_blocks = 0;
  for (const Branch& branch : race.branches) *discarded_blocks += branch.blocks.size();
  *discarded_blocks -= chosen.blocks.size();
  *discarded_hashes = run->hashes.load(std::memory_order_relaxed) - useful;
}

// ---- locked ----

struct Waits {
  std::atomic<uint64_t> total_ns{0};  // relaxed: a sum, read after all have been waited for
};

sched::Task<void> adder(Mine* run, Waits* waits, uint32_t index, uint32_t quota) {
  for (uint32_t i = 0; i < quota; ++i) {
    const uint64_t before = co_await now();
    co_await run->lock.lock();
    const uint64_t after = co_await now();
    waits->total_ns.fetch_add(after - before, std::memory_order_relaxed);
    chain::Block candidate = make_candidate(run->chain.tip(), run->clock.at(after), data_of(*run, index));
    const Found found = co_await search_alone(run, std::move(candidate), nullptr);
    run->add(found);
    co_await run->lock.unlock();
  }
  co_await run->done.done();
}

sched::Task<void> mine_locked(Mine* run, Waits* waits) {
  co_await run->done.add(static_cast<int32_t>(run->goroutines));
  for (uint32_t g = 0; g < run->goroutines; ++g) {
    const uint32_t quota = run->blocks / run->goroutines + (g < run->blocks % run->goroutines ? 1 : 0);
    co_await sched::go("adder", adder(run, waits, g, quota));
    co_await sched::checkpoint(0);
  }
  co_await run->done.wait();
}

// ---- The run. ----

void write_result(Context& context, const Mine& run, uint64_t duration_ns) {
  base::JsonWriter& json = context.result();
  write_speed(context, run.hashes.load(std::memory_order_relaxed), duration_ns);
  write_number(context, "goroutines", run.goroutines, "goroutines");
  write_number(context, "total_blocks", run.chain.size(), "blocks");
  const auto fault = chain::validate(run.chain, run.difficulty);
  json.field("valid", !fault.has_value());
  if (fault) json.field("fault", fault->sentence);
}

// What the strings have cost, under the original's names.
void write_memory_of(Context& context, const Mine& run, const MemoryMoment& before, const MemoryMoment& after) {
  const uint64_t hashes = run.hashes.load(std::memory_order_relaxed);
  write_collections(context, "gc_runs", before, after);
  write_number(context, "heap_delta_mb", mebibytes(after.object_bytes) - mebibytes(before.object_bytes), "MiB");
  const auto allocated = static_cast<double>(after.allocated_bytes - before.allocated_bytes);
  if (hashes > 0) write_number(context, "bytes_per_hash", allocated / static_cast<double>(hashes), "B");
}

// What is known of the run, whether it has come to its end or not.
void write_known(Context& context, const Mine& run, const MemoryMoment& before, const Waits& waits, uint64_t duration_ns) {
  write_result(context, run, duration_ns);
  if (run.strings) write_memory_of(context, run, before, memory_of(*before.collector));
  if (context.parameters().choice("strategy") == "locked") {
    write_number(context, "lock_wait_ns", waits.total_ns.load(std::memory_order_relaxed), "ns");
  }
}

sched::Task<void> mine(Context& context) {
  Mine run(context);
  const std::string& strategy = context.parameters().choice("strategy");
  uint64_t discarded_blocks = 0;
  uint64_t discarded_hashes = 0;
  Waits waits;
  MemoryMoment before;
  if (run.strings) before = memory_now();

  base::JsonWriter& json = context.result();
  json.key("genesis");
  write_block(json, run.chain.at(0));
  json.key("blocks");
  json.begin_array();
  context.progress(0, run.blocks);
  const uint64_t start = co_await now();
  const SoFar so_far(context, start, [&](uint64_t duration_ns) { write_known(context, run, before, waits, duration_ns); });
  if (strategy == "partition") co_await mine_partition(&run);
  if (strategy == "independent") co_await mine_independent(&run, &discarded_blocks, &discarded_hashes);
  if (strategy == "locked") co_await mine_locked(&run, &waits);
  const uint64_t duration_ns = co_await now() - start;
  json.end_array();

  write_known(context, run, before, waits, duration_ns);
  if (strategy == "independent") {
    write_number(context, "discarded_blocks", discarded_blocks, "blocks");
    write_number(context, "discarded_hashes", discarded_hashes, "hashes");
  }
}

}  // namespace

const ExperimentSpec kMine = {
    .name = "mine",
    .title = "Mine blocks",
    .verb = "Mine",
    .group = "chain",
    .question = "Are more goroutines faster?",
    .shows =
        "Goroutines search for the nonces of a chain's blocks; how they share the work decides whether more Ps help.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = mine,
    .heap = {.present = true,
             .needed = [](const Parameters& parameters) { return parameters.choice("hasher") == kStrings; },
             .heap_mib = 32},
    .work_unit = "H",
    .progress_unit = "blocks",
};

}  // namespace samovar::experiments
