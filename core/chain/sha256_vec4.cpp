// Four nonces at a time with the compiler's own vector type: SIMD128 in WebAssembly, SSE2 on x86-64,
// NEON on arm64. None of them rotates, so a rotation is two shifts and an or.

#include "chain/sha256_lanes.h"

namespace samovar::chain {
namespace {

struct Vec4 : PortableOps<4> {
  static SAMOVAR_ALWAYS_INLINE unsigned zero_lanes(V x) {
    unsigned hits = 0;
    for (unsigned lane = 0; lane < kLanes; ++lane) hits |= static_cast<unsigned>(x[lane] == 0) << lane;
    return hits;
  }
};

}  // namespace

FirstHit vec4_first_hit() {
  return NonceLanes<Vec4>::first_hit;
}

}  // namespace samovar::chain
