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

  // The slots of one object, from its address: bit i: word i.
  static uint64_t of_object(uintptr_t object, uint8_t size_class) {
    return SlotBitmap(page_of(object), size_class).get(word_of(object), kClassBytes[size_class] / kSlotBytes);
  }
  static void describe(uintptr_t object, uint8_t size_class, uint64_t slots) {
    SlotBitmap(page_of(object), size_class).set(word_of(object), kClassBytes[size_class] / kSlotBytes, slots);
  }

  // `count` (1 to 64) bits from word `first` of the page on.
  uint64_t get(uint32_t first, uint32_t count) const {
    const uint32_t shift = first % 64;
    uint64_t bits = load_word(&words_[first / 64]) >> shift;
    if (shift + count > 64) bits |= load_word(&words_[first / 64 + 1]) << (64 - shift);
    return bits & low_bits(count);
  }

  // Sets them so; their neighbours in the same word of the bitmap stay.
  void set(uint32_t first, uint32_t count, uint64_t bits) {
    const uint32_t shift = first % 64;
    uint64_t* word = &words_[first / 64];
    store_word(word, (load_word(word) & ~(low_bits(count) << shift)) | bits << shift);
    if (shift + count > 64) {
      const uint32_t done = 64 - shift;
      store_word(word + 1, (load_word(word + 1) & ~(low_bits(count) >> done)) | bits >> done);
    }
  }

  void clear() {
    for (uint32_t i = 0; i < kSlotBitmapBytes / sizeof(uint64_t); ++i) store_word(&words_[i], 0);
  }

 private:
  static uintptr_t page_of(uintptr_t object) { return object & ~(uintptr_t{kPageBytes} - 1); }
  static uint32_t word_of(uintptr_t object) { return static_cast<uint32_t>(object % kPageBytes / kSlotBytes); }

  uint64_t* words_;
};

}  // namespace samovar::heap
