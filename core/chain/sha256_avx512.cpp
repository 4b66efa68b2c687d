// Sixteen nonces at a time with AVX-512, which rotates in one instruction and computes any function
// of three words in one more.

#include "chain/nonce_kernel.h"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__)

#include <immintrin.h>

#include "chain/sha256_lanes.h"

namespace samovar::chain {
namespace {

// The truth tables that vpternlogd takes.
constexpr int kXor3 = 0x96;
constexpr int kChoose = 0xca;
constexpr int kMajority = 0xe8;

struct Avx512 : PortableOps<16> {
  // Rotation is the portable one: g++ 12 warns of its own header when given the intrinsic.
  template <int kTable>
  static SAMOVAR_ALWAYS_INLINE V logic(V x, V y, V z) {
    return (V)_mm512_ternarylogic_epi32((__m512i)x, (__m512i)y, (__m512i)z, kTable);
  }
  static SAMOVAR_ALWAYS_INLINE V xor3(V x, V y, V z) { return logic<kXor3>(x, y, z); }
  static SAMOVAR_ALWAYS_INLINE V ch(V x, V y, V z) { return logic<kChoose>(x, y, z); }
  static SAMOVAR_ALWAYS_INLINE V maj(V x, V y, V z, V&) { return logic<kMajority>(x, y, z); }
  static SAMOVAR_ALWAYS_INLINE unsigned zero_lanes(V x) { return _mm512_testn_epi32_mask((__m512i)x, (__m512i)x); }
};

}  // namespace

FirstHit avx512_first_hit() {
  return NonceLanes<Avx512>::first_hit;
}

}  // namespace samovar::chain

#else

samovar::chain::FirstHit samovar::chain::avx512_first_hit() {
  return nullptr;
}

#endif
