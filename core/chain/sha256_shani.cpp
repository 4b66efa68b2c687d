// SHA-256 with the processor's own SHA instructions: long input, and nonces.
//
// sha256rnds2 does two rounds and then keeps the next one waiting for several cycles, so one message
// leaves the unit idle most of the time. Several independent nonces are interleaved instead;
// kStreams is the number that measured fastest.
//
// The instructions keep the eight working variables in two registers, ABEF and CDGH, highest word
// first. A nonce's digits are moved to their place in the block by one byte shuffle a quarter.

#include "chain/nonce_kernel.h"

#if defined(__SHA__) && defined(__SSE4_1__)

#include <immintrin.h>

#include "chain/low_digits.h"
#include "chain/sha256_constants.h"

#define SAMOVAR_ALWAYS_INLINE inline __attribute__((always_inline))

namespace samovar::chain {
namespace {

constexpr int kStreams = 2;

struct Pair {
  __m128i abef, cdgh;
};

SAMOVAR_ALWAYS_INLINE Pair pack(const std::uint32_t* v) {
  const auto word = [&](int i) { return static_cast<int>(v[i]); };
  return {_mm_set_epi32(word(0), word(1), word(4), word(5)), _mm_set_epi32(word(2), word(3), word(6), word(7))};
}

SAMOVAR_ALWAYS_INLINE void unpack(const Pair& pair, std::uint32_t* v) {
  alignas(16) std::uint32_t abef[4], cdgh[4];
  _mm_store_si128(reinterpret_cast<__m128i*>(abef), pair.abef);
  _mm_store_si128(reinterpret_cast<__m128i*>(cdgh), pair.cdgh);
  v[0] = abef[3], v[1] = abef[2], v[4] = abef[1], v[5] = abef[0];
  v[2] = cdgh[3], v[3] = cdgh[2], v[6] = cdgh[1], v[7] = cdgh[0];
}

SAMOVAR_ALWAYS_INLINE __m128i load(const std::uint32_t* p) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}

// Four rounds; `schedule` holds four schedule words plus constants.
SAMOVAR_ALWAYS_INLINE void four_rounds(Pair& s, __m128i schedule) {
  s.cdgh = _mm_sha256rnds2_epu32(s.cdgh, s.abef, schedule);
  s.abef = _mm_sha256rnds2_epu32(s.abef, s.cdgh, _mm_shuffle_epi32(schedule, 0x0e));
}

// The four schedule words that follow the sixteen in w0..w3.
SAMOVAR_ALWAYS_INLINE __m128i next_words(__m128i w0, __m128i w1, __m128i w2, __m128i w3) {
  const __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4));
  return _mm_sha256msg2_epu32(sum, w3);
}

// N messages in step, each with its variables and a ring of 16 schedule words.
template <int N>
struct Streams {
  Pair s[N];
  __m128i w[N][4];

  // Rounds 4*Q to 4*Q+3.
  template <int Q>
  SAMOVAR_ALWAYS_INLINE void quarter() {
    const __m128i k = load(kRoundConstants + 4 * Q);
#pragma GCC unroll 8
    for (int i = 0; i < N; ++i) {
      __m128i(&m)[4] = w[i];
      if constexpr (Q >= 4) m[Q & 3] = next_words(m[Q & 3], m[(Q + 1) & 3], m[(Q + 2) & 3], m[(Q + 3) & 3]);
      four_rounds(s[i], _mm_add_epi32(m[Q & 3], k));
    }
  }

  // Rounds 4*first to 63.
  SAMOVAR_ALWAYS_INLINE void rounds(unsigned first) {
    switch (first) {
      case 0:
        quarter<0>();
        [[fallthrough]];
      case 1:
        quarter<1>();
        [[fallthrough]];
      case 2:
        quarter<2>();
        [[fallthrough]];
      default:
        quarter<3>();
    }
    quarter<4>(), quarter<5>(), quarter<6>(), quarter<7>();
    quarter<8>(), quarter<9>(), quarter<10>(), quarter<11>();
    quarter<12>(), quarter<13>(), quarter<14>(), quarter<15>();
  }

  SAMOVAR_ALWAYS_INLINE void rounds_fixed(const std::uint32_t* schedule) {
    for (int t = 0; t < 64; t += 4) {
      const __m128i four = load(schedule + t);
#pragma GCC unroll 8
      for (int i = 0; i < N; ++i) four_rounds(s[i], four);
    }
  }

  SAMOVAR_ALWAYS_INLINE void add(int i, const Pair& chain) {
    s[i].abef = _mm_add_epi32(s[i].abef, chain.abef);
    s[i].cdgh = _mm_add_epi32(s[i].cdgh, chain.cdgh);
  }
};

