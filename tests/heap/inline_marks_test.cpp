// The mark bits in a page: what each operation does alone, every interleaving of a few, and a storm of real threads.
//
// The promise that all the rest hangs on: a marked object is scanned exactly once. Who marks an object calls acquire(), and if that
// is true puts the page into a queue; who takes a page off the queue calls release(), and scans one object or all grey ones.
#include "heap/inline_marks.h"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "heap/harness.h"
#include "platform/mutex.h"
#include "sched/interleave.h"
#include "support/sanitizers.h"

namespace samovar::heap {
namespace {

constexpr uint32_t kMostObjects = 504;

struct alignas(kPageBytes) Page {
  unsigned char bytes[kPageBytes];
  InlineMarks& marks() { return InlineMarks::of_page(address_of(this)); }
};

std::unique_ptr<Page> new_page(uint8_t span_class = 5) {
  auto page = std::make_unique<Page>();
  page->marks().init(span_class);
  return page;
}

uint8_t class_byte(const Page& page) { return page.bytes[kPageBytes - 1]; }
uint8_t owner_byte(const Page& page) { return page.bytes[kPageBytes - 65]; }

// ---- Alone ----

TEST(InlineMarks, AreTheLast128BytesOfThePage) {
  auto page = new_page(77);
  EXPECT_EQ(address_of(&page->marks()), address_of(page.get()) + kPageBytes - 128);
  EXPECT_EQ(class_byte(*page), 77);
  EXPECT_EQ(owner_byte(*page), kUnowned);
}

TEST(InlineMarks, EachObjectHasItsOwnTwoBits) {
  auto page = new_page(255);
  InlineMarks& marks = page->marks();
  for (uint32_t i = 0; i < kMostObjects; ++i) {
    EXPECT_FALSE(marks.marked(i) || marks.scanned(i)) << i;
    EXPECT_TRUE(set_mark(marks, i)) << i;
    EXPECT_FALSE(set_mark(marks, i)) << "only the first marks it";
    EXPECT_TRUE(marks.marked(i) && !marks.scanned(i)) << i;
    EXPECT_TRUE(marks.set_scan(i)) << i;
    EXPECT_FALSE(marks.set_scan(i)) << i;
  }
  EXPECT_EQ(class_byte(*page), 255) << "the last mark is beside the class";
  EXPECT_EQ(owner_byte(*page), kUnowned) << "the last scan is beside the owner";
}

TEST(InlineMarks, WordsLeaveOutTheOwnerAndTheClass) {
  auto page = new_page(255);
  page->marks().acquire(1);
  EXPECT_EQ(page->marks().marks(7), 0u);
  EXPECT_EQ(page->marks().scans(7), 0u);
  EXPECT_EQ(page->marks().take_grey(7), 0u);
}

TEST(InlineMarks, ClearingLeavesTheClassAndNobodyOwns) {
  auto page = new_page(129);
  for (uint32_t i = 0; i < kMostObjects; ++i) set_mark(page->marks(), i);
  for (uint32_t i = 0; i < kMostObjects; i += 3) page->marks().set_scan(i);
  page->marks().acquire(1);
  page->marks().clear();
  for (uint32_t word = 0; word < InlineMarks::kWords; ++word) {
    EXPECT_EQ(page->marks().marks(word), 0u);
    EXPECT_EQ(page->marks().scans(word), 0u);
  }
  EXPECT_EQ(class_byte(*page), 129);
  EXPECT_EQ(owner_byte(*page), kUnowned);
}

TEST(InlineMarks, FirstToAcquireQueuesThePageAndTheRestDoNot) {
  for (int marks = 1; marks <= 4; ++marks) {
    auto page = new_page();
    for (int round = 0; round < 2; ++round) {
      for (int i = 0; i < marks; ++i) EXPECT_EQ(page->marks().acquire(1), i == 0);
      EXPECT_EQ(owner_byte(*page), marks == 1 ? kOneMark : kOneMark | kManyMarks);
      EXPECT_EQ(page->marks().release(), marks == 1 ? kOneMark : kManyMarks) << marks;
      EXPECT_EQ(owner_byte(*page), kUnowned);
    }
  }
}

TEST(InlineMarks, SeveralAreMarkedAtOnceAndThoseThatWereNewAreTold) {
  auto page = new_page();
  InlineMarks& marks = page->marks();
  set_mark(marks, 64 + 3);
  EXPECT_EQ(marks.set_marks(1, 0b11100), 0b10100u);
  EXPECT_EQ(marks.set_marks(1, 0b11100), 0u);
  EXPECT_EQ(marks.marks(1), 0b11100u);
  EXPECT_EQ(marks.scans(1), 0u);
  EXPECT_EQ(marks.marks(0), 0u);
}

TEST(InlineMarks, WhoHasMarkedSeveralQueuesThePageForAllOfThem) {
  auto page = new_page();
  EXPECT_TRUE(page->marks().acquire(0b11));
  EXPECT_FALSE(page->marks().acquire(0b11));
  EXPECT_EQ(page->marks().release(), kManyMarks);
  EXPECT_TRUE(page->marks().acquire(1));
  EXPECT_FALSE(page->marks().acquire(0b11));
  EXPECT_EQ(page->marks().release(), kManyMarks);
}

TEST(InlineMarks, BlackenedObjectsAreNeverGreyAndCanBeTakenBack) {
  auto page = new_page(255);
  InlineMarks& marks = page->marks();
  set_mark(marks, 0);
  marks.blacken(0, 0b110);
  EXPECT_EQ(marks.take_grey(0), 0b1u);
  EXPECT_EQ(marks.marks(0), 0b111u);
  marks.whiten(0, 0b100);
  EXPECT_EQ(marks.marks(0), 0b011u);
  EXPECT_EQ(marks.scans(0), 0b011u);
  EXPECT_EQ(class_byte(*page), 255);
}

// All that three objects at the edge of a word can be, in each word: white, grey, black, and scanned without being marked (which never is).
TEST(InlineMarks, TakingGreyGivesExactlyTheMarkedAndUnscannedOnce) {
  for (uint32_t word = 0; word < InlineMarks::kWords; ++word) {
    const uint32_t last = word == InlineMarks::kWords - 1 ? 55 : 63;
    const uint32_t bits[] = {0, 31, last};
    for (uint32_t state = 0; state < 64; ++state) {
      auto page = new_page(255);
      uint64_t grey = 0;
      uint64_t scanned = 0;
      for (uint32_t i = 0; i < 3; ++i) {
        const bool is_marked = (state >> (2 * i) & 1) != 0;
        const bool is_scanned = (state >> (2 * i + 1) & 1) != 0;
        if (is_marked) set_mark(page->marks(), word * 64 + bits[i]);
        if (is_scanned) page->marks().set_scan(word * 64 + bits[i]);
        if (is_marked && !is_scanned) grey |= uint64_t{1} << bits[i];
        if (is_marked || is_scanned) scanned |= uint64_t{1} << bits[i];
      }
      page->marks().acquire(1);
      ASSERT_EQ(page->marks().take_grey(word), grey) << "word " << word << ", state " << state;
      ASSERT_EQ(page->marks().take_grey(word), 0u) << "word " << word << ", state " << state;
      ASSERT_EQ(page->marks().scans(word), scanned) << "word " << word << ", state " << state;
      ASSERT_EQ(owner_byte(*page), kOneMark);
    }
  }
}

// ---- Every interleaving ----
#if defined(SAMOVAR_CAN_INTERLEAVE)

using interleave::Explorer;

struct InterleavedWords {
  static uint64_t load(const uint64_t* word) {
    Explorer::point(word, false);
    return *word;
  }
  static uint64_t load_in_order(const uint64_t* word) { return load(word); }
  static void store(uint64_t* word, uint64_t value) {
    Explorer::point(word, true);
    *word = value;
  }
  static uint64_t fetch_or(uint64_t* word, uint64_t bits) {
    Explorer::point(word, true);
    return std::exchange(*word, *word | bits);
  }
  static uint64_t fetch_and(uint64_t* word, uint64_t bits) {
    Explorer::point(word, true);
    return std::exchange(*word, *word & bits);
  }
};

// One page, the queue, and how often each object was scanned. Objects are below 64, so that one word of marks matters.
struct Marking {
  static constexpr uint32_t kObjects = 4;
  BasicInlineMarks<InterleavedWords> page{};
  std::deque<uint32_t> queue;  // entries for the page: the object that each names
  uint32_t wanted = 0;         // marked by somebody
  uint32_t scanned[kObjects] = {};
  bool queued_twice = false;

