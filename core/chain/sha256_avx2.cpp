// Eight nonces at a time with AVX2.

#include "chain/nonce_kernel.h"

#ifdef __AVX2__

#include <immintrin.h>

#include "chain/sha256_lanes.h"

namespace samovar::chain {
namespace {

struct Avx2 : PortableOps<8> {
  static SAMOVAR_ALWAYS_INLINE unsigned zero_lanes(V x) {
    const __m256i equal = _mm256_cmpeq_epi32((__m256i)x, _mm256_setzero_si256());
    return static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(equal)));
  }
};

}  // namespace

FirstHit avx2_first_hit() {
  return NonceLanes<Avx2>::first_hit;
}

}  // namespace samovar::chain

#else

samovar::chain::FirstHit samovar::chain::avx2_first_hit() {
  return nullptr;
}

#endif
