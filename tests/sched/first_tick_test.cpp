#include <gtest/gtest.h>

#include <vector>

#include "sched/harness.h"

namespace samovar::sched {
namespace {

// F6: main spawns g0 to g4 and yields; it goes behind the whole local queue, also when it is the first thing that main does (the ticks
// before the first that 61 divides again are used up by Go's own goroutines: six).
TEST(FirstTick, FirstGoschedOfMainGoesBehindTheLocals) {
  std::vector<int> order;
  EXPECT_DONE(run({.procs = 1}, +[](std::vector<int>* o) -> Task<void> {
    for (int i = 0; i < 5; ++i) {
      co_await go("note", [](std::vector<int>* inner, int number) -> Task<void> {
        inner->push_back(number);
        co_return;
      }(o, i));
    }
    co_await gosched();
    o->push_back(100);
  }, &order));
  EXPECT_EQ(order, (std::vector<int>{4, 0, 1, 2, 3, 100}));
}

}  // namespace
}  // namespace samovar::sched