  void mark(uint32_t object) { mark_together(1u << object); }
  // As Marker::mark_in_page.
  void mark_together(uint32_t objects) {
    wanted |= objects;
    const uint64_t fresh = page.set_marks(0, objects);
    if (fresh == 0 || !page.acquire(fresh)) return;
    Explorer::point(&queue, true);
    queued_twice |= !queue.empty();
    queue.push_back(static_cast<uint32_t>(__builtin_ctzll(fresh)));
  }
  void scan_one_entry() {
    Explorer::point(&queue, true);
    if (queue.empty()) return;
    const uint32_t named = queue.front();
    queue.pop_front();
    if (page.release() == kOneMark) {
      if (page.set_scan(named)) ++scanned[named];
      return;
    }
    for (uint64_t grey = page.take_grey(0); grey != 0; grey &= grey - 1) ++scanned[__builtin_ctzll(grey)];
  }
  std::string verdict() {
    while (!queue.empty()) scan_one_entry();
    for (uint32_t i = 0; i < kObjects; ++i) {
      if ((wanted >> i & 1) == 0) {
        if (scanned[i] != 0) return "object " + std::to_string(i) + " was scanned though nobody had marked it";
        continue;
      }
      if (scanned[i] == 0) return "object " + std::to_string(i) + " was lost";
      if (scanned[i] > 1) return "object " + std::to_string(i) + " was scanned twice";
    }
    return queued_twice ? "the page was in the queue twice" : "";
  }
};

using Act = void (*)(Marking*);

void expect_sound(std::vector<Act> acts) {
  const auto result = Explorer::explore(
      [&] {
        auto marking = std::make_shared<Marking>();
        Explorer::Program program;
        for (const Act act : acts) program.threads.push_back([=] { act(marking.get()); });
        program.verdict = [marking] { return marking->verdict(); };
        return program;
      },
      3'000'000, 200);
  EXPECT_EQ(result.failure, "");
  EXPECT_TRUE(result.complete) << "after " << result.schedules << " schedules";
  EXPECT_GT(result.schedules, 5u);
  testing::Test::RecordProperty("schedules", std::to_string(result.schedules));
}

TEST(InlineMarksInterleaved, TwoMarkersOfTheFirstTwoObjectsLoseNeither) {
  expect_sound({[](Marking* m) { m->mark(0); }, [](Marking* m) { m->mark(1); }});
}

TEST(InlineMarksInterleaved, TwoMarkersAndAScannerLoseNoObject) {
  expect_sound({[](Marking* m) { m->mark(0); }, [](Marking* m) { m->mark(1); },
                [](Marking* m) {
                  m->scan_one_entry();
                  m->scan_one_entry();
                }});
}

TEST(InlineMarksInterleaved, OneObjectMarkedByTwoIsScannedOnce) {
  expect_sound({[](Marking* m) { m->mark(0); }, [](Marking* m) { m->mark(0); },
                [](Marking* m) {
                  m->scan_one_entry();
                  m->scan_one_entry();
                }});
}

TEST(InlineMarksInterleaved, PageMayBeQueuedAgainWhileItIsBeingScanned) {
  expect_sound({[](Marking* m) {
                  m->mark(0);
                  m->mark(1);
                  m->mark(2);
                },
                [](Marking* m) {
                  m->scan_one_entry();
                  m->scan_one_entry();
                }});
}

TEST(InlineMarksInterleaved, TwoMarkersOfOverlappingNeighboursLoseNone) {
  expect_sound({[](Marking* m) { m->mark_together(0b011); }, [](Marking* m) { m->mark_together(0b110); },
                [](Marking* m) {
                  m->scan_one_entry();
                  m->scan_one_entry();
                }});
}

TEST(InlineMarksInterleaved, NeighboursMarkedTogetherAndOneAloneLoseNone) {
  expect_sound({[](Marking* m) { m->mark_together(0b0110); },
                [](Marking* m) {
                  m->mark(0);
                  m->mark(3);
                },
                [](Marking* m) { m->scan_one_entry(); }});
}

// Objects 1 and 2 lie in slots that one P had free: nobody scans them, whatever becomes of their neighbours.
TEST(InlineMarksInterleaved, BlackeningFreeSlotsDisturbsNoNeighbour) {
  const auto blacken = [](Marking* m) { m->page.blacken(0, 0b0110); };
  expect_sound({blacken,
                [](Marking* m) {
                  m->mark(0);
                  m->mark(3);
                },
                [](Marking* m) {
                  m->scan_one_entry();
                  m->scan_one_entry();
                }});
}

TEST(InlineMarksInterleaved, TwoScannersOfOnePageShareItsObjects) {
  expect_sound({[](Marking* m) {
                  m->mark(0);
                  m->mark(1);
                },
                [](Marking* m) { m->scan_one_entry(); }, [](Marking* m) { m->scan_one_entry(); }});
}

#endif  // SAMOVAR_CAN_INTERLEAVE

// ---- A storm ----

// Markers mark all objects of all pages, each in an order of its own; scanners take pages off one queue until all are through.
class Storm {
 public:
  static constexpr uint32_t kObjects = 128;
  Storm(uint32_t pages, uint32_t markers, uint64_t seed) : markers_(markers), seed_(seed), pages_(pages), queued_(pages) {
    for (Page& page : pages_) page.marks().init(5);
    scanned_ = std::vector<std::atomic<uint32_t>>(pages * kObjects);
  }

