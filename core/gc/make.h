// Making objects. For goroutines of a run that has a collector, between two suspensions; nothing here suspends.
//
//   Node* node = make<Node>();                 // all zero, then its constructor
//   Ref<Node>* table = make_array<Ref<Node>>(1000);
//   uint8_t* bytes = make_bytes(1024);
//
// What is returned is a raw pointer: valid until the next suspension, and longer only if a Local, a Root, or a slot of a live object refers to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

#include "gc/collector.h"
#include "gc/ref.h"
#include "heap/type.h"

namespace samovar::gc {

// Memory for a T. For the usual sizes the way to the cache's next free slot is compiled in.
template <class T>
void* allocate() {
  if constexpr (sizeof(T) >= heap::kTinyBytes && sizeof(T) <= heap::kMaxBitmappedBytes) {
    sched::M* m = sched::current().m;
    auto& state = *static_cast<ProcState*>(m->p->gc);
    state.collector->charge(m, state, sizeof(T), &heap::type_of<T>);
    void* memory = heap::Heap::allocate_known<sizeof(T), heap::kHasSlots<T>>(state.cache, heap::type_of<T>);
    if (memory != nullptr) [[likely]] return memory;
    return state.collector->allocate_charged(m, state, sizeof(T), &heap::type_of<T>);
  } else {
    return collector().allocate(sizeof(T), &heap::type_of<T>);
  }
}

template <class T, class... Arguments>
T* make(Arguments&&... arguments) {
  void* memory = allocate<T>();
  if constexpr (sizeof...(Arguments) == 0 && std::is_trivially_default_constructible_v<T>) return static_cast<T*>(memory);
  return new (memory) T{std::forward<Arguments>(arguments)...};
}

// `count` elements, all zero.
template <class T>
T* make_array(size_t count) {
  return static_cast<T*>(collector().allocate(count * sizeof(T), &heap::type_of<T>));
}

inline uint8_t* make_bytes(size_t bytes) { return static_cast<uint8_t*>(collector().allocate(bytes, nullptr)); }

// runtime.SetFinalizer: when nothing refers to `object` any more it is handed to function(object, argument) on a goroutine of the runtime's, once, and
// goes in a later cycle. `object` is what make() gave.
inline void set_finalizer(void* object, heap::FinalizerFunction function, uint64_t argument) { collector().set_finalizer(object, function, argument); }

// runtime.AddCleanup: function(argument) is called some time after `object` has gone. Any number for one object, in no promised order.
inline void add_cleanup(void* object, heap::CleanupFunction function, uint64_t argument) { collector().add_cleanup(object, function, argument); }

// Weak<T>: refers to an object without keeping it (Go: weak.Pointer). May be copied and held anywhere, in heap objects too.
template <class T>
class alignas(8) Weak {
 public:
  Weak() = default;
  explicit Weak(T* object) : handle_(object == nullptr ? nullptr : collector().weak_handle(object)) {}
  // The object, or null once it is gone; null before its finalizer runs. As with every raw pointer: until the next suspension.
  T* get() const { return handle_ == nullptr ? nullptr : static_cast<T*>(collector().strong(handle_)); }
  bool operator==(const Weak&) const = default;

 private:
  heap::WeakHandle* handle_ = nullptr;
};

}  // namespace samovar::gc
