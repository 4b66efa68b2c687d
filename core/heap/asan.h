// What AddressSanitizer is told of the arena: a heap that poisons what it frees (HeapOptions::poison) forbids all access to it as well, so that the use of a dead
// object, by a raw pointer that was kept across a suspension say, is named where it happens. Nothing in builds without that sanitizer.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace samovar::heap {

// Multiples of 8 bytes, as slots and pages are.
#if defined(__SANITIZE_ADDRESS__)
inline void forbid_access(uintptr_t address, size_t bytes) { __asan_poison_memory_region(reinterpret_cast<void*>(address), bytes); }
inline void permit_access(uintptr_t address, size_t bytes) { __asan_unpoison_memory_region(reinterpret_cast<void*>(address), bytes); }
#else
inline void forbid_access(uintptr_t, size_t) {}
inline void permit_access(uintptr_t, size_t) {}
#endif

}  // namespace samovar::heap
