#include "experiments/mining.h"

#include "chain/rfc3339.h"
#include "platform/clock.h"

namespace samovar::experiments {

namespace {

// 2026-01-01T00:00:00Z.
constexpr int64_t kVirtualOriginNs = int64_t{1'767'225'600} * 1'000'000'000;

// The members of a block, inside an object that is open.
void write_block_members(base::JsonWriter& json, const chain::Block& block) {
  json.field("index", block.index);
  json.field("timestamp", chain::format_rfc3339(block.timestamp_ns));
  json.field("data", block.data);
  json.field("previous_hash", block.previous_hash);
  json.field("nonce", block.nonce);
  json.field("hash", block.hash);
}

}  // namespace

BlockClock::BlockClock(const sched::Scheduler& scheduler)
    : origin_ns_(scheduler.options().virtual_time
                     ? kVirtualOriginNs
                     : platform::wall_clock_ns() - static_cast<int64_t>(scheduler.elapsed_ns())) {}

void write_block(base::JsonWriter& json, const chain::Block& block) {
  json.begin_object();
  write_block_members(json, block);
  json.end_object();
}

void write_found(base::JsonWriter& json, const Found& found) {
  json.begin_object();
  write_block_members(json, found.block);
  json.field("found_by", found.goroutine);
  json.field("p", found.p);
  json.field("hashes", found.hashes);
  json.end_object();
}

void write_speed(Context& context, uint64_t hashes, uint64_t duration_ns) {
  base::JsonWriter& json = context.result();
  json.field("hashes", hashes);
  json.field("duration_ns", duration_ns);
  context.unit("hashes", "hashes");
  context.unit("duration_ns", "ns");
  // A run shorter than a tick of the machine's clock has no speed.
  if (duration_ns == 0) return;
  json.field("hashes_per_second", static_cast<double>(hashes) * 1e9 / static_cast<double>(duration_ns));
  context.unit("hashes_per_second", "H/s");
}

}  // namespace samovar::experiments
