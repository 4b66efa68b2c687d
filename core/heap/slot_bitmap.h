// SlotBitmap: which words of a page's objects are slots (Go: heapBitsInSpan, writeHeapBitsSmall). One bit a word of the page, in the page itself: its last
// 128 bytes, or those before the inline marks.
//
// Only the P whose cache has the page writes; markers read at the same time, though never the bits of an object that they have not been told of.
#pragma once

#include <cstdint>

#include "heap/bits.h"
#include "heap/size_classes.h"

namespace samovar::heap {

class SlotBitmap {
 public:
  // Of the page that starts at `page`, which holds objects with slots of this class (has_slot_bitmap).
  SlotBitmap(uintptr_t page, uint8_t size_class)
      : words_(reinterpret_cast<uint64_t*>(page + kPageBytes - kSlotBitmapBytes - (has_inline_marks(size_class) ? kInlineMarkBytes : 0))) {}

  // The page on which an object lies.
  static uintptr_t page_of(uintptr_t object) { return object & ~(uintptr_t{kPageBytes} - 1); }

  // `count` (1 to 64) bits from word `first` of the page on.
  uint64_t get(uint32_t first, uint32_t count) const {
    const uint32_t shift = first % 64;
    uint64_t bits = load_word(&words_[first / 64]) >> shift;
    if (shift + count > 64) bits |= load_word(&words_[first / 64 + 1]) << (64 - shift);
    return bits & low(count);
  }

  // Sets them so; their neighbours in the same word of the bitmap stay.
  void set(uint32_t first, uint32_t count, uint64_t bits) {
    const uint32_t shift = first % 64;
    uint64_t* word = &words_[first / 64];
    store_word(word, (load_word(word) & ~(low(count) << shift)) | bits << shift);
    if (shift + count > 64) {
      const uint32_t done = 64 - shift;
      store_word(word + 1, (load_word(word + 1) & ~(low(count) >> done)) | bits >> done);
    }
  }

  void clear() {
    for (uint32_t i = 0; i < kSlotBitmapBytes / sizeof(uint64_t); ++i) store_word(&words_[i], 0);
  }

 private:
  static constexpr uint64_t low(uint32_t count) { return count == 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1; }

  uint64_t* words_;
};

}  // namespace samovar::heap
