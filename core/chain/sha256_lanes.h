// The SIMD kernel, written once: each lane of a vector tries a nonce of its own.
//
// SHA-256 has no parallelism inside one message worth having, but it has no branches either, so W
// messages go through W lanes in step. The layout is "one word of W messages a vector": the
// constant words are the same in all lanes, and the digits come from a table in lane order with one
// load. Only the first two words of the digest are ever looked at.
//
// The first 16 rounds are entered in the middle (see NonceRun::start) by a switch that falls
// through; the switch is the same for the whole run, so the processor predicts it. Rejected: one
// copy of the kernel for each of the 16 entries, which would also let constant schedule words be
// left out; that saves some per cent of the time for 16 times the code, which a download does not want.
//
// `Ops` is the instruction set: PortableOps, with what an instruction set does better put over it. It
// must be a type of the including file's unnamed namespace: these files are compiled for different
// processors, and the linker must never merge their functions.

#pragma once

#include <cstdint>

#include "chain/low_digits.h"
#include "chain/nonce_kernel.h"
#include "chain/sha256_constants.h"

#define SAMOVAR_ALWAYS_INLINE inline __attribute__((always_inline))
#define SAMOVAR_LAMBDA_INLINE __attribute__((always_inline))

namespace samovar::chain {

// PortableOps are the operations in the compiler's own vectors of kWidth words. Missing, for it has no
// good portable form: zero_lanes(x), a number whose bit i is set when lane i of x is zero.
template <int kWidth>
struct PortableOps {
  typedef std::uint32_t V __attribute__((vector_size(kWidth * 4)));
  static constexpr std::uint32_t kLanes = kWidth;

  static SAMOVAR_ALWAYS_INLINE V load(const std::uint32_t* p) {
    V v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
  }
  static SAMOVAR_ALWAYS_INLINE V splat(std::uint32_t x) { return x - V{}; }
  // Where there is an instruction for it, compilers see that this is a rotation.
  template <int kBits>
  static SAMOVAR_ALWAYS_INLINE V rotr(V x) {
    return (x >> kBits) | (x << (32 - kBits));
  }
  static SAMOVAR_ALWAYS_INLINE V shift_left(V x, std::uint32_t bits) { return x << bits; }
  static SAMOVAR_ALWAYS_INLINE V shift_right(V x, std::uint32_t bits) { return x >> bits; }
  static SAMOVAR_ALWAYS_INLINE V xor3(V x, V y, V z) { return x ^ y ^ z; }
  static SAMOVAR_ALWAYS_INLINE V ch(V x, V y, V z) { return z ^ (x & (y ^ z)); }
  // Takes y^z and leaves x^y in its place, which is the next round's y^z: one operation saved.
  static SAMOVAR_ALWAYS_INLINE V maj(V x, V y, V, V& y_xor_z) {
    const V x_xor_y = x ^ y;
    const V result = y ^ (x_xor_y & y_xor_z);
    y_xor_z = x_xor_y;
    return result;
  }
};

template <class Ops>
struct NonceLanes {
  using V = typename Ops::V;

  // Vars are the working variables of FIPS 180-4, section 6.2.2, and b^c, which the next round's
  // maj() uses again as its a^b did.
  struct Vars {
    V a, b, c, d, e, f, g, h;
    V b_xor_c;
  };

  static SAMOVAR_ALWAYS_INLINE V splat(std::uint32_t x) { return Ops::splat(x); }

  static SAMOVAR_ALWAYS_INLINE V small_sigma0(V x) {
    return Ops::xor3(Ops::template rotr<7>(x), Ops::template rotr<18>(x), x >> 3);
  }

  static SAMOVAR_ALWAYS_INLINE V small_sigma1(V x) {
    return Ops::xor3(Ops::template rotr<17>(x), Ops::template rotr<19>(x), x >> 10);
  }

  // One round, with the eight variables named by the caller, who turns the names and not the values.
  static SAMOVAR_ALWAYS_INLINE void round(V a, V b, V c, V& d, V e, V f, V g, V& h, V& b_xor_c, V schedule) {
    const V sigma1 = Ops::xor3(Ops::template rotr<6>(e), Ops::template rotr<11>(e), Ops::template rotr<25>(e));
    const V sigma0 = Ops::xor3(Ops::template rotr<2>(a), Ops::template rotr<13>(a), Ops::template rotr<22>(a));
    const V t1 = h + schedule + sigma1 + Ops::ch(e, f, g);
    d = d + t1;
    h = t1 + sigma0 + Ops::maj(a, b, c, b_xor_c);
  }

