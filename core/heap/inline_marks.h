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

template <class Words = SharedWords>
class BasicInlineMarks {
 public:
  static constexpr uint32_t kWords = 8;

  // Those of the page that starts at this address, which must have some: has_inline_marks().
  static BasicInlineMarks& of_page(uintptr_t page) {
    return *reinterpret_cast<BasicInlineMarks*>(page + kPageBytes - kInlineMarkBytes);
  }

  // Clears all, the owner too, and writes the class: `span_class` is a SpanClass's index. The page has just been made a span, and nobody else knows it.
  void init(uint8_t span_class) {
    for (uint32_t i = 0; i < kWords; ++i) Words::store(&scans_[i], 0);
    for (uint32_t i = 0; i < kWords; ++i) Words::store(&marks_[i], 0);
    Words::store(&marks_[kWords - 1], uint64_t{span_class} << 56);
  }

  // An object's bits, by its index in the page. Any thread; what is clear may be set by others at this moment.
  bool marked(uint32_t index) const { return test(marks_, index); }
  bool scanned(uint32_t index) const { return test(scans_, index); }
  // True if this call set its scan bit: then it is the caller's to scan. Any thread.
  bool set_scan(uint32_t index) {
    const uint64_t bit = uint64_t{1} << (index % 64);
    if (test(scans_, index)) return false;
    return (Words::fetch_or(&scans_[index / 64], bit) & bit) == 0;
  }

  // Marks several objects of one word; gives those that nobody had marked before.
  uint64_t set_marks(uint32_t word, uint64_t bits) {
    if ((bits & ~Words::load(&marks_[word])) == 0) return 0;
    return bits & ~Words::fetch_or(&marks_[word], bits);
  }

  // One word of each, without the class and the owner. Any thread, as above.
  uint64_t marks(uint32_t word) const { return Words::load(&marks_[word]) & kBits[word]; }
  uint64_t scans(uint32_t word) const { return Words::load(&scans_[word]) & kBits[word]; }

  // Says that one more object has been marked, or several: `fresh`, as set_marks() gave it. True: the caller has the page now and must queue it.
  //
  // A marker sets a mark and then reads the owner; the scanner clears the owner and then reads the marks. One of them must see what
  // the other did, or the object is scanned by nobody: hence the loads in order, here and in take_grey().
  bool acquire(uint64_t fresh) {
    const bool one = (fresh & (fresh - 1)) == 0;
    const uint64_t seen = Words::load_in_order(&scans_[kWords - 1]) >> 56;
    if ((seen & kManyMarks) != 0) return false;
    if (one && seen == kUnowned && add_owner(kOneMark) == kUnowned) return true;
    // Somebody else's mark is there, whether it was seen or came in between: this one must not be the one that the entry does not name.
    return add_owner(kManyMarks) == kUnowned;
  }

  // Gives the page back before it is scanned: marks from here on queue it anew. Tells whether several objects were marked meanwhile.
  Ownership release() {
    const auto before = static_cast<uint8_t>(Words::fetch_and(&scans_[kWords - 1], ~(uint64_t{0xff} << 56)) >> 56);
    return before == kOneMark ? kOneMark : kManyMarks;
  }

  // Takes all grey objects of this word: sets their scan bits and gives those that were not set before.
  uint64_t take_grey(uint32_t word) {
    const uint64_t grey = Words::load_in_order(&marks_[word]) & kBits[word] & ~Words::load(&scans_[word]);
    if (grey == 0) return 0;
    return grey & ~Words::fetch_or(&scans_[word], grey);
  }

  // Sets both bits of objects that nobody else knows yet, and takes them back; `bits` are of word `word`.
  void blacken(uint32_t word, uint64_t bits) {
    Words::fetch_or(&scans_[word], bits);  // the scan bits first: nobody may find one of them grey
    Words::fetch_or(&marks_[word], bits);
  }
  void whiten(uint32_t word, uint64_t bits) {
    Words::fetch_and(&marks_[word], ~bits);
    Words::fetch_and(&scans_[word], ~bits);
  }

  // For the sweeper, between cycles: clears both.
  void clear() {
    for (uint32_t i = 0; i < kWords; ++i) {
      Words::store(&scans_[i], 0);
      Words::store(&marks_[i], Words::load(&marks_[i]) & ~kBits[i]);
    }
  }

 private:
  static constexpr uint64_t kAll = ~uint64_t{0};
  static constexpr uint64_t kBits[kWords] = {kAll, kAll, kAll, kAll, kAll, kAll, kAll, kAll >> 8};

  static bool test(const uint64_t* words, uint32_t index) {
    return (Words::load(&words[index / 64]) >> (index % 64) & 1) != 0;
  }
  uint64_t add_owner(Ownership more) { return Words::fetch_or(&scans_[kWords - 1], uint64_t{more} << 56) >> 56; }

  uint64_t scans_[kWords];
  uint64_t marks_[kWords];
};
using InlineMarks = BasicInlineMarks<>;
static_assert(sizeof(InlineMarks) == kInlineMarkBytes);

}  // namespace samovar::heap
