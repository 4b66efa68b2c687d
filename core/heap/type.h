// Type: what the collector must know of an object: how large it is and which of its words are slots.
//
// A type declares its slots once, beside its members:
//
//   struct Node {
//     gc::Ref<Node> left;
//     gc::Ref<Node> right;
//     int64_t key;
//     static constexpr auto slots() { return std::tuple(&Node::left, &Node::right); }
//   };
//
// A type without slots() has none. Types are trivially destructible: nothing runs when an object is swept (but see gc/make.h: set_finalizer()).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <tuple>
#include <type_traits>

#include "heap/size_classes.h"

namespace samovar::heap {

struct Type {
  uint32_t bytes = 0;          // of one element, a multiple of 8 if there are slots
  uint32_t pointer_bytes = 0;  // up to the end of the last slot; 0: there is none
  uint64_t slots = 0;          // bit i: word i of an element is a slot

  bool has_slots() const { return pointer_bytes != 0; }
};

namespace detail {

template <class T>
concept DeclaresSlots = requires { T::slots(); };

// A data member's offset is what the pointer to it holds (Itanium C++ ABI), which every compiler used here follows.
template <class T, class Member>
size_t offset_of(Member T::*member) {
  static_assert(sizeof(member) == sizeof(ptrdiff_t));
  ptrdiff_t offset;
  std::memcpy(&offset, &member, sizeof(offset));
  return static_cast<size_t>(offset);
}

template <class T>
Type describe_type() {
  static_assert(std::is_trivially_destructible_v<T>, "nothing is destroyed when an object is swept");
  Type type;
  type.bytes = sizeof(T);
  const auto add = [&type](size_t offset, size_t bytes) {
    for (size_t at = offset; at < offset + bytes; at += kSlotBytes) {
      type.slots |= uint64_t{1} << (at / kSlotBytes);
      if (at + kSlotBytes > type.pointer_bytes) type.pointer_bytes = static_cast<uint32_t>(at + kSlotBytes);
    }
  };
  if constexpr (DeclaresSlots<T>) {
    static_assert(sizeof(T) <= 64 * kSlotBytes && sizeof(T) % kSlotBytes == 0, "elements with slots are multiples of 8 up to 512 bytes");
    std::apply([&](auto... members) { (add(offset_of<T>(members), sizeof(std::declval<T&>().*members)), ...); }, T::slots());
  } else if constexpr (requires { typename T::SlotTarget; }) {
    add(0, sizeof(T));  // a Ref by itself: element of an array of them
  }
  return type;
}

}  // namespace detail

// Whether objects of T have slots.
template <class T>
inline constexpr bool kHasSlots = detail::DeclaresSlots<T> || requires { typename T::SlotTarget; };

// The description of T. Made before main() runs.
template <class T>
inline const Type type_of = detail::describe_type<T>();

}  // namespace samovar::heap
