// Random programs on a collected heap: whatever a seed makes of them, no object that is held is lost, and none stays that nobody holds.
//
// Every collection is checked by a second mark, and what is freed is poisoned. SAMOVAR_TEST_SEED begins at another seed, SAMOVAR_STRESS_SECONDS says for how long
// (4 by default); at least a hundred programs each run in any case. One seed alone: SAMOVAR_TEST_SEED=… SAMOVAR_TEST_PROGRAMS=1.
#include <gtest/gtest.h>

#include "gc/mutator.h"
#include "platform/clock.h"

namespace samovar::gc {
namespace {

using sched::environment;
using sched::Time;

constexpr uint32_t kProcs[] = {1, 2, 4, 8};

// Runs the program of a seed; says what went wrong, or nothing.
std::string run_program(uint64_t seed, uint32_t procs, Time time, uint64_t* digest = nullptr) {
  mutator::Program program(seed);
  const sched::Settings settings{.procs = procs, .time = time, .seed = seed, .event_bytes = 256 * 1024};
  const CollectorOptions options{.pacing = {.gogc = program.gogc},
                                 .marker = program.green_tea ? MarkerKind::kGreenTea : MarkerKind::kClassic,
                                 .checkmark = true,
                                 .poison = true,
                                 .stress = program.stress};
  const Collected out = run_collected(settings, options, mutator::run_program, &program, mutator::clear);
  if (digest != nullptr) *digest = out.ran.digest;
  std::string wrong = program.wrong;
  if (out.ran.outcome.state != sched::RunState::kDone) wrong += " state " + std::to_string(static_cast<int>(out.ran.outcome.state)) + ": " + out.ran.outcome.message;
  if (wrong.empty() && out.figures.cycles == 0) wrong = "no collection";
  if (wrong.empty()) return wrong;
  return "SAMOVAR_TEST_SEED=" + std::to_string(seed) + ", " + std::to_string(procs) + (time == Time::kReal ? " Ps on threads: " : " virtual Ps: ") + wrong;
}

// Runs programs until `share` of the time is over, but at least a hundred, or as many as SAMOVAR_TEST_PROGRAMS says.
template <class Run>
void run_programs(double share, const char* where, const Run& run) {
  const uint64_t exactly = environment("SAMOVAR_TEST_PROGRAMS", 0);
  const uint64_t least = exactly != 0 ? exactly : 25;
  const auto seconds = static_cast<double>(environment("SAMOVAR_STRESS_SECONDS", 4)) * share;
  const uint64_t end_ns = platform::now_ns() + static_cast<uint64_t>(seconds * 1e9);
  const uint64_t first = sched::test_seed();
  uint64_t programs = 0;
  for (uint64_t seed = first; seed - first < least || (exactly == 0 && platform::now_ns() < end_ns); ++seed) {
    for (const uint32_t procs : kProcs) {
      ASSERT_NO_FATAL_FAILURE(run(seed, procs));
      ++programs;
    }
  }
  std::printf("  %llu programs %s, seeds from %llu\n", static_cast<unsigned long long>(programs), where, static_cast<unsigned long long>(first));
}

TEST(RandomMutators, LoseNothingInVirtualTimeAndRepeatThemselves) {
  SKIP_UNDER_THREAD_SANITIZER();
  run_programs(0.4, "in virtual time", [](uint64_t seed, uint32_t procs) {
    uint64_t digest = 0, again = 0;
    ASSERT_EQ(run_program(seed, procs, Time::kVirtual, &digest), "");
    if (seed % 8 != 0) return;
    ASSERT_EQ(run_program(seed, procs, Time::kVirtual, &again), "");
    ASSERT_EQ(digest, again) << "SAMOVAR_TEST_SEED=" << seed << ", " << procs << " virtual Ps";
  });
}

TEST(RandomMutators, LoseNothingOnThreads) {
  SAMOVAR_SKIP_WITHOUT_THREADS();
  run_programs(0.6, "on threads", [](uint64_t seed, uint32_t procs) { ASSERT_EQ(run_program(seed, procs, Time::kReal), ""); });
}

}  // namespace
}  // namespace samovar::gc