  void run(uint32_t scanners) {
    marking_ = markers_;
    on_threads(markers_ + scanners, [&](uint32_t index) { index < markers_ ? mark(index) : scan(); });
  }
  // How many objects were not scanned exactly once, and how often a page was in the queue twice.
  uint32_t mistakes() const {
    uint32_t count = twice_;
    for (const auto& scans : scanned_) count += scans != 1 ? 1 : 0;
    return count;
  }

 private:
  void mark(uint32_t index) {
    base::Rng rng(seed_ + index);
    const auto all = static_cast<uint32_t>(scanned_.size());
    // An odd stride visits all of a power of two.
    const uint32_t start = rng.below(all);
    const uint32_t stride = (index % 2 == 0 ? 1 : rng.below(all)) | 1;
    for (uint32_t i = 0; i < all; ++i) {
      const uint32_t at = (start + i * stride) % all;
      const uint32_t page = at / kObjects;
      InlineMarks& marks = pages_[page].marks();
      if (!set_mark(marks, at % kObjects) || !marks.acquire(1)) continue;
      if (queued_[page].exchange(true)) ++twice_;
      platform::MutexLock lock(mutex_);
      queue_.push_back(at);
    }
    --marking_;
  }

  void scan() {
    for (;;) {
      const bool last = marking_ == 0;
      uint32_t entry = 0;
      {
        platform::MutexLock lock(mutex_);
        if (queue_.empty() && last) return;
        if (queue_.empty()) continue;
        entry = queue_.front();
        queue_.pop_front();
      }
      const uint32_t page = entry / kObjects;
      queued_[page] = false;
      InlineMarks& marks = pages_[page].marks();
      if (marks.release() == kOneMark) {
        if (marks.set_scan(entry % kObjects)) ++scanned_[entry];
        continue;
      }
      for (uint32_t word = 0; word < kObjects / 64; ++word) {
        for (uint64_t grey = marks.take_grey(word); grey != 0; grey &= grey - 1) {
          ++scanned_[page * kObjects + word * 64 + static_cast<uint32_t>(__builtin_ctzll(grey))];
        }
      }
    }
  }

  const uint32_t markers_;
  const uint64_t seed_;
  std::vector<Page> pages_;
  std::vector<std::atomic<bool>> queued_;
  std::vector<std::atomic<uint32_t>> scanned_;
  std::atomic<uint32_t> marking_{0};
  std::atomic<uint32_t> twice_{0};
  platform::Mutex mutex_;
  std::deque<uint32_t> queue_;  // guarded by mutex_
};

TEST(InlineMarksStorm, EveryMarkedObjectIsScannedExactlyOnce) {
  SKIP_WITHOUT_THREADS();
  constexpr uint64_t kRounds = kThreadSanitizer ? 20 : 100;
  for (uint64_t round = 0; round < kRounds; ++round) {
    const uint64_t seed = test_seed() * 1000 + round;
    Storm storm(16, 3, seed);
    storm.run(round % 2 == 0 ? 2 : 1);
    ASSERT_EQ(storm.mistakes(), 0u) << "seed " << seed;
  }
}

}  // namespace
}  // namespace samovar::heap
