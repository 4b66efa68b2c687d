// A random program on the heap, and beside it a reference that knows what must be alive and what must be in it.
//
// The program makes objects of random types and sizes, writes a pattern into their plain words and links into their slots, drops roots,
// and collects: sometimes at once, sometimes sweeping while it goes on. The collection marks from the roots through what the heap knows
// of slots (bitmaps, headers, types of spans), never through the reference, and must arrive at what the reference says is reachable.
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <tuple>
#include <vector>

#include "heap/harness.h"
#include "support/sanitizers.h"

namespace samovar::heap {
namespace {

const Type kTypes[] = {
    {8, 8, 0b1}, {16, 8, 0b1}, {24, 24, 0b101}, {32, 24, 0b110}, {48, 48, 0b100001}, {144, 72, 0b101000110},
    {512, 512, uint64_t{1} << 63 | 1},
};

struct Object {
  uint64_t* words;
  const Type* type;  // null: no slots
  size_t bytes;
  uint64_t pattern;
  std::map<uint32_t, Object*> links;  // by word: what it was last made to point to
};

class Program {
 public:
  Program(uint64_t seed, const HeapOptions& options) : rng_(seed), world_(options) {}

  void run(int steps) {
    for (int step = 0; step < steps && !testing::Test::HasFatalFailure(); ++step) {
      const uint32_t what = rng_.below(1000);
      if (what < 600) {
        make();
      } else if (what < 800) {
        link();
      } else if (what < 980) {
        drop();
      } else if (what < 990) {
        for (uint32_t i = rng_.below(20); i > 0; --i) world_.heap.sweep_one();
      } else {
        ASSERT_NO_FATAL_FAILURE(collect()) << "step " << step;
      }
    }
    ASSERT_NO_FATAL_FAILURE(collect());
    world_.sweep_all();
    EXPECT_EQ(world_.audit(), "");
    EXPECT_GT(cycles_, 2u);
    EXPECT_GT(died_, 100u);
  }

 private:
  Object* random_root() { return roots_.empty() ? nullptr : roots_[rng_.below(static_cast<uint32_t>(roots_.size()))]; }

  uint64_t pattern_of(const Object& object, uint32_t word) const { return object.pattern * 0x9e3779b97f4a7c15u + word; }
  bool is_slot(const Object& object, uint32_t word) const {
    return object.type != nullptr && (object.type->slots >> (word % (object.type->bytes / 8)) & 1) != 0;
  }

  void make() {
    auto object = std::make_unique<Object>();
    object->type = rng_.below(3) == 0 ? nullptr : &kTypes[rng_.below(std::size(kTypes))];
    const uint32_t most = rng_.below(200) == 0 ? 100'000 : rng_.below(20) == 0 ? 8'000 : 400;
    object->bytes = 8 + rng_.below(most) / 8 * 8;
    if (object->type != nullptr) object->bytes = (object->bytes / object->type->bytes + 1) * object->type->bytes;
    bool refilled = false;
    object->words = static_cast<uint64_t*>(world_.heap.allocate(world_.cache(), object->bytes, object->type, &refilled));
    if (object->words == nullptr) return;  // a full arena is part of the game
    object->pattern = ++made_;
    for (uint32_t word = 0; word < object->bytes / 8; ++word) {
      ASSERT_EQ(object->words[word], 0u) << "not zero, or somebody else's";
      if (!is_slot(*object, word)) object->words[word] = pattern_of(*object, word);
    }
    // Tiny blocks are kept alive by any of their objects; the reference knows objects only, so those are left out of it.
    if (object->type == nullptr && object->bytes < kTinyBytes) return;
    roots_.push_back(object.get());
    by_address_[address_of(object->words)] = std::move(object);
  }

  void link() {
    Object* from = random_root();
    Object* to = random_root();
    if (from == nullptr || from->type == nullptr) return;
    const auto words = static_cast<uint32_t>(from->bytes / 8);
    uint32_t word = rng_.below(words);
    while (!is_slot(*from, word)) word = (word + 1) % words;
    if (rng_.below(5) == 0) to = nullptr;
    from->words[word] = to == nullptr ? 0 : address_of(to->words);
    from->links[word] = to;
  }

