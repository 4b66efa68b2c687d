// What mining needs in every experiment that does it: the clock of the blocks, the price of a hash, and blocks as JSON.
#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"
#include "chain/block.h"
#include "chain/pow.h"
#include "experiments/experiment.h"
#include "experiments/probe.h"

namespace samovar::experiments {

// A hash in virtual time: native Go's 7.16 million a second on a core with SHA instructions.
inline constexpr uint64_t kHashNs = 140;

// Gives blocks their timestamps: the wall clock at the start of the run, or in virtual time a fixed moment
// (2026-01-01T00:00:00Z), and from there on the run's own clock. So in virtual time blocks are the same everywhere.
class BlockClock {
 public:
  explicit BlockClock(const sched::Scheduler& scheduler);

  // The timestamp of a block that is begun at run time now_ns.
  int64_t at(uint64_t now_ns) const { return origin_ns_ + static_cast<int64_t>(now_ns); }

 private:
  int64_t origin_ns_;
};

// A block that was found, by whom, and what it cost.
struct Found {
  chain::Block block;
  uint64_t goroutine = 0;
  uint32_t p = 0;
  uint64_t hashes = 0;  // tried for this block, by everybody who searched
};

// Writes the block as an object: {"index", "timestamp", "data", "previous_hash", "nonce", "hash"} and no more.
void write_block(base::JsonWriter& json, const chain::Block& block);

// The same with {"found_by", "p", "hashes"} in it.
void write_found(base::JsonWriter& json, const Found& found);

// Writes {"hashes", "duration_ns", "hashes_per_second"} with their units.
void write_speed(Context& context, uint64_t hashes, uint64_t duration_ns);

// Adds hashes to the run's live figure, a batch at a time: the figure is one counter for all threads.
class WorkMeter {
 public:
  explicit WorkMeter(Context& context) : context_(context) {}

  void add(uint64_t hashes) {
    pending_ += hashes;
    if (pending_ >= kBatch) flush();
  }

  void flush() {
    if (pending_ > 0) context_.add_work(pending_);
    pending_ = 0;
  }

 private:
  static constexpr uint64_t kBatch = 16 * chain::kNoncesPerCheckpoint;
  Context& context_;
  uint64_t pending_ = 0;
};

}  // namespace samovar::experiments
