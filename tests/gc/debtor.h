// A list of objects with a slot each, which gives a collection something to mark.
#pragma once

#include <tuple>

#include "gc/harness.h"

namespace samovar::gc {

struct Debtor {
  Ref<Debtor> next;
  uint64_t filling[7];
  static constexpr auto slots() { return std::tuple(&Debtor::next); }
};

// Builds a list that lives, so that there is something to mark and an assist earns more than it owes, and allocates until marking has begun.
inline sched::Task<void> begin_to_mark(Local<Debtor>* head) {
  Collector& gc = collector();
  for (int i = 0; i < 30'000; ++i) {
    Debtor* debtor = make<Debtor>();
    debtor->next = head->get();
    *head = debtor;
    if (i % 100 == 0) co_await sched::checkpoint(sched::kMicrosecond);
  }
  while (gc.phase() != Phase::kMark) {
    make_bytes(64);
    co_await sched::checkpoint(sched::kMicrosecond / 4);
  }
}

}  // namespace samovar::gc
