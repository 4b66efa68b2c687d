// The list of kernels, and what all of them need done beforehand.
//
// The order of the list is that of measurement (tests/bench/bench_hash.cpp) on processors that have
// several of them: AVX-512's sixteen lanes beat the SHA instructions, and those beat AVX2.

#include "chain/nonce_kernel.h"

#include <bit>

#include "chain/sha256_constants.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#define SAMOVAR_X86 1
#else
#define SAMOVAR_X86 0
#endif

namespace samovar::chain {
namespace {

struct Features {
  bool sha = false;
  bool avx2 = false;
  bool avx512 = false;
};

Features detect_features() {
  Features features;
#if SAMOVAR_X86
  features.avx2 = __builtin_cpu_supports("avx2");
  features.avx512 =
      __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  // g++ 12 has no name for the SHA instructions: leaf 7, EBX bit 29.
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  const bool known = __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0;
  features.sha = known && (ebx >> 29 & 1) != 0 && __builtin_cpu_supports("sse4.1");
#endif
  return features;
}

#ifdef __wasm_simd128__
constexpr std::string_view kVec4Name = "simd128";
#else
constexpr std::string_view kVec4Name = "vec4";
#endif

struct KernelList {
  Kernel kernel[5];
  std::size_t size = 0;

  void add(bool usable, std::string_view name, FirstHit first_hit) {
    if (usable && first_hit != nullptr) kernel[size++] = {name, first_hit};
  }
};

KernelList make_kernel_list() {
  const Features features = detect_features();
  KernelList list;
  list.add(features.avx512, "avx512", avx512_first_hit());
  list.add(features.sha, "shani", shani_first_hit());
  list.add(features.avx2, "avx2", avx2_first_hit());
  list.add(true, kVec4Name, vec4_first_hit());
  list.add(true, "scalar", scalar_first_hit());
  return list;
}

// One round of FIPS 180-4, section 6.2.2, with the schedule word and the constant already added up.
void one_round(std::uint32_t (&v)[8], std::uint32_t schedule) {
  const std::uint32_t a = v[0], b = v[1], c = v[2], e = v[4], f = v[5], g = v[6];
  const std::uint32_t sigma1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
  const std::uint32_t sigma0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
  const std::uint32_t t1 = v[7] + sigma1 + ((e & f) ^ (~e & g)) + schedule;
  for (int i = 7; i > 0; --i) v[i] = v[i - 1];
  v[4] += t1;
  v[0] = t1 + sigma0 + ((a & b) ^ (a & c) ^ (b & c));
}

void fill_schedule(const std::uint32_t* words, std::uint32_t (&schedule)[64]) {
  for (int t = 0; t < 16; ++t) schedule[t] = words[t];
  for (int t = 16; t < 64; ++t) {
    const std::uint32_t x = schedule[t - 15], y = schedule[t - 2];
    schedule[t] = schedule[t - 16] + (std::rotr(x, 7) ^ std::rotr(x, 18) ^ (x >> 3)) + schedule[t - 7] +
                  (std::rotr(y, 17) ^ std::rotr(y, 19) ^ (y >> 10));
  }
  for (int t = 0; t < 64; ++t) schedule[t] += kRoundConstants[t];
}

}  // namespace

void finish_run(NonceRun& run) {
  const std::uint32_t fixed_words = run.digit_byte / 4;
  const std::uint32_t fixed_fours = run.digit_byte / 16 * 4;
  for (int i = 0; i < 8; ++i) run.start[i] = run.start_of_four[i] = run.chain[i];
  for (std::uint32_t t = 0; t < fixed_words; ++t) {
    const std::uint32_t schedule = run.words[t] + kRoundConstants[t];
    one_round(run.start, schedule);
    if (t < fixed_fours) one_round(run.start_of_four, schedule);
  }
  run.second_is_fixed = run.blocks == 2 && run.digit_byte + kRunDigits <= kBlockBytes;
  if (run.second_is_fixed) fill_schedule(run.words + 16, run.second_schedule);
}

std::span<const Kernel> kernels() {
  static const KernelList list = make_kernel_list();
  return {list.kernel, list.size};
}

const Kernel& best_kernel() {
  return kernels().front();
}

const Kernel* find_kernel(std::string_view name) {
  for (const Kernel& kernel : kernels()) {
    if (kernel.name == name) return &kernel;
  }
  return nullptr;
}

void compress_blocks_plain(State& state, const std::uint8_t* blocks, std::size_t count) {
  for (; count != 0; --count, blocks += kBlockBytes) compress(state, blocks);
}

CompressBlocks best_compress_blocks() {
  static const CompressBlocks best =
      detect_features().sha && shani_compress_blocks() != nullptr ? shani_compress_blocks() : compress_blocks_plain;
  return best;
}

}  // namespace samovar::chain