// Placement puts three digits where they belong, in a block given as four quarters of 16 bytes.
struct Placement {
  __m128i shuffle[8];  // a quarter each; the second block's too

  explicit Placement(std::uint32_t digit_byte) {
    alignas(16) std::uint8_t control[128];
    for (std::uint8_t& c : control) c = 0x80;  // "zero here"
    for (std::uint32_t digit = 0; digit < kRunDigits; ++digit) {
      // Words are numbers in the machine's own, little-endian order: byte 0 of one is its last.
      control[(digit_byte + digit) ^ 3] = static_cast<std::uint8_t>(kRunDigits - 1 - digit);
    }
    for (int i = 0; i < 8; ++i) shuffle[i] = _mm_load_si128(reinterpret_cast<const __m128i*>(control) + i);
  }

  SAMOVAR_ALWAYS_INLINE __m128i place(__m128i base, __m128i digits, int quarter) const {
    return _mm_or_si128(base, _mm_shuffle_epi8(digits, shuffle[quarter]));
  }
};

// Tries the nonces with last digits low..low+N-1. Bit i of the result: the i-th meets the difficulty.
template <int N>
SAMOVAR_ALWAYS_INLINE unsigned try_nonces(const NonceRun& run, const Placement& placement, __m128i mask,
                                          std::uint32_t low) {
  Streams<N> streams;
  const Pair start = pack(run.start_of_four);
  const Pair chain = pack(run.chain);
  __m128i digits[N];
#pragma GCC unroll 8
  for (int i = 0; i < N; ++i) {
    digits[i] = _mm_cvtsi32_si128(static_cast<int>(kLowDigits.text[low + static_cast<std::uint32_t>(i)]));
    streams.s[i] = start;
    for (int q = 0; q < 4; ++q) streams.w[i][q] = placement.place(load(run.words + 4 * q), digits[i], q);
  }
  streams.rounds(run.digit_byte / 16);
#pragma GCC unroll 8
  for (int i = 0; i < N; ++i) streams.add(i, chain);
  if (run.blocks == 2) {
    Pair middle[N];
#pragma GCC unroll 8
    for (int i = 0; i < N; ++i) {
      middle[i] = streams.s[i];
      for (int q = 0; q < 4; ++q) {
        streams.w[i][q] = placement.place(load(run.words + 16 + 4 * q), digits[i], 4 + q);
      }
    }
    if (run.second_is_fixed) {
      streams.rounds_fixed(run.second_schedule);
    } else {
      streams.rounds(0);
    }
#pragma GCC unroll 8
    for (int i = 0; i < N; ++i) streams.add(i, middle[i]);
  }
  unsigned hits = 0;
#pragma GCC unroll 8
  for (int i = 0; i < N; ++i) {
    hits |= static_cast<unsigned>(_mm_testz_si128(streams.s[i].abef, mask)) << i;
  }
  return hits;
}

std::uint32_t first_hit(const NonceRun& run, std::uint32_t low, std::uint32_t high) {
  const Placement placement(run.digit_byte);
  const __m128i mask = _mm_set_epi32(static_cast<int>(run.mask[0]), static_cast<int>(run.mask[1]), 0, 0);
  for (; low < high; low += kStreams) {
    const unsigned hits = try_nonces<kStreams>(run, placement, mask, low);
    if (hits != 0) {
      // The table goes on beyond `high`; a hit there is none.
      const std::uint32_t hit = low + static_cast<std::uint32_t>(__builtin_ctz(hits));
      return hit < high ? hit : high;
    }
  }
  return high;
}

void compress_blocks(State& state, const std::uint8_t* blocks, std::size_t count) {
  std::uint32_t* words = &state[0];
  const __m128i swap = _mm_set_epi32(0x0c0d0e0f, 0x08090a0b, 0x04050607, 0x00010203);
  Streams<1> stream;
  stream.s[0] = pack(words);
  for (; count != 0; --count, blocks += kBlockBytes) {
    const Pair chain = stream.s[0];
    for (int q = 0; q < 4; ++q) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(blocks) + q);
      stream.w[0][q] = _mm_shuffle_epi8(bytes, swap);
    }
    stream.rounds(0);
    stream.add(0, chain);
  }
  unpack(stream.s[0], words);
}

}  // namespace

FirstHit shani_first_hit() {
  return first_hit;
}
CompressBlocks shani_compress_blocks() {
  return compress_blocks;
}

}  // namespace samovar::chain

#else

samovar::chain::FirstHit samovar::chain::shani_first_hit() {
  return nullptr;
}
samovar::chain::CompressBlocks samovar::chain::shani_compress_blocks() {
  return nullptr;
}

#endif
