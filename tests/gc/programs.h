// Random programs of the collector: goroutines that build, link, unlink, share, drop and resurrect things, made from a seed.
//
// What a goroutine does follows from its own number, the seed, and the things it finds; in virtual time that is the seed alone. All waits have
// somebody who ends them. What is found wrong is told through RandomProgram::fault.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>

#include "gc/harness.h"
#include "gc/things.h"
#include "sync/channel.h"
#include "sync/mutex.h"

namespace samovar::gc {

struct RandomProgram {
  explicit RandomProgram(uint64_t seed_, uint32_t steps_ = 60) : seed(seed_), steps(steps_) {
    base::Rng rng(seed_);
    roots = 1 + rng.below(5);
    depth = rng.below(3);
    large = rng.below(3) == 0;
    finalizers = rng.below(2) == 0;
    weak = rng.below(2) == 0;
    sleeps = rng.below(2) == 0;
    calls = rng.below(2) == 0;
    resizes = rng.below(4) == 0;
    retunes = rng.below(4) == 0;
    stops = rng.below(6) == 0;
    garbage = rng.below(3) == 0 ? 400 : 60;
  }

  const uint64_t seed;
  const uint32_t steps;
  uint32_t roots, depth, garbage;
  bool large, finalizers, weak, sleeps, calls, resizes, retunes, stops;

  // What goroutines share. Roots can only be made on one, and must go before the collector does, however the run ends.
  struct Shared {
    std::array<Root<Thing>, 6> slots;
    std::array<Root<Thing>, 3> revived;
    sync::Channel<Root<Thing>> channel;
    sync::Mutex mutex;
    Root<Thing> guarded;      // private to who holds the mutex
  };
  std::unique_ptr<Shared> shared;

  std::atomic<uint64_t> next_id{1};
  std::atomic<uint64_t> finalized{0};
  std::atomic<uint64_t> finalizers_set{0};
  std::array<std::atomic<uint32_t>, 512> cleanups{};
  std::atomic<uint32_t> cleanups_added{0};
  std::atomic<const char*> fault{nullptr};
  std::atomic<int64_t> left{0};
  sched::Gate over;
  std::atomic<bool> closing{false};  // finalizers revive nothing any more
  uint64_t objects_at_end = 0;

