// add-block: the main goroutine mines one block onto a fresh chain, alone. The smallest piece of work there is here.
#include "chain/chain.h"
#include "experiments/mining.h"
#include "experiments/registry.h"

namespace samovar::experiments {

namespace {

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::text("data", "Samovar", chain::kMaxDataBytes, "What is written into the block."),
    ParameterSpec::integer("difficulty", chain::kDefaultDifficulty, {chain::kMinDifficulty, chain::kMaxDifficulty},
                           "bits", "How many zero bits the block's hash begins with; each more doubles the work."),
};

constexpr std::string_view kCharts[] = {"hash_rate", "goroutines", "latency"};

sched::Task<void> add_block(Context& context) {
  const int difficulty = static_cast<int>(context.parameters().integer("difficulty"));
  const BlockClock clock(context.scheduler());
  const uint64_t start = co_await now();
  chain::Chain chain(clock.at(start));
  base::JsonWriter& json = context.result();
  json.key("genesis");
  write_block(json, chain.tip());

  Found found;
  found.block = make_candidate(chain.tip(), clock.at(start), context.parameters().text("data"));
  const chain::NonceSearch search(found.block, difficulty);
  WorkMeter meter(context);
  context.progress(0, 1);
  const SoFar so_far(context, start, [&](uint64_t duration_ns) { write_speed(context, found.hashes, duration_ns); });
  for (uint64_t first = 0;; first += chain::kNoncesPerCheckpoint) {
    const chain::NonceSearch::Outcome outcome = search.scan(first, chain::kNoncesPerCheckpoint);
    found.hashes += outcome.hashes;
    meter.add(outcome.hashes);
    co_await sched::checkpoint(outcome.hashes * kHashNs);
    if (!outcome.found) continue;
    found.block.nonce = outcome.nonce;
    found.block.hash = chain::to_hex(outcome.digest);
    break;
  }
  meter.flush();
  const uint64_t duration_ns = co_await now() - start;
  const Place place = co_await here();
  found.goroutine = place.goroutine;
  found.p = place.p;

  chain.append(found.block);
  json.key("block");
  write_found(json, found);
  write_speed(context, found.hashes, duration_ns);
  json.field("total_blocks", chain.size());
  context.unit("total_blocks", "blocks");
  json.field("valid", !chain::validate(chain, difficulty).has_value());
  context.progress(1, 1);
}

}  // namespace

const ExperimentSpec kAddBlock = {
    .name = "add-block",
    .title = "Add one block",
    .verb = "Add",
    .group = "chain",
    .question = "What does it cost to find a block?",
    .shows = "One goroutine tries nonces until the block's hash begins with enough zero bits.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = add_block,
    .common = {.procs = 1},
    .work_unit = "H",
    .progress_unit = "blocks",
};

}  // namespace samovar::experiments
