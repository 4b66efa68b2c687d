// Hashing a block the way the original demo does: with strings on the collected heap, made anew for each nonce.
//
// The original builds the text of the block for every hash: the numbers in decimal, the time, all of it joined, the
// bytes of that, the hasher, the digest, its hex digits twice; some 580 bytes in nine objects (540 here, where the time
// is shorter), all garbage at once. So mining, which "hardly allocates", makes its collector run 170 times for each
// million hashes. What is hashed is the same text as elsewhere, so the same nonces are found.
#pragma once

#include <cstdint>

#include "chain/block.h"
#include "chain/pow.h"
#include "sched/task.h"

namespace samovar::experiments {

// Tries the nonces first, first+1, … first+count-1 and stops at the first that meets the difficulty, as
// chain::NonceSearch::scan() does. Has checkpoints of its own, which charge all of it. On a goroutine of a run with a
// heap; the candidate must outlive the call.
sched::Task<chain::NonceSearch::Outcome> scan_with_strings(const chain::Block* candidate, int difficulty,
                                                           uint64_t first, uint64_t count);

}  // namespace samovar::experiments