  void check(const char* found) {
    const char* none = nullptr;
    if (found != nullptr) fault.compare_exchange_strong(none, found);
  }
};

namespace programs {

constexpr size_t kHeld = 5;

// A goroutine's things: its Locals, and what it knows of them.
struct Hands {
  Local<Thing> things[kHeld];
  Weak<Thing> weak[2];
  uint64_t weak_ids[2] = {};
  sched::Tracked tracked;
};

inline void finalize(void* object, uint64_t argument) {
  auto* program = reinterpret_cast<RandomProgram*>(static_cast<uintptr_t>(argument));
  auto* thing = static_cast<Thing*>(object);
  program->check(things::fault_behind(thing, 50));
  const uint64_t number = program->finalized.fetch_add(1);
  if (number % 3 != 0 || program->closing.load()) return;
  program->shared->revived[number % program->shared->revived.size()] = thing;
  // Once more, when it dies again.
  if (number % 2 == 0) {
    program->finalizers_set.fetch_add(1);
    set_finalizer(thing, finalize, argument);
  }
}

inline void add_random_cleanup(RandomProgram* program, Thing* thing) {
  const uint32_t index = program->cleanups_added.fetch_add(1);
  if (index >= program->cleanups.size()) return;
  add_cleanup(thing, [](uint64_t counter) { reinterpret_cast<std::atomic<uint32_t>*>(static_cast<uintptr_t>(counter))->fetch_add(1); },
              reinterpret_cast<uintptr_t>(&program->cleanups[index]));
}

// What needs no suspension.
inline void handle(RandomProgram* program, base::Rng& rng, Hands& hands) {
  Local<Thing>& one = hands.things[rng.below(kHeld)];
  Local<Thing>& other = hands.things[rng.below(kHeld)];
  RandomProgram::Shared& shared = *program->shared;
  const uint32_t dice = rng.below(100);
  if (dice < 25 || one == nullptr) {
    Thing* thing = things::make_thing(rng, program->next_id.fetch_add(1), program->large);
    if (other != nullptr && rng.below(2) == 0) things::link(rng, thing, other);
    if (program->finalizers && rng.below(3) == 0) {
      things::freeze(thing);
      program->finalizers_set.fetch_add(1);
      set_finalizer(thing, finalize, reinterpret_cast<uintptr_t>(program));
    }
    if (rng.below(6) == 0) add_random_cleanup(program, thing);
    one = thing;
  } else if (dice < 40) {
    if (one->frozen == 0) things::link(rng, one, rng.below(4) == 0 ? nullptr : other.get());
  } else if (dice < 48) {
    one = nullptr;
  } else if (dice < 56) {
    things::freeze(one);
    shared.slots[rng.below(shared.slots.size())] = one.get();
  } else if (dice < 64) {
    one = shared.slots[rng.below(shared.slots.size())].get();
    if (one != nullptr) program->check(things::fault_behind(one, 30));
  } else if (dice < 67) {
    shared.slots[rng.below(shared.slots.size())] = nullptr;
  } else if (dice < 73) {
    if (other != nullptr) things::freeze(other);
    one->wild = other.get();
  } else if (dice < 80) {
    if (one->frozen != 0) one = one->wild.get();
  } else if (dice < 86) {
    Thing* target = rng.below(2) == 0 ? one->a.get() : one->b.get();
    if (one->table_count != 0 && rng.below(2) == 0) target = things::table_of(*one)[rng.below(one->table_count)].thing;
    one = target;
  } else if (dice < 90) {
    program->check(things::fault_behind(one, 60));
  } else if (dice < 94) {
    if (!program->weak) return;
    const uint32_t i = rng.below(2);
    hands.weak[i] = Weak<Thing>(one);
    hands.weak_ids[i] = one->id;
    if (hands.weak[i].get() != one) program->check("a weak pointer to a live thing is null");
  } else if (dice < 98) {
    const uint32_t i = rng.below(2);
    Thing* thing = hands.weak[i].get();
    if (thing != nullptr && thing->id != hands.weak_ids[i]) program->check("a weak pointer leads to something else");
    if (thing != nullptr) one = thing;
  } else {
    shared.revived[rng.below(shared.revived.size())] = nullptr;
  }
}

inline void litter(RandomProgram* program, base::Rng& rng) {
  const uint32_t count = rng.below(program->garbage);
  for (uint32_t i = 0; i < count; ++i) {
    if (rng.below(4) == 0) {
      make_bytes(1 + rng.below(700));
    } else {
      things::make_chain(rng, i, 1 + rng.below(6));
    }
  }
}

// Locals of nested frames come and go while those below stay.
inline Task<Thing*> nested(RandomProgram* program, uint64_t seed, int depth, Thing* given) {
  Local<Thing> kept = given;
  base::Rng rng(seed);
  Local<Thing> fresh = things::make_thing(rng, program->next_id.fetch_add(1), false);
  if (kept != nullptr) things::link(rng, fresh, kept);
  co_await sched::checkpoint(500);
  if (depth > 0) fresh = co_await nested(program, seed + 1, depth - 1, fresh);
  co_await sched::gosched();
  program->check(things::fault_behind(fresh, 20));
  co_return fresh.get();
}

// Whoever holds the mutex may change what it guards.
inline Task<void> change_guarded(RandomProgram* program, base::Rng& rng, Hands& hands) {
  RandomProgram::Shared& shared = *program->shared;
  co_await shared.mutex.lock();
  if (shared.guarded == nullptr || rng.below(5) == 0) shared.guarded = things::make_thing(rng, program->next_id.fetch_add(1), false);
  Thing* target = hands.things[rng.below(kHeld)];
  if (target != nullptr) things::freeze(target);
  things::link(rng, shared.guarded, target);
  if (rng.below(2) == 0) co_await sched::gosched();
  program->check(things::fault_behind(shared.guarded, 20));
  co_await shared.mutex.unlock();
}

inline Task<void> partner(RandomProgram* program, sync::Channel<Root<Thing>> in, sync::Channel<Root<Thing>> out) {
  {
    auto received = co_await in.receive();
    Local<Thing> thing = received.value.get();
    received.value = nullptr;
    if (thing != nullptr) program->check(things::fault_behind(thing, 10));
    co_await sched::checkpoint(200);
    co_await out.send(Root<Thing>(thing));
  }
  if (program->left.fetch_sub(1) == 1) co_await program->over.open();
}

// Sends a thing to another goroutine and gets it back; meanwhile nobody but channels and the other refer to it.
inline Task<void> send_around(RandomProgram* program, Local<Thing>* thing) {
  if (*thing != nullptr) things::freeze(*thing);
  const uint64_t id = things::id_of(*thing);
  auto there = co_await sync::make_channel<Root<Thing>>(0);
  auto back = co_await sync::make_channel<Root<Thing>>(1);
  program->left.fetch_add(1);
  co_await sched::go("partner", partner(program, there, back));
  co_await there.send(Root<Thing>(*thing));
  *thing = nullptr;
  auto received = co_await back.receive();
  *thing = received.value.get();
  if (things::id_of(*thing) != id) program->check("a thing came back as another");
}

inline Task<void> suspend(RandomProgram* program, base::Rng& rng, Hands& hands) {
  const uint32_t dice = rng.below(100);
  if (dice < 30) {
    co_await sched::checkpoint(rng.below(20'000));
  } else if (dice < 45) {
    co_await sched::gosched();
  } else if (dice < 50) {
    co_await sched::goyield();
  } else if (dice < 58) {
    if (program->sleeps) co_await sched::sleep_for(static_cast<int64_t>(rng.below(50'000)));
  } else if (dice < 66) {
    if (program->calls) co_await sched::blocking_call(rng.below(80'000));
  } else if (dice < 74) {
    co_await change_guarded(program, rng, hands);
  } else if (dice < 80) {
    co_await send_around(program, &hands.things[rng.below(kHeld)]);
  } else if (dice < 85) {
    Thing* thing = hands.things[rng.below(kHeld)];
    if (thing != nullptr) things::freeze(thing);
    Root<Thing> sent = thing;
    co_await program->shared->channel.try_send(std::move(sent));
  } else if (dice < 90) {
    auto received = co_await program->shared->channel.try_receive();
    if (received.ready && received.value != nullptr) {
      program->check(things::fault_behind(received.value, 20));
      hands.things[rng.below(kHeld)] = received.value.get();
    }
  } else if (dice < 95) {
    Local<Thing>& one = hands.things[rng.below(kHeld)];
    one = co_await nested(program, rng.next(), static_cast<int>(rng.below(5)), one);
  } else if (dice < 96) {
    co_await collector().collect();
  } else if (dice < 97) {
    if (program->resizes) co_await sched::set_procs(1 + rng.below(8));
  } else if (dice < 98) {
    if (program->retunes) collector().request_settings({.gogc = 1 + static_cast<int64_t>(rng.below(300))});
  } else if (dice < 99) {
    if (program->stops) {
      co_await sched::stop_the_world(sched::StwReason::kOther);
      things::make_thing(rng, program->next_id.fetch_add(1), false);
      co_await sched::start_the_world();
    }
  }
}

inline Task<void> goroutine(RandomProgram* program, uint64_t number, uint32_t depth, Root<Thing> gift) {
  {
    Hands hands;
    base::Rng rng(program->seed * 1'000'003 + number);
    hands.things[0] = gift.get();
    gift = nullptr;
    bool healthy = true;
    for (uint32_t i = 0; i < program->steps && healthy; ++i) {
      const uint32_t dice = rng.below(100);
      if (dice < 70) {
        handle(program, rng, hands);
      } else if (dice < 95) {
        co_await suspend(program, rng, hands);
      } else if (dice < 98) {
        litter(program, rng);
        co_await sched::checkpoint(5'000);
      } else if (depth > 0) {
        Thing* thing = hands.things[rng.below(kHeld)];
        if (thing != nullptr) things::freeze(thing);
        program->left.fetch_add(1);
        co_await sched::go("goroutine", goroutine(program, number * 31 + i + 1, depth - 1, Root<Thing>(thing)));
      }
      healthy = program->fault.load() == nullptr;
    }
    for (Local<Thing>& thing : hands.things) {
      if (thing != nullptr) program->check(things::fault_behind(thing, 100));
    }
  }
  if (program->left.fetch_sub(1) == 1) co_await program->over.open();
}

}  // namespace programs

inline Task<void> random_main(RandomProgram* program) {
  program->shared = std::make_unique<RandomProgram::Shared>();
  program->shared->channel = co_await sync::make_channel<Root<Thing>>(3);
  program->left.fetch_add(program->roots);
  for (uint32_t i = 0; i < program->roots; ++i) {
    co_await sched::go("goroutine", programs::goroutine(program, 1000 + i, program->depth, Root<Thing>()));
  }
  co_await program->over.wait();
  // The last may still be on its way to its end.
  const sched::G* g = co_await sched::self();
  uint64_t alive = 2;
  while (alive > 1) {
    co_await sched::gosched();
    alive = g->scheduler->num_goroutine();
  }
  program->closing.store(true);
  program->shared.reset();
  co_await collect_and_finalize();
  if (!program->finalizers) {
    // What died while the cycle that the last one waited for had begun already.
    co_await collector().collect();
    program->objects_at_end = collector().heap_figures().objects();
  }
}

}  // namespace samovar::gc
