// Local<T> and Root<T>: where references live outside the heap.
//
//   Local<Node> node = gc::make<Node>();   // in a coroutine's frame: survives suspensions
//   co_await sched::checkpoint();
//   node->left = gc::make<Node>();
//
// The rule for users is one sentence: what must survive a suspension is held in a Local. Between two suspensions raw pointers may be used freely, for no
// collection can take anything away meanwhile. Who breaks it is told in tests: their heaps poison what is freed, and AddressSanitizer names the use.
//
// A Local links itself into the root list of the goroutine that makes it; it must live in that goroutine's frames, and die with them. To hand a reference
// to another goroutine, or to share it, use a Root: it links itself into a list of the collector's own (it is what a global variable is to Go), so it
// costs a lock; it may be moved, through channels too.
#pragma once

#include <cstdint>
#include <utility>

#include "base/racy.h"
#include "gc/barrier.h"
#include "sched/driver.h"
#include "sched/proc.h"

namespace samovar::gc {

class Collector;

// A Local without its type: a node of its goroutine's list (G::gc_roots). Two loads and two stores to link.
class LocalBase {
 public:
  LocalBase* next() const { return static_cast<LocalBase*>(next_); }
  uintptr_t value() const { return value_; }

 protected:
  explicit LocalBase(uintptr_t value) : value_(value) {
    link_ = &sched::current().m->current->gc_roots;
    next_ = *link_;
    if (next_ != nullptr) next()->link_ = &next_;
    *link_ = this;
  }
  LocalBase(const LocalBase&) = delete;
  LocalBase& operator=(const LocalBase&) = delete;
  ~LocalBase() {
    *link_ = next_;
    if (next_ != nullptr) next()->link_ = link_;
  }

  uintptr_t value_;

 private:
  void* next_;   // a LocalBase; G's head of the list has the same type
  void** link_;  // what points to this one
};

template <class T>
class Local : public LocalBase {
 public:
  Local(T* value = nullptr) : LocalBase(reinterpret_cast<uintptr_t>(value)) {}  // NOLINT(google-explicit-constructor)
  Local(const Local& other) : Local(other.get()) {}
  Local& operator=(const Local& other) {
    value_ = other.value_;
    return *this;
  }
  Local& operator=(T* value) {
    value_ = reinterpret_cast<uintptr_t>(value);
    return *this;
  }

  T* get() const { return reinterpret_cast<T*>(value_); }
  operator T*() const { return get(); }  // NOLINT(google-explicit-constructor)
  T* operator->() const { return get(); }
  T& operator*() const { return *get(); }
};

// A Root without its type. Made, moved, changed and destroyed on goroutines of the run it belongs to (or destroyed when the run is over).
class RootBase {
 public:
  uintptr_t value() const { return value_.look(); }

 protected:
  explicit RootBase(uintptr_t value);
  ~RootBase();
  RootBase(const RootBase&) = delete;
  RootBase& operator=(const RootBase&) = delete;
  void set_value(uintptr_t value) {
    if (barrier_may_be_on()) [[unlikely]] shade(value_.get(), value);
    value_.publish(value);
  }

 private:
  friend class Collector;
  base::Racy<uintptr_t> value_;
  Collector* collector_;
  RootBase* next_ = nullptr;      // guarded by the collector's roots lock
  RootBase* previous_ = nullptr;
};

template <class T>
class Root : public RootBase {
 public:
  Root(T* value = nullptr) : RootBase(reinterpret_cast<uintptr_t>(value)) {}  // NOLINT(google-explicit-constructor)
  Root(const Root& other) : Root(other.get()) {}
  Root(Root&& other) noexcept : Root(other.get()) { other.set(nullptr); }
  Root& operator=(const Root& other) {
    set(other.get());
    return *this;
  }
  Root& operator=(Root&& other) noexcept {
    set(other.get());
    if (this != &other) other.set(nullptr);
    return *this;
  }
  Root& operator=(T* value) {
    set(value);
    return *this;
  }

  T* get() const { return reinterpret_cast<T*>(value()); }
  operator T*() const { return get(); }  // NOLINT(google-explicit-constructor)
  T* operator->() const { return get(); }
  T& operator*() const { return *get(); }
  void set(T* value) { set_value(reinterpret_cast<uintptr_t>(value)); }
};

}  // namespace samovar::gc
