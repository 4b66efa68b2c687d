// Once: something is done exactly once, and everybody waits until it is (Go 1.26: sync/once.go).
#pragma once

#include "sync/mutex.h"
#include "sync/op.h"

namespace samovar::sync {

class Once {
 public:
  // Runs function(argument) if nobody has yet; when this returns, it has been run to its end.
  Task<void> call(Task<void> (*function)(void*), void* argument) {
    if (done_.get()) co_return;
    co_await mutex_.lock();
    if (!done_.get()) {
      co_await function(argument);
      done_.set(true);
    }
    co_await mutex_.unlock();
  }

 private:
  Mutex mutex_;
  RunCounter<bool> done_;  // set once, under the mutex
};

}  // namespace samovar::sync