  // Rounds kFirst.. of sixteen; `at(i)` gives the schedule word plus constant of round i.
  template <class At>
  static SAMOVAR_ALWAYS_INLINE void sixteen(Vars& s, unsigned first, At at) {
    auto& [a, b, c, d, e, f, g, h, x] = s;
    // clang-format off
    switch (first) {
      case 0: round(a, b, c, d, e, f, g, h, x, at(0)); [[fallthrough]];
      case 1: round(h, a, b, c, d, e, f, g, x, at(1)); [[fallthrough]];
      case 2: round(g, h, a, b, c, d, e, f, x, at(2)); [[fallthrough]];
      case 3: round(f, g, h, a, b, c, d, e, x, at(3)); [[fallthrough]];
      case 4: round(e, f, g, h, a, b, c, d, x, at(4)); [[fallthrough]];
      case 5: round(d, e, f, g, h, a, b, c, x, at(5)); [[fallthrough]];
      case 6: round(c, d, e, f, g, h, a, b, x, at(6)); [[fallthrough]];
      case 7: round(b, c, d, e, f, g, h, a, x, at(7)); [[fallthrough]];
      case 8: round(a, b, c, d, e, f, g, h, x, at(8)); [[fallthrough]];
      case 9: round(h, a, b, c, d, e, f, g, x, at(9)); [[fallthrough]];
      case 10: round(g, h, a, b, c, d, e, f, x, at(10)); [[fallthrough]];
      case 11: round(f, g, h, a, b, c, d, e, x, at(11)); [[fallthrough]];
      case 12: round(e, f, g, h, a, b, c, d, x, at(12)); [[fallthrough]];
      case 13: round(d, e, f, g, h, a, b, c, x, at(13)); [[fallthrough]];
      case 14: round(c, d, e, f, g, h, a, b, x, at(14)); [[fallthrough]];
      default: round(b, c, d, e, f, g, h, a, x, at(15));
    }
    // clang-format on
  }

  // Rounds `first` to 63 over a block; the schedule is made on the way, in a ring of 16 words.
  static SAMOVAR_ALWAYS_INLINE void rounds(Vars& s, unsigned first, const V* block) {
    V w[16] = {block[0], block[1], block[2],  block[3],  block[4],  block[5],  block[6],  block[7],
               block[8], block[9], block[10], block[11], block[12], block[13], block[14], block[15]};
    sixteen(s, first, [&](int i) SAMOVAR_LAMBDA_INLINE { return w[i] + splat(kRoundConstants[i]); });
    for (int t = 16; t < 64; t += 16) {
      const std::uint32_t* k = kRoundConstants + t;
      sixteen(s, 0, [&](int i) SAMOVAR_LAMBDA_INLINE {
        w[i] = w[i] + small_sigma0(w[(i + 1) & 15]) + w[(i + 9) & 15] + small_sigma1(w[(i + 14) & 15]);
        return w[i] + splat(k[i]);
      });
    }
  }

  // All rounds of a block that is the same for every nonce.
  static SAMOVAR_ALWAYS_INLINE void rounds_fixed(Vars& s, const std::uint32_t* schedule) {
    for (int t = 0; t < 64; t += 16) {
      sixteen(s, 0, [&](int i) SAMOVAR_LAMBDA_INLINE { return splat(schedule[t + i]); });
    }
  }

  // The variables before round `first`, turned so that sixteen() can be entered there.
  static SAMOVAR_ALWAYS_INLINE Vars enter(const std::uint32_t* vars, unsigned first) {
    const auto turned = [&](unsigned i) { return splat(vars[(i + first) & 7]); };
    return {turned(0), turned(1), turned(2),
            turned(3), turned(4), turned(5),
            turned(6), turned(7), splat(vars[1] ^ vars[2])};
  }

  static SAMOVAR_ALWAYS_INLINE void add_chain(Vars& s, const std::uint32_t* chain) {
    s.a = s.a + splat(chain[0]);
    s.b = s.b + splat(chain[1]);
    s.c = s.c + splat(chain[2]);
    s.d = s.d + splat(chain[3]);
    s.e = s.e + splat(chain[4]);
    s.f = s.f + splat(chain[5]);
    s.g = s.g + splat(chain[6]);
    s.h = s.h + splat(chain[7]);
  }

  // The second block of a run of two: its chaining value is another one in each lane.
  static SAMOVAR_ALWAYS_INLINE void second_block(Vars& s, const NonceRun& run, const V* block) {
    s.b_xor_c = s.b ^ s.c;
    const Vars chain = s;
    if (run.second_is_fixed) {
      rounds_fixed(s, run.second_schedule);
    } else {
      rounds(s, 0, block + 16);
    }
    s.a = s.a + chain.a;
    s.b = s.b + chain.b;
  }

  static std::uint32_t first_hit(const NonceRun& run, std::uint32_t low, std::uint32_t high) {
    V block[32];
    for (int i = 0; i < 32; ++i) block[i] = splat(run.words[i]);
    const unsigned first = run.digit_byte / 4;
    const V here = block[first];
    const V next = block[first + 1];
    const DigitShift shift = kDigitShift[run.digit_byte % 4];
    for (; low < high; low += Ops::kLanes) {
      const V digits = Ops::load(kLowDigits.text + low);
      block[first] = here | Ops::shift_right(Ops::shift_left(digits, shift.left), shift.right);
      if (shift.next_left < 32) block[first + 1] = next | Ops::shift_left(digits, shift.next_left);
      Vars s = enter(run.start, first);
      rounds(s, first, block);
      add_chain(s, run.chain);
      if (run.blocks == 2) second_block(s, run, block);
      const unsigned hits = Ops::zero_lanes((s.a & splat(run.mask[0])) | (s.b & splat(run.mask[1])));
      if (hits != 0) {
        // The table goes on beyond `high`; a hit there is none.
        const std::uint32_t hit = low + static_cast<std::uint32_t>(__builtin_ctz(hits));
        return hit < high ? hit : high;
      }
    }
    return high;
  }
};

}  // namespace samovar::chain
