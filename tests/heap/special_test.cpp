// Specials: finalizers, cleanups and weak handles, as Go 1.26 has them (behaviours F38 and F39).
#include "heap/special.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

#include "heap/harness.h"

namespace samovar::heap {
namespace {

// Sizes whose marks are in the page, in the span, and a large one.
class SpecialOf : public testing::TestWithParam<size_t> {
 protected:
  void* make() { return world.bytes(GetParam()); }
  Special* add(void* object, SpecialKind kind, uint64_t argument = 0) {
    Special* special = world.heap.add_special(address_of(object), kind);
    special->argument = argument;
    return special;
  }
  // What is due since the last call: F or C and the argument.
  std::string due() {
    std::string text;
    for (Special* special : world.due) {
      text += special->kind == SpecialKind::kFinalizer ? "F" : "C";
      text += std::to_string(special->argument) + " ";
      world.heap.release(special);
    }
    world.due.clear();
    return text;
  }
  World world;
};
INSTANTIATE_TEST_SUITE_P(Bytes, SpecialOf, testing::Values(16, 64, 1024, 100'000));

TEST_P(SpecialOf, FinalizerRevivesItsObjectOnce) {
  void* object = make();
  add(object, SpecialKind::kFinalizer, 7);
  world.collect({object});
  EXPECT_EQ(due(), "") << "it lives";
  world.collect({});
  ASSERT_EQ(world.due.size(), 1u);
  EXPECT_EQ(world.due[0]->object, address_of(object));
  EXPECT_EQ(due(), "F7 ");
  EXPECT_EQ(world.figures().objects(), 1u) << "revived for its finalizer";
  world.collect({});
  EXPECT_EQ(due(), "") << "once";
  EXPECT_EQ(world.figures().objects(), 0u);
  EXPECT_EQ(world.audit(), "");
}

TEST_P(SpecialOf, ObjectThatItsFinalizerSavedLivesOn) {
  void* object = make();
  add(object, SpecialKind::kFinalizer, 1);
  world.collect({});
  world.collect({object});
  EXPECT_EQ(world.figures().objects(), 1u);
  add(object, SpecialKind::kFinalizer, 2);  // and may have another
  world.collect({});
  EXPECT_EQ(due(), "F1 F2 ");
}

TEST_P(SpecialOf, CleanupRunsWhenItsObjectReallyDies) {
  void* object = make();
  add(object, SpecialKind::kCleanup, 1);
  add(object, SpecialKind::kFinalizer, 2);
  add(object, SpecialKind::kCleanup, 3);
  world.collect({object});
  EXPECT_EQ(due(), "");
  world.collect({});
  EXPECT_EQ(due(), "F2 ") << "revived: the cleanups wait";
  world.collect({});
  EXPECT_EQ(due(), "C1 C3 ");
  EXPECT_EQ(world.figures().objects(), 0u);
  world.collect({});
  EXPECT_EQ(due(), "");
}

TEST_P(SpecialOf, WeakHandleIsNullBeforeTheFinalizerIsDue) {
  struct Seen {
    WeakHandle* handle;
    uintptr_t address = 1;
    Special* special = nullptr;
  };
  void* object = make();
  Seen seen{world.heap.weak_handle(address_of(object))};
  add(object, SpecialKind::kFinalizer);
  world.heap.install({&seen, [](void* context, Special* special) {
    auto* self = static_cast<Seen*>(context);
    self->address = self->handle->address.load();
    self->special = special;
  }});
  world.collect({object});
  EXPECT_EQ(seen.handle->address.load(), address_of(object));
  world.collect({});
  ASSERT_NE(seen.special, nullptr);
  EXPECT_EQ(seen.address, 0u);
  world.heap.release(seen.special);
}

TEST_P(SpecialOf, WeakHandleIsOneAnObjectUntilItDies) {
  void* object = make();
  WeakHandle* handle = world.heap.weak_handle(address_of(object));
  EXPECT_EQ(world.heap.weak_handle(address_of(object)), handle);
  WeakHandle* end = world.heap.weak_handle(address_of(object) + GetParam() - 1);
  EXPECT_NE(end, handle) << "as in Go, pointers to different places of an object are different";
  EXPECT_EQ(end->address.load(), address_of(object) + GetParam() - 1);
  EXPECT_EQ(handle->address.load(), address_of(object));
  EXPECT_NE(world.heap.weak_handle(address_of(make())), handle);
  world.collect({});
  EXPECT_EQ(handle->address.load(), 0u);
  EXPECT_EQ(end->address.load(), 0u);
  EXPECT_EQ(due(), "");
}

TEST_P(SpecialOf, RevivedObjectMayHaveANewWeakHandle) {
  void* object = make();
  WeakHandle* before = world.heap.weak_handle(address_of(object));
  add(object, SpecialKind::kFinalizer);
  world.collect({});
  WeakHandle* after = world.heap.weak_handle(address_of(object));
  EXPECT_NE(after, before);
  EXPECT_EQ(before->address.load(), 0u);
  world.collect({object});
  EXPECT_EQ(after->address.load(), address_of(object));
}

TEST_P(SpecialOf, TakingOneAwayLeavesTheOthers) {
  void* object = make();
  void* other = make();
  add(object, SpecialKind::kCleanup, 1);
  Special* finalizer = add(object, SpecialKind::kFinalizer, 2);
  add(other, SpecialKind::kFinalizer, 3);
  EXPECT_EQ(world.heap.find_special(address_of(object), SpecialKind::kWeakHandle, true), nullptr);
  EXPECT_EQ(world.heap.find_special(address_of(object), SpecialKind::kFinalizer, false), finalizer);
  EXPECT_EQ(world.heap.find_special(address_of(object), SpecialKind::kFinalizer, true), finalizer);
  EXPECT_EQ(world.heap.find_special(address_of(object), SpecialKind::kFinalizer, true), nullptr);
  world.heap.release(finalizer);
  world.collect({});
  std::string text = due();
  EXPECT_NE(text.find("C1 "), std::string::npos);
  EXPECT_NE(text.find("F3 "), std::string::npos);
  EXPECT_EQ(text.find("F2 "), std::string::npos);
}

// ---- Objects that do not begin where their slot does ----

// Sixteen bytes, four objects: they die together, when nobody holds any of them, and each finalizer gets its own.
TEST(Special, OfTinyObjectsKeepTheirAddressesAndDieWithTheBlock) {
  World world;
  std::vector<void*> objects;
  for (int i = 0; i < 4; ++i) objects.push_back(world.bytes(4));
  ASSERT_EQ(address_of(objects[0]) / 16, address_of(objects[3]) / 16);
  for (void* object : objects) world.heap.add_special(address_of(object), SpecialKind::kFinalizer);
  world.collect({objects[2]});
  EXPECT_TRUE(world.due.empty()) << "a part of the block lives";
  Special* second = world.heap.find_special(address_of(objects[1]), SpecialKind::kFinalizer, true);
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(second->object, address_of(objects[1]));
  world.heap.release(second);
  world.collect({});
  ASSERT_EQ(world.due.size(), 3u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(world.due[static_cast<size_t>(i)]->object, address_of(objects[static_cast<size_t>(i == 0 ? 0 : i + 1)]));
}

TEST(Special, OfAnObjectWithAHeaderKeepItsAddress) {
  World world;
  void* object = world.objects(Type{8, 8, 1}, 100);  // 800 bytes with slots: eight bytes of header before them
  ASSERT_NE(address_of(object) % 16, 0u);
  Special* special = world.heap.add_special(address_of(object), SpecialKind::kFinalizer);
  WeakHandle* handle = world.heap.weak_handle(address_of(object));
  EXPECT_EQ(special->object, address_of(object));
  EXPECT_EQ(world.heap.strong(handle), address_of(object));
  world.collect({});
  EXPECT_EQ(world.due, std::vector<Special*>{special});
  EXPECT_EQ(handle->address.load(), 0u);
}

TEST(Special, OutsideTheArenaThereAreNone) {
  World world;
  const uintptr_t boat = address_of(world.heap.allocate_lifeboat(100));
  EXPECT_EQ(world.heap.add_special(boat, SpecialKind::kFinalizer), nullptr);
  EXPECT_EQ(world.heap.find_special(boat, SpecialKind::kFinalizer, true), nullptr);
  EXPECT_EQ(world.heap.weak_handle(boat), nullptr);
}

TEST(Special, ComeByObjectAndThenInTheOrderOfTheirMaking) {
  World world;
  std::vector<void*> objects;
  for (int i = 0; i < 4; ++i) objects.push_back(world.bytes(64));
  for (const int i : {2, 0, 3, 1, 0, 2}) {
    Special* special = world.heap.add_special(address_of(objects[static_cast<size_t>(i)]), SpecialKind::kCleanup);
    special->argument = static_cast<uint64_t>(i * 10) + world.due.size();
    world.due.push_back(special);
  }
  const std::vector<Special*> made = std::exchange(world.due, {});
  world.collect({});
  EXPECT_EQ(world.due, (std::vector<Special*>{made[1], made[4], made[3], made[0], made[5], made[2]}));
}

TEST(Special, AreAllVisited) {
  World world;
  std::vector<Special*> made;
  for (int i = 0; i < 300; ++i) {
    made.push_back(world.heap.add_special(address_of(world.bytes(1024)), SpecialKind::kCleanup));
  }
  std::vector<Special*> seen;
  world.heap.for_each_special([](void* context, Special* special) {
    static_cast<std::vector<Special*>*>(context)->push_back(special);
  }, &seen);
  std::sort(seen.begin(), seen.end());
  std::sort(made.begin(), made.end());
  EXPECT_EQ(seen, made);
}

TEST(Special, OnSpansThatNobodySweepsAnyMoreAreFreedWithTheHeap) {
  World world;  // LeakSanitizer is the judge
  world.heap.add_special(address_of(world.bytes(64)), SpecialKind::kFinalizer);
  world.heap.weak_handle(address_of(world.bytes(1024)));
}

// Two goroutines that make a weak pointer to the same object at the same moment must get the same handle, or the pointers would differ.
TEST(Special, WeakHandleIsOneHoweverManyAskAtOnce) {
  SKIP_WITHOUT_THREADS();
  constexpr uint32_t kObjects = 3000;
  constexpr uint32_t kThreads = 4;
  World world;
  std::vector<void*> objects;
  for (uint32_t i = 0; i < kObjects; ++i) objects.push_back(world.bytes(64));
  std::vector<std::vector<WeakHandle*>> handles(kThreads);
  on_threads(kThreads, [&](uint32_t index) {
    for (void* object : objects) handles[index].push_back(world.heap.weak_handle(address_of(object)));
  });
  for (uint32_t thread = 1; thread < kThreads; ++thread) EXPECT_EQ(handles[thread], handles[0]);
}

// The collector visits specials as roots while others allocate spans and hang specials on them.
TEST(Special, MayBeVisitedWhileOthersAllocate) {
  SKIP_WITHOUT_THREADS();
  World world({}, 2);
  std::atomic<bool> done{false};
  uint64_t visited = 0;
  on_threads(2, [&](uint32_t index) {
    if (index == 1) {
      bool refilled = false;
      for (int i = 0; i < 2000; ++i) {
        void* object = world.heap.allocate_bytes(world.cache(1), 4096, &refilled);
        if (i % 10 == 0) world.heap.add_special(address_of(object), SpecialKind::kCleanup);
      }
      done = true;
      return;
    }
    while (!done) {
      world.heap.for_each_special([](void* context, Special*) { ++*static_cast<uint64_t*>(context); }, &visited);
    }
  });
  SUCCEED() << visited;
}

}  // namespace
}  // namespace samovar::heap
