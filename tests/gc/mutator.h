// Random mutators: goroutines that do to a heap whatever a program may do to it, made from a seed, and notice when an object that they hold is not what it was
// (see gc/mutator_program.h).
#pragma once

#include <array>
#include <memory>
#include <string>

#include "gc/mutator_program.h"

namespace samovar::gc::mutator {

// What one goroutine holds. In its frame.
struct Hands {
  static constexpr uint32_t kCells = 8;
  std::array<Local<Cell>, kCells> cells;
  Local<Ref<Cell>> array;
  uint32_t array_count = 0;
  Local<uint8_t> bytes;
  size_t byte_count = 0;
  uint64_t byte_seed = 0;
  Local<uint8_t> tiny;
  Local<Wide> wide;
  Weak<Cell> weak;
  uint64_t weak_number = 0;
};

class Mutator {
 public:
  Mutator(Program* program, uint32_t owner, Hands* hands) : program_(program), owner_(owner), rng_(program->seed * 1'000'003 + owner), hands_(*hands) {}
  base::Rng& rng() { return rng_; }

  // One step that does not suspend.
  void step() {
    switch (rng_.below(20)) {
      case 0: case 1: case 2: case 3: return grow();
      case 4: case 5: return link();
      case 6: hand() = nullptr; return;
      case 7: case 8: return look();
      case 9: return litter();
      case 10: return make_array_of_cells();
      case 11: return change_array();
      case 12: return make_slice();
      case 13: return make_tiny();
      case 14: return publish();
      case 15: return read_published();
      case 16: return finalizable();
      case 17: return weaken();
      case 18: return make_wide();
      default: return make_large();
    }
  }

  // A frozen tree for somebody else.
  Cell* present() { return frozen_tree(program_, rng_, rng_.below(4)); }
  void receive(Cell* cell) {
    inspect(program_, cell, "from the channel");
    hand() = cell;
  }

  void look() {
    for (const auto& cell : hands_.cells) inspect(program_, cell, "held by a Local");
    for (uint32_t i = 0; i < hands_.array_count; ++i) inspect_one(hands_.array[i], "in an array");
    if (hands_.bytes != nullptr && !bytes_are(hands_.bytes, hands_.byte_count, hands_.byte_seed)) program_->fail("a slice's bytes have changed");
    if (hands_.tiny != nullptr && *hands_.tiny != static_cast<uint8_t>(reinterpret_cast<uintptr_t>(hands_.tiny.get()))) program_->fail("a tiny object has changed");
    if (hands_.wide != nullptr) {
      inspect(program_, hands_.wide->first, "first in a wide object");
      inspect(program_, hands_.wide->last, "last in a wide object");
    }
    if (Cell* cell = hands_.weak.get(); cell != nullptr && (!cell->whole() || cell->number != hands_.weak_number)) program_->fail("a weak pointer leads to something else");
  }

 private:
  Local<Cell>& hand() { return hands_.cells[rng_.below(Hands::kCells)]; }

  void inspect_one(const Cell* cell, const char* where) {
    uint32_t one = 1;
    inspect(program_, cell, where, &one);
  }

  void grow() {
    Cell* cell = make_cell(program_, owner_);
    for (uint32_t i = 0; i < Cell::kLinks; ++i) {
      if (rng_.below(2) == 0) connect(cell, i, hand());
    }
    hand() = cell;
  }

  // A cell some way down from what it holds.
  Cell* wander() {
    Cell* cell = hand();
    for (uint32_t i = rng_.below(6); i > 0 && cell != nullptr; --i) {
      if (Cell* next = cell->link[rng_.below(Cell::kLinks)]) cell = next;
    }
    return cell;
  }

  void link() {
    Cell* from = wander();
    if (from == nullptr || from->owner() != owner_) return;
    connect(from, rng_.below(Cell::kLinks), rng_.below(4) == 0 ? nullptr : wander());
  }

  void litter() {
    for (uint32_t i = rng_.below(4); i > 0; --i) frozen_tree(program_, rng_, 5);
  }

  void make_array_of_cells() {
    const uint32_t sizes[] = {1, 3, 30, 64, 65, 200, 1000};
    const uint32_t count = sizes[rng_.below(7)];
    Ref<Cell>* array = make_array<Ref<Cell>>(count);
    for (uint32_t i = 0; i < count; i += 1 + rng_.below(40)) array[i] = make_cell(program_, kFrozen);
    array[count - 1] = hand().get();
    hands_.array = array;
    hands_.array_count = count;
  }

  void change_array() {
    if (hands_.array == nullptr) return;
    Ref<Cell>* array = hands_.array;
    for (uint32_t i = rng_.below(8); i > 0; --i) {
      array[rng_.below(hands_.array_count)] = rng_.below(2) == 0 ? wander() : make_cell(program_, kFrozen);
    }
  }

  void make_slice() {
    const uint32_t sizes[] = {16, 100, 600, 4000, 33'000, 70'000};
    hands_.byte_count = 1 + rng_.below(sizes[rng_.below(6)]);
    hands_.byte_seed = rng_.next32();
    hands_.bytes = make_bytes(hands_.byte_count);
    fill_bytes(hands_.bytes, hands_.byte_count, hands_.byte_seed);
  }

  void make_tiny() {
    for (uint32_t i = 1 + rng_.below(40); i > 0; --i) {
      const size_t count = 2 + rng_.below(13);
      uint8_t* bytes = make_bytes(count);
      bytes[0] = static_cast<uint8_t>(reinterpret_cast<uintptr_t>(bytes));
      bytes[1] = static_cast<uint8_t>(~bytes[0]);
      if (rng_.below(20) == 0) {
        program_->finalizers_set.fetch_add(1);
        set_finalizer(bytes, finalize_tiny, reinterpret_cast<uint64_t>(program_));
      }
      if (rng_.below(8) == 0) hands_.tiny = bytes;
    }
  }

