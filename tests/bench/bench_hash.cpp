// How fast nonces are tried, kernel by kernel, and how fast long input is hashed.
//
// A counter "ratio" compares with the plain twin measured in the same run (1 is the twin itself);
// "items_per_second" are hashes, "bytes_per_second" is for long input only.
//
// The message has about a hundred bytes, as a small block has. Where its end falls in a 64-byte block
// decides what a nonce costs, so three lengths are measured:
//   one_block   the padding fits behind the nonce: one compression (data of 8 bytes)
//   padding     it does not: a second compression, the same for all (20 bytes)
//   straddling  the nonce itself reaches into the second block (24 bytes)

#include <benchmark/benchmark.h>

#include <ctime>
#include <map>
#include <string>

#include "chain/pow.h"

namespace samovar::chain {
namespace {

constexpr std::int64_t kTime = 1795458011'123456789;
constexpr std::uint64_t kFirstNonce = 1'000'000;
constexpr std::size_t kBulkBytes = 1 << 20;

struct Shape {
  const char* name;
  std::size_t data_bytes;
};

constexpr Shape kShapes[] = {{"one_block", 8}, {"padding", 20}, {"straddling", 24}};

Block candidate_with_data(std::size_t size) {
  return make_candidate(make_genesis(kTime), kTime, std::string(size, 'd'));
}

// The rate of this benchmark's measured loop over the twin's, in processor time: others may be at
// work on the same machine.
class Ratio {
 public:
  Ratio(benchmark::State& state, const std::string& group, bool is_twin)
      : state_(state), group_(group), is_twin_(is_twin), start_(std::clock()) {}

  void finish(double work) {
    const double rate = work / static_cast<double>(std::clock() - start_);
    if (is_twin_) twin_rates()[group_] = rate;
    const auto twin = twin_rates().find(group_);
    if (twin != twin_rates().end()) state_.counters["ratio"] = rate / twin->second;
  }

 private:
  static std::map<std::string, double>& twin_rates() {
    static std::map<std::string, double> rates;
    return rates;
  }

  benchmark::State& state_;
  std::string group_;
  bool is_twin_;
  std::clock_t start_;
};

void bench_scan(benchmark::State& state, const Kernel* kernel, Shape shape) {
  const NonceSearch search(candidate_with_data(shape.data_bytes), kMaxDifficulty, *kernel);
  std::uint64_t first = kFirstNonce;
  std::uint64_t hashes = 0;
  Ratio ratio(state, shape.name, kernel->name == "scalar");
  for (auto _ : state) {
    const auto outcome = search.scan(first, kNoncesPerCheckpoint);
    benchmark::DoNotOptimize(outcome.found);
    hashes += outcome.hashes;
    first += kNoncesPerCheckpoint;
  }
  ratio.finish(static_cast<double>(hashes));
  state.SetItemsProcessed(static_cast<std::int64_t>(hashes));
}

void bench_bulk(benchmark::State& state, CompressBlocks compress_blocks, bool is_twin) {
  const std::string input(kBulkBytes, 'b');
  Ratio ratio(state, "bulk", is_twin);
  for (auto _ : state) {
    Sha256 hash(compress_blocks);
    hash.update(input);
    benchmark::DoNotOptimize(hash.finish());
  }
  const auto bytes = static_cast<std::int64_t>(state.iterations() * kBulkBytes);
  ratio.finish(static_cast<double>(bytes));
  state.SetBytesProcessed(bytes);
}

// What a program without midstate and kernels does for each nonce: text, whole hash, comparison.
void bench_whole_text(benchmark::State& state) {
  Block block = candidate_with_data(kShapes[0].data_bytes);
  block.nonce = kFirstNonce;
  for (auto _ : state) {
    benchmark::DoNotOptimize(meets_difficulty(compute_hash(block), kMaxDifficulty));
    ++block.nonce;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

const bool kRegistered = [] {
  for (const Shape& shape : kShapes) {
    // Backwards, so that the twin comes first.
    for (std::size_t i = kernels().size(); i-- > 0;) {
      const Kernel* kernel = &kernels()[i];
      const std::string name = "hash/scan/" + std::string(shape.name) + "/" + std::string(kernel->name);
      benchmark::RegisterBenchmark(name.c_str(), bench_scan, kernel, shape);
    }
  }
  benchmark::RegisterBenchmark("hash/whole_text", bench_whole_text);
  benchmark::RegisterBenchmark("hash/bulk/plain", bench_bulk, compress_blocks_plain, true);
  if (best_compress_blocks() != compress_blocks_plain) {
    benchmark::RegisterBenchmark("hash/bulk/shani", bench_bulk, best_compress_blocks(), false);
  }
  return true;
}();

}  // namespace
}  // namespace samovar::chain
