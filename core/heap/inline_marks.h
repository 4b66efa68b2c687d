// InlineMarks: the mark bits that a page of small objects carries in its own last 128 bytes (Go: spanInlineMarkBits).
//
//   | objects …            | slot bitmap, 128 B | scans, 63 B | owner, 1 B | marks, 63 B | class, 1 B |
//
// Two bits an object: marked (seen) and scanned. White: neither; grey: marked; black: both. So from an object's address alone, by
// rounding it down to the page, a marker finds all that it must know; no table is looked up and no other cache line touched.
// 63 bytes are 504 bits, as many as a page has 16-byte objects without slots.
#pragma once

#include <cstdint>

#include "heap/bits.h"
#include "heap/size_classes.h"

namespace samovar::heap {

// What an owner byte says of a page's place in the markers' queue (Go: spanScanOwnership).
enum Ownership : uint8_t {
  kUnowned = 0,
  kOneMark = 2,    // queued for one object, which the queue entry names
  kManyMarks = 4,  // more have been marked since
};

class InlineMarks {
 public:
  static constexpr uint32_t kWords = 8;

  static InlineMarks& of_page(uintptr_t page) { return *reinterpret_cast<InlineMarks*>(page + kPageBytes - kInlineMarkBytes); }

  // All clear. The page has just been carved.
  void init(uint8_t span_class) {
    for (uint32_t i = 0; i < kWords; ++i) store_word(&scans_[i], 0);
    for (uint32_t i = 0; i < kWords; ++i) store_word(&marks_[i], 0);
    store_word(&marks_[kWords - 1], uint64_t{span_class} << 56);
  }

  bool marked(uint32_t index) const { return test_bit(marks_, index); }
  bool scanned(uint32_t index) const { return test_bit(scans_, index); }
  bool set_mark(uint32_t index) { return set_bit(marks_, index); }
  bool set_scan(uint32_t index) { return set_bit(scans_, index); }

  uint64_t marks(uint32_t word) const { return load_word(&marks_[word]) & kBits[word]; }
  uint64_t scans(uint32_t word) const { return load_word(&scans_[word]) & kBits[word]; }

  // Says that one more object has been marked. True: the caller has the page now and must queue it.
  bool acquire() {
    const uint64_t seen = load_word_ordered(&scans_[kWords - 1]);
    if ((seen >> 56 & kManyMarks) != 0) return false;
    const Ownership more = seen >> 56 == 0 ? kOneMark : kManyMarks;
    return or_word(&scans_[kWords - 1], uint64_t{more} << 56) >> 56 == 0;
  }

  // Gives the page back before it is scanned: marks from here on queue it anew. Tells whether several objects were marked meanwhile.
  Ownership release() {
    const auto before = static_cast<uint8_t>(and_word(&scans_[kWords - 1], ~(uint64_t{0xff} << 56)) >> 56);
    return before == kOneMark ? kOneMark : kManyMarks;
  }

  // Takes all grey objects of this word: sets their scan bits and gives those that were not set before.
  uint64_t take_grey(uint32_t word) {
    const uint64_t grey = load_word_ordered(&marks_[word]) & kBits[word] & ~load_word(&scans_[word]);
    if (grey == 0) return 0;
    return grey & ~or_word(&scans_[word], grey);
  }

  // For the sweeper, between cycles: clears both.
  void clear() {
    for (uint32_t i = 0; i < kWords; ++i) {
      store_word(&scans_[i], 0);
      store_word(&marks_[i], load_word(&marks_[i]) & ~kBits[i]);
    }
  }

 private:
  static constexpr uint64_t kAll = ~uint64_t{0};
  static constexpr uint64_t kBits[kWords] = {kAll, kAll, kAll, kAll, kAll, kAll, kAll, kAll >> 8};

  uint64_t scans_[kWords];
  uint64_t marks_[kWords];
};
static_assert(sizeof(InlineMarks) == kInlineMarkBytes);

}  // namespace samovar::heap
