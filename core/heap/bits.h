// Bitmaps that several threads change: mark bits above all.
//
// Words are plain uint64_t in memory that the page maps and sweeping clears wholesale; these functions are the only ones that touch
// them. Reading is a relaxed load (in wasm a plain one, which cannot tear): whoever acts on a bit that it found clear sets it with
// an indivisible instruction, and that decides. Where what was read decides by itself, it is load_word_in_order().
#pragma once

#include <cstdint>

namespace samovar::heap {

inline uint64_t load_word(const uint64_t* word) {
#if defined(__wasm__)
  return *static_cast<const volatile uint64_t*>(word);
#else
  return __atomic_load_n(word, __ATOMIC_RELAXED);
#endif
}

// A load that stays behind this thread's earlier or_word() and and_word(), whichever word those changed. In wasm, too, an atomic one.
inline uint64_t load_word_in_order(const uint64_t* word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }

// Only while nobody else changes the word.
inline void store_word(uint64_t* word, uint64_t value) {
#if defined(__wasm__)
  *static_cast<volatile uint64_t*>(word) = value;
#else
  __atomic_store_n(word, value, __ATOMIC_RELAXED);
#endif
}

// Gives the word as it was. Acquire and release: who finds a mark bit already set goes on to rely on the object's having been queued by the
// other. seq_cst: pairs with load_word_in_order(). (The same instructions, on every processor there is.)
inline uint64_t or_word(uint64_t* word, uint64_t bits) { return __atomic_fetch_or(word, bits, __ATOMIC_SEQ_CST); }
inline uint64_t and_word(uint64_t* word, uint64_t bits) { return __atomic_fetch_and(word, bits, __ATOMIC_SEQ_CST); }

// The lowest `count` bits of a word; all of it from 64 on.
constexpr uint64_t low_bits(uint32_t count) { return count >= 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1; }
inline uint32_t count_bits(uint64_t word) { return static_cast<uint32_t>(__builtin_popcountll(word)); }

inline bool test_bit(const uint64_t* words, uint32_t index) { return (load_word(&words[index / 64]) >> (index % 64) & 1) != 0; }

// True if this call set it.
inline bool set_bit(uint64_t* words, uint32_t index) {
  const uint64_t bit = uint64_t{1} << (index % 64);
  if ((load_word(&words[index / 64]) & bit) != 0) return false;
  return (or_word(&words[index / 64], bit) & bit) == 0;
}

// These functions as a parameter, for the sake of the test that walks all interleavings.
struct SharedWords {
  static uint64_t load(const uint64_t* word) { return load_word(word); }
  static uint64_t load_in_order(const uint64_t* word) { return load_word_in_order(word); }
  static void store(uint64_t* word, uint64_t value) { store_word(word, value); }
  static uint64_t fetch_or(uint64_t* word, uint64_t bits) { return or_word(word, bits); }
  static uint64_t fetch_and(uint64_t* word, uint64_t bits) { return and_word(word, bits); }
};

}  // namespace samovar::heap
