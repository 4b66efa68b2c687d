// Thousands of random programs: whatever a seed makes of them, nothing is lost and all ends.
//
// SAMOVAR_TEST_SEED begins at another seed, SAMOVAR_STRESS_SECONDS says for how long (4 by default).
#include <gtest/gtest.h>

#include "platform/clock.h"
#include "sched/harness.h"
#include "sched/programs.h"

namespace samovar::sched {
namespace {

constexpr uint32_t kProcs[] = {1, 2, 4, 8};

class Deadline {
 public:
  explicit Deadline(double share) {
    const uint64_t seconds = environment("SAMOVAR_STRESS_SECONDS", 4);
    end_ns_ = platform::now_ns() + static_cast<uint64_t>(static_cast<double>(seconds * kSecond) * share);
  }
  bool passed() const { return platform::now_ns() >= end_ns_; }

 private:
  uint64_t end_ns_;
};

// Runs the program of a seed; says what went wrong, or nothing.
std::string run_program(uint64_t seed, uint32_t procs, Time time, uint64_t* digest = nullptr) {
  RandomProgram program(seed);
  const Ran ran = run({.procs = procs, .time = time, .seed = seed, .event_bytes = 256 * 1024}, random_main, &program);
  if (digest != nullptr) *digest = ran.digest;
  std::string wrong;
  const uint64_t begun = program.begun.load();
  const uint64_t ended = program.ended.load();
  if (ran.outcome.state != RunState::kDone) wrong += " state " + std::to_string(static_cast<int>(ran.outcome.state)) + ": " + ran.outcome.message;
  if (begun != ended) wrong += " begun " + std::to_string(begun) + ", ended " + std::to_string(ended);
  if (ran.created < begun + 1) wrong += " created " + std::to_string(ran.created) + " of " + std::to_string(begun + 1);
  if (ran.left != 0) wrong += " " + std::to_string(ran.left) + " goroutines left";
  if (wrong.empty()) return wrong;
  return "SAMOVAR_TEST_SEED=" + std::to_string(seed) + ", " + std::to_string(procs) + (time == Time::kReal ? " Ps on threads:" : " virtual Ps:") + wrong;
}

TEST(RandomPrograms, EndInVirtualTimeAndRepeatThemselves) {
  const Deadline deadline(0.4);
  const uint64_t first = test_seed();
  uint64_t programs = 0;
  for (uint64_t seed = first; !deadline.passed() && !testing::Test::HasFailure(); ++seed) {
    for (const uint32_t procs : kProcs) {
      uint64_t digest = 0, again = 0;
      ASSERT_EQ(run_program(seed, procs, Time::kVirtual, &digest), "");
      ASSERT_EQ(run_program(seed, procs, Time::kVirtual, &again), "");
      ASSERT_EQ(digest, again) << "SAMOVAR_TEST_SEED=" << seed << ", " << procs << " virtual Ps";
      programs += 2;
    }
  }
  RecordProperty("programs", std::to_string(programs));
  std::printf("  %llu programs in virtual time, seeds from %llu\n", static_cast<unsigned long long>(programs), static_cast<unsigned long long>(first));
}

TEST(RandomPrograms, EndOnThreads) {
  SAMOVAR_SKIP_WITHOUT_THREADS();
  const Deadline deadline(0.6);
  const uint64_t first = test_seed();
  uint64_t programs = 0;
  for (uint64_t seed = first; !deadline.passed() && !testing::Test::HasFailure(); ++seed) {
    for (const uint32_t procs : kProcs) {
      ASSERT_EQ(run_program(seed, procs, Time::kReal), "");
      ++programs;
    }
  }
  RecordProperty("programs", std::to_string(programs));
  std::printf("  %llu programs on threads, seeds from %llu\n", static_cast<unsigned long long>(programs), static_cast<unsigned long long>(first));
}

}  // namespace
}  // namespace samovar::sched
