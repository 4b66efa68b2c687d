// schedtrace: a moment of the scheduler, and the lines that Go prints of it for GODEBUG=schedtrace=…,scheddetail=1.
//
// The snapshot is a plain value that the scheduler fills; the formatter is pure and knows nothing of it. The text
// follows Go 1.26 (runtime/proc.go:schedtrace) letter for letter, so that tools and people who read Go's lines read
// these. Fields that have no meaning here (mallocing, dying, lockedg, …) are printed as Go prints them when unused.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace samovar::observe {

// Stands for Go's nil where an M, P or G id may be absent.
inline constexpr int64_t kNil = -1;

// A P. Its id is its place in the list.
struct ProcSnapshot {
  uint32_t status = 0;  // Go 1.26: 0 idle, 1 running, 3 stopped for the collector, 4 dead
  uint32_t schedtick = 0;
  uint32_t syscalltick = 0;
  int64_t m = kNil;
  uint32_t runqsize = 0;  // without runnext, as in Go
  uint32_t gfreecnt = 0;
  uint32_t timerslen = 0;
};

struct ThreadSnapshot {
  int64_t id = 0;
  int64_t p = kNil;
  int64_t curg = kNil;
  int32_t locks = 0;
  bool spinning = false;
  bool blocked = false;  // sleeps until somebody wakes it
  int64_t lockedg = kNil;
};

struct GoroutineSnapshot {
  int64_t id = 0;
  uint32_t status = 0;                // Go's numbers: 1 runnable, 2 running, 3 in a blocking call, 4 waiting, 6 dead
  std::string_view wait_reason = {};  // Go's words, static storage; Go keeps the last one after the wait has ended
  int64_t m = kNil;
  int64_t lockedm = kNil;
};

struct SchedSnapshot {
  uint64_t time_ns = 0;  // since the run's start, on its clock
  uint32_t gomaxprocs = 0;
  uint32_t idleprocs = 0;
  uint32_t threads = 0;
  uint32_t spinningthreads = 0;
  uint32_t needspinning = 0;
  uint32_t idlethreads = 0;
  uint32_t runqueue = 0;                 // length of the global queue
  std::vector<ProcSnapshot> procs = {};  // every P there is; runqsize and schedtick are needed in the brief form too

  // The rest is printed in the detail form only.
  bool detail = false;
  bool gcwaiting = false;
  uint32_t nmidlelocked = 0;
  int32_t stopwait = 0;
  bool sysmonwait = false;
  std::vector<ThreadSnapshot> ms = {};     // newest first, as Go lists them
  std::vector<GoroutineSnapshot> gs = {};  // oldest first, dead ones included if they are still kept
};

// Appends Go's one line, or in the detail form its many; each ends with a newline. The detail form needs a snapshot
// that was taken with it; the brief one is there in every snapshot.
void append_schedtrace(std::string& out, const SchedSnapshot& snapshot, bool detail);
inline void append_schedtrace(std::string& out, const SchedSnapshot& snapshot) {
  append_schedtrace(out, snapshot, snapshot.detail);
}

// The same as a string of its own.
std::string format_schedtrace(const SchedSnapshot& snapshot);

}  // namespace samovar::observe
