// Thousands of random programs with both markers: whatever a seed makes of them, nothing that is used is lost, and nothing that is not used stays.
//
// SAMOVAR_TEST_SEED begins at another seed, SAMOVAR_STRESS_SECONDS says for how long (4 by default).
#include <gtest/gtest.h>

#include "gc/programs.h"
#include "platform/clock.h"

namespace samovar::gc {
namespace {

constexpr uint32_t kProcs[] = {1, 2, 4, 8};

class Deadline {
 public:
  explicit Deadline(double share) {
    const uint64_t seconds = sched::environment("SAMOVAR_STRESS_SECONDS", 4);
    end_ns_ = platform::now_ns() + static_cast<uint64_t>(static_cast<double>(seconds * sched::kSecond) * share);
  }
  bool passed() const { return platform::now_ns() >= end_ns_; }

 private:
  uint64_t end_ns_;
};

// How a seed's program is run: every fourth with a collection going on all the time, with a small heap otherwise.
Conditions conditions_of(uint64_t seed, uint32_t procs, Time time, MarkerKind marker) {
  Conditions conditions;
  conditions.procs = procs;
  conditions.time = time;
  conditions.marker = marker;
  conditions.seed = seed;
  conditions.arena_bytes = 48 * kMiB;
  conditions.event_bytes = 256 * kKiB;
  conditions.stress = seed % 4 == 0;
  conditions.pacing.gogc = seed % 3 == 0 ? 100 : 1 + static_cast<int64_t>(seed % 20);
  return conditions;
}

// Runs the program of a seed; says what went wrong, or nothing.
std::string run_program(uint64_t seed, uint32_t procs, Time time, MarkerKind marker, uint64_t* digest = nullptr, uint64_t* cycles = nullptr) {
  RandomProgram program(seed);
  Conditions conditions = conditions_of(seed, procs, time, marker);
  conditions.afterwards = [&](Collector&) { program.shared.reset(); };
  const Ran ran = run(conditions, random_main, &program);
  if (digest != nullptr) *digest = ran.digest;
  if (cycles != nullptr) *cycles += ran.figures.cycles;
  std::string wrong;
  if (ran.outcome.state != RunState::kDone) wrong += " state " + std::to_string(static_cast<int>(ran.outcome.state)) + ": " + ran.outcome.message;
  if (const char* fault = program.fault.load()) wrong += std::string(" ") + fault;
  if (program.objects_at_end != 0) wrong += " " + std::to_string(program.objects_at_end) + " objects were left";
  if (program.finalized.load() > program.finalizers_set.load()) wrong += " a finalizer ran twice";
  for (const auto& count : program.cleanups) {
    if (count.load() > 1) wrong += " a cleanup ran twice";
  }
  if (wrong.empty()) return wrong;
  return "SAMOVAR_TEST_SEED=" + std::to_string(seed) + ", " + std::to_string(procs) + (time == Time::kReal ? " Ps on threads, " : " virtual Ps, ") +
         marker_name(marker) + ":" + wrong;
}

TEST(RandomPrograms, KeepWhatTheyUseInVirtualTimeAndRepeatThemselves) {
  const Deadline deadline(0.5);
  const uint64_t first = test_seed();
  uint64_t programs = 0, cycles = 0;
  for (uint64_t seed = first; !deadline.passed() && !testing::Test::HasFailure(); ++seed) {
    for (const uint32_t procs : kProcs) {
      for (const MarkerKind marker : {MarkerKind::kGreenTea, MarkerKind::kClassic}) {
        uint64_t digest = 0;
        ASSERT_EQ(run_program(seed, procs, Time::kVirtual, marker, &digest, &cycles), "");
        ++programs;
        if ((seed + procs) % 4 != 0) continue;
        uint64_t again = 0;
        ASSERT_EQ(run_program(seed, procs, Time::kVirtual, marker, &again, &cycles), "");
        ASSERT_EQ(digest, again) << "SAMOVAR_TEST_SEED=" << seed << ", " << procs << " virtual Ps, " << marker_name(marker);
        ++programs;
      }
    }
  }
  std::printf("  %llu programs with %llu collections in virtual time, seeds from %llu\n", static_cast<unsigned long long>(programs),
              static_cast<unsigned long long>(cycles), static_cast<unsigned long long>(first));
}

TEST(RandomPrograms, KeepWhatTheyUseOnThreads) {
  SAMOVAR_SKIP_WITHOUT_THREADS();
  const Deadline deadline(0.5);
  const uint64_t first = test_seed();
  uint64_t programs = 0, cycles = 0;
  for (uint64_t seed = first; !deadline.passed() && !testing::Test::HasFailure(); ++seed) {
    for (const uint32_t procs : kProcs) {
      for (const MarkerKind marker : {MarkerKind::kGreenTea, MarkerKind::kClassic}) {
        ASSERT_EQ(run_program(seed, procs, Time::kReal, marker, nullptr, &cycles), "");
        ++programs;
      }
    }
  }
  std::printf("  %llu programs with %llu collections on threads, seeds from %llu\n", static_cast<unsigned long long>(programs),
              static_cast<unsigned long long>(cycles), static_cast<unsigned long long>(first));
}

}  // namespace
}  // namespace samovar::gc
