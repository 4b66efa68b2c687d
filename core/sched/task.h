// Task<T>: the coroutine type of everything that runs on the scheduler; go f() takes a Task<void>.
//
// A Task starts lazily: nothing of its body runs before it is awaited or spawned. It is awaited like a function call,
// `int n = co_await count(channel);`, on the same goroutine; nesting is unlimited, for the scheduler's loop resumes the innermost
// frame from a trampoline and no native stack grows. (Symmetric transfer would save a nanosecond and needs tail calls, which
// wasm has only behind a flag and g++ 12 only in some builds.)
//
// Rules for users: a Task is made on a goroutine only (frames come from the P's free lists); arguments are copied
// into the frame, so pass pointers and values, and no lambda with captures may be a coroutine (the captures die before the body runs).
// And one for the compiler's sake: no co_await in the condition of a loop; g++ 12 destroys its temporaries twice.
#pragma once

#include <coroutine>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

#include "sched/goroutine.h"

namespace samovar::sched {

// Memory for frames, from the pool of the scheduler that the calling thread works for. Null if memory is exhausted.
void* allocate_frame(std::size_t bytes) noexcept;
void release_frame(void* frame, std::size_t bytes) noexcept;

// Called when the outermost frame of g has ended; tells the M that g is to be retired.
void goroutine_finished(G* g);

// Op: the base of every awaitable operation of the runtime. co_await gives it its goroutine before anything else, so that
// operations need no thread-local variable (which compilers cache across suspensions).
struct Op {
  G* g = nullptr;
};

template <class T = void>
class [[nodiscard]] Task;

struct PromiseBase {
  G* g = nullptr;                        // set when the coroutine is started
  std::coroutine_handle<> continuation;  // who awaits this one; null: the outermost

  static void* operator new(std::size_t bytes) noexcept { return allocate_frame(bytes); }
  static void operator delete(void* frame, std::size_t bytes) noexcept { release_frame(frame, bytes); }

  std::suspend_always initial_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { __builtin_trap(); }

  struct Final {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> finished) noexcept {
      PromiseBase& promise = finished.promise();
      if (promise.continuation) {
        promise.g->top = promise.continuation;
      } else {
        goroutine_finished(promise.g);
      }
    }
    void await_resume() noexcept {}
  };
  Final final_suspend() noexcept { return {}; }

  // An operation lives until the end of the full expression, so it is awaited where it is, through a reference in a value (g++ 12
  // copies what await_transform returns by reference).
  template <class Operation>
  struct Bound {
    Operation& operation;
    bool await_ready() { return operation.await_ready(); }
    void await_suspend(std::coroutine_handle<> self) { operation.await_suspend(self); }
    decltype(auto) await_resume() { return operation.await_resume(); }
  };
  template <class Operation>
    requires std::is_base_of_v<Op, std::remove_reference_t<Operation>>
  auto await_transform(Operation&& operation) {
    operation.g = g;
    return Bound<std::remove_reference_t<Operation>>{operation};
  }
  template <class T>
  auto await_transform(Task<T>&& task) {
    return std::move(task).awaiter();
  }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;
  Task<T> get_return_object();
  static Task<T> get_return_object_on_allocation_failure();
  template <class U>
  void return_value(U&& result) { value.emplace(std::forward<U>(result)); }
  T take() { return std::move(*value); }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object();
  static Task<void> get_return_object_on_allocation_failure();
  void return_void() {}
  void take() {}
};

template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  Task() = default;
  explicit Task(Handle handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      if (handle_) handle_.destroy();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  // False if there was no memory for the frame.
  explicit operator bool() const { return static_cast<bool>(handle_); }

  // Gives up ownership of the frame.
  Handle release() { return std::exchange(handle_, nullptr); }

  struct Awaiter {
    Handle child;
    bool await_ready() { return false; }
    template <class Parent>
    void await_suspend(std::coroutine_handle<Parent> parent) {
      child.promise().g = parent.promise().g;
      child.promise().continuation = parent;
      parent.promise().g->top = child;
    }
    T await_resume() { return child.promise().take(); }
  };
  // For co_await: runs the body on the awaiting goroutine. The task must outlive that, as a temporary in the expression does.
  Awaiter awaiter() && { return Awaiter{handle_}; }

 private:
  Handle handle_;
};

template <class T>
Task<T> Promise<T>::get_return_object() { return Task<T>(Task<T>::Handle::from_promise(*this)); }
template <class T>
Task<T> Promise<T>::get_return_object_on_allocation_failure() { return Task<T>(); }
inline Task<void> Promise<void>::get_return_object() { return Task<void>(Task<void>::Handle::from_promise(*this)); }
inline Task<void> Promise<void>::get_return_object_on_allocation_failure() { return Task<void>(); }

}  // namespace samovar::sched
