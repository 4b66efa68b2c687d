// Things: objects of random programs, of many sizes and layouts, each of which can tell whether it and what it refers to are what they were made as.
//
// Whoever makes a thing may change it; before others get to see it, it is frozen, with all that it leads to. A frozen thing never changes, except
// for its `wild` slot, which anybody stores frozen things to at any time. So every thing can be verified by whoever has come by a reference to it.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "base/rng.h"
#include "gc/make.h"

namespace samovar::gc {

// A list of small objects: 16 bytes, and more with padding behind.
struct Link {
  Ref<Link> next;
  uint64_t id;
  static constexpr auto slots() { return std::tuple(&Link::next); }
};
template <size_t kWords>
struct PaddedLink {
  Ref<Link> next;
  uint64_t id;
  uint64_t padding[kWords];
  static constexpr auto slots() { return std::tuple(&PaddedLink::next); }
};

struct Thing;

// What a thing's table holds; 24 bytes, so that elements straddle the pieces that large objects are scanned in.
struct Entry {
  uint64_t expected;
  Ref<Thing> thing;
  uint64_t salt;
  static constexpr auto slots() { return std::tuple(&Entry::thing); }
};

#define SAMOVAR_THING_MEMBERS                                        \
  uint64_t id;                                                       \
  uint64_t check;                                                    \
  uint64_t payload_words;                                            \
  Ref<Thing> a;                                                      \
  Ref<Thing> b;                                                      \
  uint64_t expected_a;                                               \
  uint64_t expected_b;                                               \
  Ref<Thing> wild;                                                   \
  Ref<uint8_t> bytes;      /* points somewhere into them */          \
  uint32_t byte_count;                                               \
  uint32_t byte_offset;                                              \
  Ref<Entry> table;        /* points somewhere into it */            \
  uint32_t table_count;                                              \
  uint32_t table_offset;                                             \
  Ref<Link> chain;                                                   \
  uint64_t chain_length;                                             \
  Ref<Ref<Thing>> cell;    /* an object of one slot */               \
  uint64_t expected_in_cell;                                         \
  uint64_t frozen;

struct Thing {
  SAMOVAR_THING_MEMBERS
  static constexpr auto slots() { return std::tuple(&Thing::a, &Thing::b, &Thing::wild, &Thing::bytes, &Thing::table, &Thing::chain, &Thing::cell); }
  uint64_t* payload() { return reinterpret_cast<uint64_t*>(this + 1); }
};
// The same with words behind it: used for its type only.
template <size_t kWords>
struct PaddedThing {
  SAMOVAR_THING_MEMBERS
  uint64_t padding[kWords];
  static constexpr auto slots() {
    return std::tuple(&PaddedThing::a, &PaddedThing::b, &PaddedThing::wild, &PaddedThing::bytes, &PaddedThing::table, &PaddedThing::chain, &PaddedThing::cell);
  }
};
#undef SAMOVAR_THING_MEMBERS

namespace things {

inline uint64_t mix(uint64_t x) {
  x ^= x >> 31;
  x *= 0x9e3779b97f4a7c15ull;
  x ^= x >> 29;
  return x * 0xbf58476d1ce4e5b9ull | 1;
}

template <size_t kWords>
Thing* allocate_padded() { return static_cast<Thing*>(collector().allocate(sizeof(PaddedThing<kWords>), &heap::type_of<PaddedThing<kWords>>)); }

inline Link* make_chain(base::Rng& rng, uint64_t id, uint64_t length) {
  Link* head = nullptr;
  for (uint64_t i = length; i-- > 0;) {
    void* memory = nullptr;
    switch (rng.below(5)) {
      case 0: memory = collector().allocate(sizeof(PaddedLink<1>), &heap::type_of<PaddedLink<1>>); break;
      case 1: memory = collector().allocate(sizeof(PaddedLink<2>), &heap::type_of<PaddedLink<2>>); break;
      case 2: memory = collector().allocate(sizeof(PaddedLink<14>), &heap::type_of<PaddedLink<14>>); break;
      default: memory = collector().allocate(sizeof(Link), &heap::type_of<Link>); break;
    }
    Link* link = static_cast<Link*>(memory);
    link->id = mix(id + i);
    link->next = head;
    head = link;
  }
  return head;
}

inline uint8_t byte_at(uint64_t id, uint32_t i) { return static_cast<uint8_t>(mix(id) >> 8 ^ i * 37); }

inline uint32_t random_byte_count(base::Rng& rng) {
  switch (rng.below(12)) {
    case 0: return 33'000 + rng.below(60'000);
    case 1: return 2'000 + rng.below(20'000);
    case 2:
    case 3: return 16 + rng.below(500);
    default: return 1 + rng.below(15);
  }
}

inline uint32_t random_table_count(base::Rng& rng) {
  switch (rng.below(40)) {
    case 0: return 6'000 + rng.below(3'000);  // beyond 128 KiB: scanned in pieces
    case 1: return 1'400 + rng.below(1'000);  // large
    case 2:
    case 3:
    case 4: return 22 + rng.below(200);       // with a type header
    default: return 1 + rng.below(20);
  }
}

