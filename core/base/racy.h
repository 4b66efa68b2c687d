// Racy<T>: a word that one thread at a time writes and others may look at, without any order promised.
//
// For counters and mirrors that observers sample (a P's schedtick, its current goroutine), and for what something else
// orders (the slots of a run queue). Natively this is a relaxed atomic. In wasm every atomic store is a sequentially
// consistent exchange (2.5 ns, more than the rest of a switch), while an aligned plain access of up to 64 bits cannot
// tear; volatile keeps the compiler from caching it.
#pragma once

#include <atomic>
#include <type_traits>

namespace samovar::base {

template <class T>
class Racy {
 public:
  constexpr Racy() = default;
  constexpr explicit Racy(T value) : value_(value) {}

  T get() const {
#if defined(__wasm__)
    return value_;
#else
    return __atomic_load_n(&value_, __ATOMIC_RELAXED);
#endif
  }

  // Owner only.
  void set(T value) {
#if defined(__wasm__)
    value_ = value;
#else
    __atomic_store_n(&value_, value, __ATOMIC_RELAXED);
#endif
  }

  // set() and get() for a pointer whose target others look at: who sees the pointer sees the target as it was made. In wasm plain
  // accesses do, if the target was made under a lock, whose release is a full barrier there.
  void publish(T value) {
#if defined(__wasm__)
    value_ = value;
#else
    __atomic_store_n(&value_, value, __ATOMIC_RELEASE);
#endif
  }
  T look() const {
#if defined(__wasm__)
    return value_;
#else
    return __atomic_load_n(&value_, __ATOMIC_ACQUIRE);
#endif
  }

  // Owner only: not one indivisible step.
  void add(T amount) { set(static_cast<T>(get() + amount)); }

 private:
#if defined(__wasm__)
  volatile T value_{};
#else
  T value_{};
#endif
};

// A store into an atomic that nobody else writes, nor takes for more than a hint, at the moment: as cheap as that of a Racy. Of any
// other kind of atomic, such as a test's, it is a relaxed store.
template <template <class> class Atomic, class T>
void store_unshared(Atomic<T>& atomic, std::type_identity_t<T> value) {
  atomic.store(value, std::memory_order_relaxed);
}
#if defined(__wasm__)
template <class T>
void store_unshared(std::atomic<T>& atomic, std::type_identity_t<T> value) {
  static_assert(sizeof(std::atomic<T>) == sizeof(T));
  *reinterpret_cast<volatile T*>(&atomic) = value;
}
#endif

}  // namespace samovar::base
