// Size classes: every small object is rounded up to one of 67 sizes, and a span holds objects of one size.
//
// The classes are Go's, number for number (internal/runtime/gc/sizeclasses.go, Go 1.26): at most an eighth of an object is lost to
// rounding, and little of a span to its tail. Class 0 stands for large objects, which have a span to themselves.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace samovar::heap {

inline constexpr unsigned kPageShift = 13;
inline constexpr size_t kPageBytes = size_t{1} << kPageShift;
inline constexpr size_t kSlotBytes = 8;  // a Ref, on every platform

inline constexpr size_t kSizeClasses = 68;
inline constexpr size_t kSpanClasses = 2 * kSizeClasses;

// Requests above this are large. (maxSmallSize less the eight bytes of a type header, whether there is one or not.)
inline constexpr size_t kMaxSmallBytes = 32768 - 8;
// Objects with slots up to this size have their slots described by a bitmap at the end of the page; above, by a header before them.
inline constexpr size_t kMaxBitmappedBytes = 512;
inline constexpr size_t kTypeHeaderBytes = 8;
inline constexpr size_t kTinyBytes = 16;  // pointer-free objects below this share a block of 16
inline constexpr uint8_t kTinyClass = 2;

inline constexpr std::array<uint16_t, kSizeClasses> kClassBytes = {
    0,    8,    16,   24,   32,   48,   64,   80,   96,   112,  128,   144,   160,   176,   192,   208,   224,
    240,  256,  288,  320,  352,  384,  416,  448,  480,  512,  576,   640,   704,   768,   896,   1024,  1152,
    1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200, 3456, 4096,  4864,  5376,  6144,  6528,  6784,  6912,
    8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384, 18432, 19072, 20480, 21760, 24576, 27264, 28672, 32768};

inline constexpr std::array<uint8_t, kSizeClasses> kClassPages = {
    0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 2, 1, 2, 1, 2, 1, 3, 2, 3, 1, 3, 2, 3, 4, 5, 6, 1, 7, 6, 5, 4, 3, 5, 7, 2, 9, 7, 5, 8, 3, 10, 7, 4};

namespace detail {

constexpr size_t kFineSizes = (1024 - 8) / 8 + 1;               // up to 1016, in steps of 8
constexpr size_t kCoarseSizes = (32768 - 1024) / 128 + 1;       // above, in steps of 128

constexpr uint8_t smallest_class_for(size_t bytes) {
  uint8_t size_class = 1;
  while (kClassBytes[size_class] < bytes) ++size_class;
  return size_class;
}

constexpr auto kFineClasses = [] {
  std::array<uint8_t, kFineSizes> classes{};
  for (size_t i = 1; i < kFineSizes; ++i) classes[i] = smallest_class_for(i * 8);
  return classes;
}();

constexpr auto kCoarseClasses = [] {
  std::array<uint8_t, kCoarseSizes> classes{};
  for (size_t i = 0; i < kCoarseSizes; ++i) classes[i] = smallest_class_for(1024 + i * 128);
  return classes;
}();

constexpr auto kDivisionMagic = [] {
  std::array<uint32_t, kSizeClasses> magic{};
  for (size_t i = 1; i < kSizeClasses; ++i) magic[i] = ~uint32_t{0} / kClassBytes[i] + 1;
  return magic;
}();

}  // namespace detail

// The class that an object of `bytes` (1 to 32768) takes.
constexpr uint8_t size_class_of(size_t bytes) {
  if (bytes <= 1024 - 8) return detail::kFineClasses[(bytes + 7) / 8];
  return detail::kCoarseClasses[(bytes - 1024 + 127) / 128];
}

constexpr size_t pages_for(size_t bytes) { return (bytes + kPageBytes - 1) / kPageBytes; }

// The type header before an object of `bytes`, if it needs one. A large object's type stands in its span.
constexpr size_t header_bytes(size_t bytes, bool has_slots) {
  return has_slots && bytes > kMaxBitmappedBytes && bytes <= kMaxSmallBytes ? kTypeHeaderBytes : 0;
}

// What an object of `bytes`, more than none, takes with its header: a slot, or pages (msize.go:roundupsize). Tiny objects share a slot: they take less.
constexpr size_t bytes_for(size_t bytes, bool has_slots) {
  if (bytes > kMaxSmallBytes) return pages_for(bytes) * kPageBytes;
  return kClassBytes[size_class_of(bytes + header_bytes(bytes, has_slots))];
}

// offset / class_bytes without a division (Go: SizeToDivMagic). Exact for offsets within a span.
constexpr uint32_t divide_by_class(uint32_t offset, uint8_t size_class) {
  return static_cast<uint32_t>((uint64_t{offset} * detail::kDivisionMagic[size_class]) >> 32);
}

// SpanClass: a size class, and whether its objects have slots. Objects with and without never share a span.
class SpanClass {
 public:
  constexpr SpanClass() = default;
  constexpr SpanClass(uint8_t size_class, bool noscan) : value_(static_cast<uint8_t>(size_class << 1 | (noscan ? 1 : 0))) {}
  static constexpr SpanClass of_index(size_t index) { return SpanClass(static_cast<uint8_t>(index >> 1), (index & 1) != 0); }

  constexpr uint8_t size_class() const { return value_ >> 1; }
  constexpr bool noscan() const { return (value_ & 1) != 0; }
  constexpr uint8_t index() const { return value_; }
  constexpr bool operator==(const SpanClass&) const = default;

 private:
  uint8_t value_ = 0;
};

// ---- How a span's pages are laid out (Go: B3 of its allocator; gcUsesSpanInlineMarkBits, heapBitsInSpan). ----

inline constexpr size_t kInlineMarkBytes = 128;  // the last bytes of a page with inline mark bits
inline constexpr size_t kSlotBitmapBytes = 128;  // before them, or last: one bit a word of the page
inline constexpr size_t kMaxObjectsPerSpan = 1024;

// Whether spans of this class keep their mark bits in their own page: small enough that many objects share it, not so small
// that the bits would take more than the objects.
constexpr bool has_inline_marks(uint8_t size_class) {
  const size_t bytes = kClassBytes[size_class];
  return bytes >= 16 && bytes <= kMaxBitmappedBytes;
}

constexpr bool has_slot_bitmap(SpanClass span_class) {
  const size_t bytes = kClassBytes[span_class.size_class()];
  return !span_class.noscan() && bytes > 0 && bytes <= kMaxBitmappedBytes;
}

// Objects a span of this class holds; 1 for large.
constexpr uint32_t objects_per_span(SpanClass span_class) {
  const uint8_t size_class = span_class.size_class();
  if (size_class == 0) return 1;
  size_t bytes = kClassPages[size_class] * kPageBytes;
  if (has_inline_marks(size_class)) bytes -= kInlineMarkBytes;
  if (has_slot_bitmap(span_class)) bytes -= kSlotBitmapBytes;
  return static_cast<uint32_t>(bytes / kClassBytes[size_class]);
}

}  // namespace samovar::heap