  void publish() { program_->table->get()[rng_.below(Program::kShared)] = frozen_tree(program_, rng_, 3); }

  void read_published() {
    Cell* cell = rng_.below(3) == 0 ? program_->graves[rng_.below(Program::kShared)].get() : program_->table->get()[rng_.below(Program::kShared)].get();
    inspect(program_, cell, "published by others");
    if (rng_.below(2) == 0) hand() = cell;
  }

  void finalizable() {
    Cell* cell = frozen_tree(program_, rng_, 2);
    program_->finalizers_set.fetch_add(1);
    set_finalizer(cell, finalize_cell, reinterpret_cast<uint64_t>(program_));
    for (uint32_t i = rng_.below(3); i > 0; --i) {
      program_->cleanups_set.fetch_add(1);
      add_cleanup(cell, count_cleanup, reinterpret_cast<uint64_t>(program_));
    }
    if (rng_.below(3) == 0) hand() = cell;
  }

  void weaken() {
    Cell* cell = wander();
    if (cell == nullptr) return;
    hands_.weak = Weak<Cell>(cell);
    hands_.weak_number = cell->number;
    if (hands_.weak.get() != cell) program_->fail("a weak pointer to a live cell is null");
  }

  void make_wide() {
    Wide* wide = make<Wide>();
    wide->first = wander();
    wide->last = make_cell(program_, kFrozen);
    hands_.wide = wide;
  }

  // With slots, and in pieces for the marker if it is long enough.
  void make_large() {
    if (rng_.below(4) != 0) return grow();
    const uint32_t count = 4100 + rng_.below(16'000);
    Ref<Cell>* array = make_array<Ref<Cell>>(count);
    for (uint32_t i = rng_.below(10); i > 0; --i) array[rng_.below(count)] = make_cell(program_, kFrozen);
    array[count - 1] = wander();
    hands_.array = array;
    hands_.array_count = count;
  }

  Program* program_;
  const uint32_t owner_;
  base::Rng rng_;
  Hands& hands_;
};

// One step that may suspend.
inline Task<void> meet(Program* program, Mutator* mutator) {
  base::Rng& rng = mutator->rng();
  switch (rng.below(12)) {
    case 0: co_await sched::gosched(); break;
    case 1: co_await collector().collect(); break;
    case 2: {
      // A Root by itself in the frame, across the operation.
      Root<Cell> root(mutator->present());
      co_await program->channel.try_send(std::move(root));
      break;
    }
    case 3: {
      auto received = co_await program->channel.try_receive();
      if (received.ready) mutator->receive(received.value);
      break;
    }
    case 4: co_await sched::sleep_for(static_cast<int64_t>(rng.below(60'000))); break;
    case 5:
      if (program->blocks) co_await sched::blocking_call(rng.below(100'000));
      break;
    case 6:
      if (program->resizes && rng.below(3) == 0) co_await sched::set_procs(1 + rng.below(8));
      break;
    case 7: collector().request_settings({.gogc = static_cast<int64_t>(1 + rng.below(150))}); break;
    default: co_await sched::checkpoint(1 + rng.below(3000)); break;
  }
}

inline Task<void> mutate(Program* program, uint32_t owner) {
  {
    Hands hands;
    Mutator mutator(program, owner, &hands);
    for (uint32_t i = 0; i < program->steps; ++i) {
      for (uint32_t k = 1 + mutator.rng().below(6); k > 0; --k) mutator.step();
      co_await meet(program, &mutator);
    }
    mutator.look();
  }
  program->left.fetch_sub(1);
}

// Nobody holds anything any more: all must go, each finalizer and cleanup must have run.
inline Task<void> expect_all_gone(Program* program) {
  program->ending.store(true);
  for (uint32_t i = 0; i < Program::kShared; ++i) program->graves[i] = nullptr;
  *program->table = nullptr;
  bool more = true;
  while (more) {
    auto received = co_await program->channel.try_receive();
    more = received.ready;
  }
  uint64_t objects = 1;
  bool all_run = false;
  for (int round = 0; round < 20 && (objects != 0 || !all_run); ++round) {
    co_await collector().collect();
    for (int i = 0; i < 200; ++i) co_await sched::gosched();  // the finalizers' turn
    for (uint32_t i = 0; i < Program::kShared; ++i) program->graves[i] = nullptr;
    objects = collector().heap_figures().objects();
    all_run = program->finalized.load() == program->finalizers_set.load() && program->cleaned.load() == program->cleanups_set.load();
  }
  if (objects != 0) program->fail(std::to_string(objects) + " objects stay though nobody holds them");
  if (!all_run) program->fail("not all finalizers and cleanups ran");
}

inline Task<void> run_program(Program* program) {
  program->graves = std::make_unique<Root<Cell>[]>(Program::kShared);
  program->table = std::make_unique<Root<Ref<Cell>>>(make_array<Ref<Cell>>(Program::kShared));
  program->channel = co_await sync::make_channel<Root<Cell>>(4);
  program->left.store(program->goroutines);
  for (uint32_t i = 0; i < program->goroutines; ++i) co_await sched::go("mutate", mutate(program, i + 1));
  uint64_t alive = 2;
  const sched::G* g = co_await sched::self();
  while (program->left.load() > 0 || alive > 1) {
    co_await sched::sleep_for(5'000);
    alive = g->scheduler->num_goroutine();
  }
  co_await expect_all_gone(program);
}

// The Roots go before the collector.
inline void clear(Program* program) {
  program->graves.reset();
  program->table.reset();
  program->channel = {};
}

}  // namespace samovar::gc::mutator
