// What random mutators (gc/mutator.h) work on, and what one seed makes of it.
//
// Everything is made of Cells, which carry their number and a checksum over it and their address; a link stands beside the number of the cell that it leads to. What
// was freed is poisoned, so it fails the sum; what was freed and used again fails the number. A cell is changed only by the goroutine that made it
// (its owner); what is handed to others (through a channel, a table in the heap, Roots, a finalizer) is `frozen` and only read from then on, so a program has
// no races but those that the collector is to stand: stores and loads of slots and Roots.
#pragma once

#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "base/rng.h"
#include "gc/harness.h"
#include "sync/channel.h"

namespace samovar::gc::mutator {

using sched::Task;

inline constexpr uint32_t kFrozen = 0xffff;

struct Cell {
  static constexpr uint32_t kLinks = 3;
  Ref<Cell> link[kLinks];
  uint64_t expected[kLinks];  // the numbers of the cells that the links lead to
  uint64_t number;            // owner in the upper 16 bits
  uint64_t sum;
  static constexpr auto slots() { return std::tuple(&Cell::link); }

  uint32_t owner() const { return static_cast<uint32_t>(number >> 48); }
  bool whole() const { return sum == (number ^ reinterpret_cast<uintptr_t>(this)) * 0x9e3779b97f4a7c15u; }
};
static_assert(sizeof(Cell) == 64);

// 512 bytes, slots at both ends: the largest whose slots are in the page's bitmap.
struct Wide {
  Ref<Cell> first;
  uint64_t filling[62];
  Ref<Cell> last;
  static constexpr auto slots() { return std::tuple(&Wide::first, &Wide::last); }
};

// What one seed makes.
struct Program {
  explicit Program(uint64_t seed_) : seed(seed_) {
    base::Rng rng(seed * 77 + 5);
    goroutines = 1 + rng.below(6);
    steps = 20 + rng.below(120);
    resizes = rng.below(3) == 0;
    blocks = rng.below(2) == 0;
    gogc = std::array<int64_t, 5>{1, 5, 20, 50, 100}[rng.below(5)];
    green_tea = rng.below(3) != 0;
    stress = rng.below(6) == 0;
  }

  const uint64_t seed;
  uint32_t goroutines;
  uint32_t steps;
  bool resizes, blocks, green_tea, stress;
  int64_t gogc;

  static constexpr uint32_t kShared = 24;
  std::unique_ptr<Root<Cell>[]> graves;       // where finalizers put what they save
  std::unique_ptr<Root<Ref<Cell>>> table;     // an array in the heap, kShared long
  sync::Channel<Root<Cell>> channel;

  std::atomic<uint32_t> left{0};
  std::atomic<bool> ending{false};            // finalizers save nothing any more
  std::atomic<uint64_t> finalizers_set{0};
  std::atomic<uint64_t> finalized{0};
  std::atomic<uint64_t> cleanups_set{0};
  std::atomic<uint64_t> cleaned{0};
  std::atomic<uint64_t> numbers{0};

  void fail(const std::string& what) {
    std::lock_guard lock(mutex);
    if (wrong.empty()) wrong = what;
  }
  std::mutex mutex;
  std::string wrong;  // guarded by mutex
};

inline Cell* make_cell(Program* program, uint32_t owner) {
  Cell* cell = make<Cell>();
  cell->number = uint64_t{owner} << 48 | (program->numbers.fetch_add(1, std::memory_order_relaxed) + 1);  // relaxed: only to be unlike
  cell->sum = (cell->number ^ reinterpret_cast<uintptr_t>(cell)) * 0x9e3779b97f4a7c15u;
  return cell;
}

inline void connect(Cell* from, uint32_t link, Cell* to) {
  from->link[link] = to;
  from->expected[link] = to == nullptr ? 0 : to->number;
}

// A new tree that nobody changes any more.
inline Cell* frozen_tree(Program* program, base::Rng& rng, uint32_t depth) {
  Cell* cell = make_cell(program, kFrozen);
  for (uint32_t i = 0; depth > 0 && i < Cell::kLinks; ++i) {
    if (rng.below(4) != 0) connect(cell, i, frozen_tree(program, rng, depth - 1));
  }
  return cell;
}

// Looks at up to `most` cells from here on.
inline void inspect(Program* program, const Cell* cell, const char* where, uint32_t* most) {
  if (cell == nullptr || *most == 0) return;
  --*most;
  if (!cell->whole()) return program->fail(std::string("a cell is broken, ") + where);
  for (uint32_t i = 0; i < Cell::kLinks; ++i) {
    const Cell* next = cell->link[i];
    if (next == nullptr) continue;
    if (!next->whole()) return program->fail(std::string("a link leads to what is no cell, ") + where);
    if (next->number != cell->expected[i]) return program->fail(std::string("a link leads to another cell, ") + where);
    inspect(program, next, where, most);
  }
}
inline void inspect(Program* program, const Cell* cell, const char* where) {
  uint32_t most = 150;
  inspect(program, cell, where, &most);
}

inline void fill_bytes(uint8_t* bytes, size_t count, uint64_t seed) {
  for (size_t i = 0; i < count; ++i) bytes[i] = static_cast<uint8_t>(seed * 31 + i * 7);
}
inline bool bytes_are(const uint8_t* bytes, size_t count, uint64_t seed) {
  for (size_t i = 0; i < count; ++i) {
    if (bytes[i] != static_cast<uint8_t>(seed * 31 + i * 7)) return false;
  }
  return true;
}

// Finalizers get the program and must find their object whole. One in three is saved, and may be given a finalizer again.
inline void finalize_cell(void* object, uint64_t argument) {
  auto* program = reinterpret_cast<Program*>(argument);
  auto* cell = static_cast<Cell*>(object);
  inspect(program, cell, "in its finalizer");
  const uint64_t count = program->finalized.fetch_add(1) + 1;
  if (program->ending.load() || cell->number % 3 != 0) return;
  program->graves[cell->number % Program::kShared] = cell;
  if (count % 2 == 0) {
    program->finalizers_set.fetch_add(1);
    set_finalizer(cell, finalize_cell, argument);
  }
}

// Of a tiny object: its two bytes say where it lies.
inline void finalize_tiny(void* object, uint64_t argument) {
  auto* program = reinterpret_cast<Program*>(argument);
  const auto* bytes = static_cast<const uint8_t*>(object);
  const auto address = static_cast<uint8_t>(reinterpret_cast<uintptr_t>(object));
  if (bytes[0] != address || bytes[1] != static_cast<uint8_t>(~address)) program->fail("a tiny object's finalizer got something else");
  program->finalized.fetch_add(1);
}

inline void count_cleanup(uint64_t argument) { reinterpret_cast<Program*>(argument)->cleaned.fetch_add(1); }

}  // namespace samovar::gc::mutator
