// Ref<T>: a slot, a reference from one heap object to another. Eight bytes wide on every platform, so that objects and all that follows from their
// sizes are the same everywhere.
//
// A Ref lives in heap objects only. On a goroutine, what must survive a suspension is held in a Local<T> (gc/local.h); what is shared, in a Root<T>;
// between two suspensions plain pointers do.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/racy.h"
#include "gc/barrier.h"

namespace samovar::gc {

template <class T>
class alignas(8) Ref {
 public:
  using SlotTarget = T;

  Ref() = default;
  Ref(T* value) { set(value); }  // NOLINT(google-explicit-constructor): a Ref is to be used like a pointer
  Ref(const Ref& other) { set(other.get()); }
  Ref& operator=(const Ref& other) {
    set(other.get());
    return *this;
  }
  Ref& operator=(T* value) {
    set(value);
    return *this;
  }

  // The referent, or null. Valid until the goroutine's next suspension.
  T* get() const { return pointer_.look(); }
  operator T*() const { return get(); }  // NOLINT(google-explicit-constructor)
  T* operator->() const { return get(); }
  T& operator*() const { return *get(); }

  // With the write barrier. Two goroutines may store at the same time, as in Go, with the same lack of promises.
  void set(T* value) {
    if (barrier_may_be_on()) [[unlikely]] shade(reinterpret_cast<uintptr_t>(pointer_.get()), reinterpret_cast<uintptr_t>(value));
    pointer_.publish(value);
  }

 private:
  base::Racy<T*> pointer_;
};
static_assert(sizeof(Ref<int>) == 8);

}  // namespace samovar::gc
