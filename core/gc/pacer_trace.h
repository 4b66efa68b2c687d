// What the pacer tells of a collection, in the words of GODEBUG=gcpacertrace=1 (Go: mgcpacer.go, startCycle and endCycle):
//
//   pacer: assist ratio=0.43 (scan 0 MB in 8->9 MB) workers=0+0.25
//   pacer: 26% CPU (25 exp.) for 1647024+1432+145994 B work (1794746 B exp.) in 29694128 B -> 33437872 B (∆goal -752730, cons/mark 0.83)
//
// That is: what an allocated byte costs in scan work, and how the work is divided; then what marking took and was expected to take, and how far from its goal the heap was.
#pragma once

#include <cstdint>
#include <string>

namespace samovar::gc {

struct PacerTrace {
  // When marking began.
  double assist_ratio = 0;
  uint64_t heap_scan = 0;       // bytes that may have to be scanned
  uint64_t heap_start = 0;
  uint64_t goal = 0;
  uint32_t dedicated = 0;
  double fractional = 0;

  // When it ended; nothing if the heap has not grown meanwhile.
  bool ended = false;
  double utilization = 0;       // 0 to 1: the workers' quarter, and assists
  int64_t heap_work = 0;
  int64_t stack_work = 0;
  int64_t globals_work = 0;
  uint64_t expected_work = 0;
  uint64_t triggered = 0;
  uint64_t heap_end = 0;
  uint64_t goal_at_end = 0;
  double cons_mark = 0;         // that this collection went by
};

// Its one or two lines.
std::string pacer_lines(const PacerTrace& trace);

// As Go's print does (strconv's 'g' with the fewest digits): 0.25, 5e-05, 1e+21.
std::string format_as_go(double value);

}  // namespace samovar::gc
