// The event log: what is written is read once, in order, whole; what is lost is counted exactly.
#include "observe/event_log.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "platform/parker.h"
#include "platform/worker_pool.h"
#include "support/sanitizers.h"

namespace samovar::observe {
namespace {

constexpr uint32_t kCapacity = 1024;  // the smallest ring
constexpr uint64_t kKept = kCapacity - 64;  // less what may be torn

// An event whose fields all follow from n, so that a mixture of two is recognised.
Event event_of(uint64_t n, uint16_t p = 0) {
  Event event{};
  event.time_ns = n * 3 + 1;
  event.kind = EventKind::kUser;
  event.reason = static_cast<uint8_t>(n);
  event.p = p;
  event.g = static_cast<uint32_t>(n * 7);
  event.a = static_cast<uint32_t>(n >> 3);
  event.b = n;
  return event;
}

bool whole(const Event& event) {
  const Event expected = event_of(event.b, event.p);
  return event.time_ns == expected.time_ns && event.kind == expected.kind && event.reason == expected.reason && event.g == expected.g &&
         event.a == expected.a && event.seq == static_cast<uint32_t>(event.b);
}

std::vector<Event> drain_all(EventLog* log, size_t at_once = 256) {
  std::vector<Event> all;
  std::vector<Event> some(at_once);
  for (int silent = 0; silent < 20;) {
    const size_t got = log->drain(some.data(), at_once);
    all.insert(all.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(got));
    silent = got == 0 ? silent + 1 : 0;
  }
  return all;
}

TEST(EventLog, GivesEventsOnceInTheirOrder) {
  EventLog log(2, 2, 0, false);
  log.add_ring(0);
  for (uint64_t n = 0; n < 500; ++n) log.record(event_of(n));
  const auto events = drain_all(&log, 64);
  ASSERT_EQ(events.size(), 500u);
  for (uint64_t n = 0; n < 500; ++n) {
    EXPECT_EQ(events[n].b, n);
    EXPECT_TRUE(whole(events[n])) << n;
  }
  EXPECT_TRUE(drain_all(&log).empty());
  EXPECT_EQ(log.dropped(), 0u);
  EXPECT_EQ(log.recorded(), 500u);
}

TEST(EventLog, FullRingDropsTheOldestAndCountsThem) {
  EventLog log(1, 1, 0, false);
  log.add_ring(0);
  for (uint64_t n = 0; n < 5000; ++n) log.record(event_of(n));
  const auto events = drain_all(&log);
  ASSERT_EQ(events.size(), kKept);
  EXPECT_EQ(events.front().b, 5000 - kKept);
  EXPECT_EQ(events.back().b, 4999u);
  EXPECT_EQ(log.dropped(), 5000 - kKept);
}

TEST(EventLog, EventsWithoutAPHaveTheirOwnRing) {
  EventLog log(1, 1, 0, false);
  log.add_ring(0);
  log.record(event_of(1));
  log.record_without_p(event_of(2));
  const auto events = drain_all(&log);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].p, 0);
  EXPECT_EQ(events[1].p, kNoP);
}

TEST(EventLog, SmallBufferIsFairToAllRings) {
  EventLog log(3, 3, 0, false);
  for (uint32_t ring = 0; ring < 3; ++ring) log.add_ring(ring);
  for (uint64_t n = 0; n < 600; ++n) {
    for (uint16_t p = 0; p < 3; ++p) log.record(event_of(n, p));
  }
  bool seen[3] = {};
  Event some[10];
  for (int i = 0; i < 4; ++i) {
    const size_t got = log.drain(some, 10);
    for (size_t k = 0; k < got; ++k) seen[some[k].p] = true;
  }
  EXPECT_TRUE(seen[0] && seen[1] && seen[2]);
}

TEST(EventLog, RingCanBeAddedLater) {
  EventLog log(4, 1, 0, false);
  log.add_ring(0);
  log.record(event_of(1, 0));
  EXPECT_EQ(drain_all(&log).size(), 1u);
  log.add_ring(3);
  log.add_ring(3);  // again: nothing happens
  log.record(event_of(0, 3));
  const auto events = drain_all(&log);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].p, 3);
}

TEST(EventLog, DigestTellsOrderAndContentButNotSequenceNumbers) {
  Digest ab, ba, a_other, again;
  Event a = event_of(1), b = event_of(2);
  ab.add(a), ab.add(b);
  ba.add(b), ba.add(a);
  a.seq = 99;
  again.add(a), again.add(b);
  a.b ^= 1;
  a_other.add(a), a_other.add(b);
  EXPECT_NE(ab.value(), ba.value());
  EXPECT_EQ(ab.value(), again.value());
  EXPECT_NE(ab.value(), a_other.value());
}

// Golden: FNV-1a over the four words with a rotation by 29, as written down in event_log.h; computed by this code, so that
// compilers and word sizes can be compared.
TEST(EventLog, DigestIsTheSameEverywhere) {
  Digest digest;
  for (uint64_t n = 0; n < 100; ++n) digest.add(event_of(n));
  EXPECT_EQ(digest.value(), UINT64_C(6416530889512707310));
}

// A writer that outruns its reader: each event read is whole, none comes twice, and read + dropped = written.
TEST(EventLog, ReaderSeesNoTornEventWhileTheWriterRuns) {
  if (platform::max_threads() == 0) GTEST_SKIP() << "built without threads";
  constexpr uint64_t kEvents = kThreadSanitizer ? 400'000 : 4'000'000;
  struct Shared {
    EventLog log{1, 1, 0, false};
    std::atomic<bool> over{false};
    platform::Parker done;
  } shared;
  shared.log.add_ring(0);
  platform::WorkerPool pool(1);
  ASSERT_TRUE(pool.start([](void* argument) {
    auto* own = static_cast<Shared*>(argument);
    for (uint64_t n = 0; n < kEvents; ++n) own->log.record(event_of(n));
    own->over.store(true);
    own->done.unpark();
  }, &shared));
  std::vector<Event> some(512);
  uint64_t read = 0, torn = 0, disordered = 0, next = 0;
  for (bool last = false; !last;) {
    last = shared.over.load();
    for (size_t got = 1; got != 0;) {
      got = shared.log.drain(some.data(), some.size());
      for (size_t i = 0; i < got; ++i) {
        torn += !whole(some[i]);
        disordered += some[i].b < next;
        next = some[i].b + 1;
      }
      read += got;
    }
  }
  shared.done.park();
  // A drain that found only torn events gives nothing though more may follow.
  for (const Event& event : drain_all(&shared.log)) {
    disordered += event.b < next;
    next = event.b + 1;
    ++read;
  }
  EXPECT_EQ(torn, 0u);
  EXPECT_EQ(disordered, 0u);
  EXPECT_EQ(next, kEvents);
  EXPECT_EQ(read + shared.log.dropped(), kEvents);
  EXPECT_EQ(shared.log.recorded(), kEvents);
}

}  // namespace
}  // namespace samovar::observe