// A new thing without references to others. `large`: it may have large objects.
inline Thing* make_thing(base::Rng& rng, uint64_t id, bool large) {
  static constexpr struct {
    Thing* (*allocate)();
    uint32_t words;
  } kKinds[] = {{[] { return make<Thing>(); }, 0}, {allocate_padded<1>, 1}, {allocate_padded<7>, 7}, {allocate_padded<20>, 20}, {allocate_padded<45>, 45}};
  const auto& kind = kKinds[rng.below(5)];
  Thing* thing = kind.allocate();
  thing->id = id;
  thing->check = mix(id);
  thing->payload_words = kind.words;
  for (uint32_t i = 0; i < kind.words; ++i) thing->payload()[i] = mix(id + i);
  if (rng.below(3) == 0) {
    const uint32_t count = large ? random_byte_count(rng) : 1 + rng.below(64);
    uint8_t* bytes = make_bytes(count);
    for (uint32_t i = 0; i < count; ++i) bytes[i] = byte_at(id, i);
    thing->byte_count = count;
    thing->byte_offset = rng.below(count);
    thing->bytes = bytes + thing->byte_offset;
  }
  if (rng.below(4) == 0) {
    thing->chain_length = 1 + rng.below(30);
    thing->chain = make_chain(rng, id, thing->chain_length);
  }
  if (rng.below(4) == 0) {
    const uint32_t count = large ? random_table_count(rng) : 1 + rng.below(20);
    Entry* table = make_array<Entry>(count);
    thing->table_count = count;
    thing->table_offset = rng.below(count);
    thing->table = table + thing->table_offset;
    for (uint32_t i = 0; i < count; ++i) table[i].salt = mix(id + i);
  }
  if (rng.below(4) == 0) thing->cell = make_array<Ref<Thing>>(1);
  return thing;
}

inline Entry* table_of(const Thing& thing) { return thing.table.get() - thing.table_offset; }

inline uint64_t id_of(const Thing* thing) { return thing == nullptr ? 0 : thing->id; }

// Lets one of the thing's slots refer to `target`, or to nothing. The thing is the caller's.
inline void link(base::Rng& rng, Thing* thing, Thing* target) {
  const uint64_t id = id_of(target);
  switch (rng.below(4)) {
    case 0:
      thing->a = target;
      thing->expected_a = id;
      break;
    case 1:
      thing->b = target;
      thing->expected_b = id;
      break;
    case 2:
      if (thing->table_count == 0) break;
      {
        Entry& entry = table_of(*thing)[rng.below(thing->table_count)];
        entry.thing = target;
        entry.expected = id;
      }
      break;
    default:
      if (thing->cell == nullptr) break;
      *thing->cell = target;
      thing->expected_in_cell = id;
      break;
  }
}

// Calls visit(thing) for all that its expected slots refer to.
template <class Visit>
void for_each_target(Thing* thing, const Visit& visit) {
  if (thing->a != nullptr) visit(thing->a.get());
  if (thing->b != nullptr) visit(thing->b.get());
  if (thing->cell != nullptr && *thing->cell != nullptr) visit(thing->cell->get());
  for (uint32_t i = 0; i < thing->table_count; ++i) {
    if (Thing* target = table_of(*thing)[i].thing) visit(target);
  }
}

// Makes a thing and all that it leads to unchangeable, so that others may see it.
inline void freeze(Thing* thing) {
  if (thing->frozen != 0) return;
  std::vector<Thing*> todo{thing};
  thing->frozen = 1;
  while (!todo.empty()) {
    Thing* one = todo.back();
    todo.pop_back();
    for_each_target(one, [&](Thing* target) {
      if (target->frozen != 0) return;
      target->frozen = 1;
      todo.push_back(target);
    });
  }
}

// What is wrong with the thing itself, or null.
inline const char* fault_of(Thing* thing) {
  if (thing->check != mix(thing->id)) return "a thing is not what it was";
  for (uint64_t i = 0; i < thing->payload_words; ++i) {
    if (thing->payload()[i] != mix(thing->id + i)) return "a thing's payload is not what it was";
  }
  if (thing->byte_count != 0) {
    const uint8_t* bytes = thing->bytes.get() - thing->byte_offset;
    for (uint32_t i = 0; i < thing->byte_count; i += i < 64 ? 1 : 61) {
      if (bytes[i] != byte_at(thing->id, i)) return "a thing's bytes are not what they were";
    }
  }
  const Link* link = thing->chain;
  for (uint64_t i = 0; i < thing->chain_length; ++i, link = link->next) {
    if (link == nullptr || link->id != mix(thing->id + i)) return "a thing's chain is not what it was";
  }
  if (link != nullptr) return "a thing's chain has no end";
  const auto wrong = [](const Thing* target, uint64_t expected) { return id_of(target) != expected || (target != nullptr && target->check != mix(expected)); };
  if (wrong(thing->a, thing->expected_a) || wrong(thing->b, thing->expected_b)) return "a thing refers to something else";
  if (thing->cell != nullptr && wrong(thing->cell->get(), thing->expected_in_cell)) return "a thing's cell refers to something else";
  for (uint32_t i = 0; i < thing->table_count; ++i) {
    const Entry& entry = table_of(*thing)[i];
    if (entry.salt != mix(thing->id + i)) return "a thing's table is not what it was";
    if (wrong(entry.thing, entry.expected)) return "a thing's table refers to something else";
  }
  return nullptr;
}

// What is wrong with the thing or with up to `most` that it leads to.
inline const char* fault_behind(Thing* thing, size_t most) {
  std::vector<Thing*> todo{thing};
  for (size_t i = 0; i < todo.size() && i < most; ++i) {
    if (const char* fault = fault_of(todo[i])) return fault;
    for_each_target(todo[i], [&](Thing* target) {
      if (todo.size() < most) todo.push_back(target);
    });
    // Others store here: whatever it is, it is frozen and whole.
    if (todo[i]->frozen != 0 && todo.size() < most) {
      if (Thing* target = todo[i]->wild) todo.push_back(target);
    }
  }
  return nullptr;
}

}  // namespace things

}  // namespace samovar::gc