  void drop() {
    if (roots_.empty()) return;
    const uint32_t index = rng_.below(static_cast<uint32_t>(roots_.size()));
    roots_[index] = roots_.back();
    roots_.pop_back();
  }

  std::set<Object*> reachable() const {
    std::set<Object*> seen(roots_.begin(), roots_.end());
    std::vector<Object*> open(roots_.begin(), roots_.end());
    while (!open.empty()) {
      Object* object = open.back();
      open.pop_back();
      for (const auto& [word, target] : object->links) {
        if (target != nullptr && seen.insert(target).second) open.push_back(target);
      }
    }
    return seen;
  }

  // As a collector would: nothing but addresses and the heap. Gives how many objects were marked.
  size_t mark_from_roots() {
    std::vector<uintptr_t> open;
    size_t marked = 0;
    const auto grey = [&](uintptr_t address) {
      if (address == 0 || !mark(world_.heap, address)) return;
      ++marked;
      open.push_back(address);
    };
    for (const Object* root : roots_) grey(address_of(root->words));
    while (!open.empty()) {
      const uintptr_t address = open.back();
      open.pop_back();
      for_each_slot(world_.heap, address, [&](const uint64_t* slot) { grey(static_cast<uintptr_t>(*slot)); });
    }
    return marked;
  }

  void collect() {
    world_.sweep_all();
    ASSERT_EQ(world_.audit(), "");
    const std::set<Object*> alive = reachable();
    ASSERT_EQ(mark_from_roots(), alive.size()) << "the heap's slots lead elsewhere than the program's links";
    world_.start_sweep();
    world_.heap.set_live(0, 0);
    world_.heap.pace_sweep(uint64_t{4} << 20);
    ++cycles_;
    died_ += by_address_.size() - alive.size();
    std::erase_if(by_address_, [&](const auto& entry) { return alive.count(entry.second.get()) == 0; });
    if (rng_.below(2) == 0) world_.sweep_all();
    for (const auto& [address, object] : by_address_) ASSERT_NO_FATAL_FAILURE(check(*object));
  }

  void check(const Object& object) {
    for (uint32_t word = 0; word < object.bytes / 8; ++word) {
      if (is_slot(object, word)) {
        const auto link = object.links.find(word);
        const Object* target = link == object.links.end() ? nullptr : link->second;
        ASSERT_EQ(object.words[word], target == nullptr ? 0 : address_of(target->words));
      } else {
        ASSERT_EQ(object.words[word], pattern_of(object, word)) << "of " << object.bytes << " bytes, word " << word;
      }
    }
  }

  base::Rng rng_;
  World world_;
  std::vector<Object*> roots_;  // an object may be a root and be linked to
  std::map<uintptr_t, std::unique_ptr<Object>> by_address_;  // all that have not been found dead
  uint64_t made_ = 0;
  uint64_t cycles_ = 0;
  uint64_t died_ = 0;
};

class RandomHeap : public testing::TestWithParam<std::tuple<bool, bool, size_t>> {};

TEST_P(RandomHeap, WhatIsReachableSurvivesWithItsContents) {
  const auto& [inline_marks, poison, mebibytes] = GetParam();
  constexpr int kSteps = kThreadSanitizer || kAddressSanitizer ? 2'000 : 8'000;
  for (uint64_t go = 0; go < 2; ++go) {
    const uint64_t seed = test_seed() * 100 + go;
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Program program(seed, {.arena_bytes = mebibytes << 20, .poison = poison, .inline_marks = inline_marks});
    ASSERT_NO_FATAL_FAILURE(program.run(kSteps));
  }
}

// A roomy arena, and one that is full most of the time.
INSTANTIATE_TEST_SUITE_P(All, RandomHeap,
                         testing::Combine(testing::Bool(), testing::Bool(), testing::Values(size_t{64}, size_t{3})),
                         [](const testing::TestParamInfo<RandomHeap::ParamType>& info) {
                           return std::string(std::get<0>(info.param) ? "MarksInPages" : "MarksInSpans") +
                                  (std::get<1>(info.param) ? "Poisoned" : "") + "Of" +
                                  std::to_string(std::get<2>(info.param)) + "MiB";
                         });

}  // namespace
}  // namespace samovar::heap
