#include "experiments/string_hash.h"

#include <charconv>
#include <cstring>
#include <string>
#include <string_view>

#include "chain/difficulty.h"
#include "chain/rfc3339.h"
#include "chain/sha256.h"
#include "experiments/mining.h"
#include "gc/make.h"
#include "sched/ops.h"

namespace samovar::experiments {

namespace {

constexpr uint64_t kNoncesAtOnce = 8;  // between two checkpoints: 5 to 10 us, with the longest data up to 100
constexpr size_t kHasherBytes = 112;   // Go's sha256.digest
constexpr size_t kMaxDigits = 20;

// In virtual time, beside the hash and the allocations: putting the strings together. The original does a million
// hashes a second.
constexpr uint64_t kStringsNs = 650;

// A string in the heap, for use until the next suspension.
std::string_view heap_string(std::string_view text) {
  char* copy = reinterpret_cast<char*>(gc::make_bytes(text.size()));
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

std::string_view decimal(uint64_t number) {
  char digits[kMaxDigits];
  const char* end = std::to_chars(digits, digits + kMaxDigits, number).ptr;
  return heap_string({digits, static_cast<size_t>(end - digits)});
}

// The text that is hashed, see chain/block.h.
std::string_view joined(const chain::Block& block, std::string_view time, uint64_t nonce) {
  const std::string_view parts[] = {decimal(block.index), heap_string(time), block.data, block.previous_hash,
                                    decimal(nonce)};
  size_t size = std::size(parts) - 1;
  for (const std::string_view part : parts) size += part.size();
  char* text = reinterpret_cast<char*>(gc::make_bytes(size));
  char* at = text;
  for (const std::string_view part : parts) {
    if (at != text) *at++ = '\n';
    std::memcpy(at, part.data(), part.size());
    at += part.size();
  }
  return {text, size};
}

chain::Digest hash_with(const chain::Block& block, std::string_view time, uint64_t nonce) {
  const std::string_view bytes = heap_string(joined(block, time, nonce));
  gc::make_bytes(kHasherBytes);
  const chain::Digest digest = chain::sha256(bytes);
  heap_string({reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()});
  heap_string(heap_string(chain::to_hex(digest)));
  return digest;
}

}  // namespace

sched::Task<chain::NonceSearch::Outcome> scan_with_strings(const chain::Block* candidate, int difficulty,
                                                           uint64_t first, uint64_t count) {
  const std::string time = chain::format_rfc3339(candidate->timestamp_ns);
  chain::NonceSearch::Outcome outcome;
  while (outcome.hashes < count && !outcome.found) {
    const uint64_t nonce = first + outcome.hashes++;
    const chain::Digest digest = hash_with(*candidate, time, nonce);
    if (chain::meets_difficulty(digest, difficulty)) {
      outcome.found = true;
      outcome.nonce = nonce;
      outcome.digest = digest;
    }
    if (outcome.hashes % kNoncesAtOnce == 0) co_await sched::checkpoint(kNoncesAtOnce * (kHashNs + kStringsNs));
  }
  co_await sched::checkpoint(outcome.hashes % kNoncesAtOnce * (kHashNs + kStringsNs));
  co_return outcome;
}

}  // namespace samovar::experiments
