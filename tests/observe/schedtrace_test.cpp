// The expected lines were printed by Go 1.26 (GODEBUG=schedtrace=100 and scheddetail=1, GOMAXPROCS=2).
#include "observe/schedtrace.h"

#include <gtest/gtest.h>

namespace samovar::observe {
namespace {

SchedSnapshot two_procs(uint64_t ms) {
  SchedSnapshot s;
  s.time_ns = ms * 1'000'000 + 999'999;  // whole milliseconds are printed, cut off
  s.gomaxprocs = 2;
  s.threads = 4;
  s.procs.resize(2);
  return s;
}

TEST(Schedtrace, BriefIsGosOneLine) {
  SchedSnapshot s = two_procs(102);
  s.spinningthreads = 1;
  s.needspinning = 1;
  s.idlethreads = 1;
  s.procs[0].schedtick = 39;
  s.procs[1].schedtick = 127;
  s.procs[1].runqsize = 1;
  EXPECT_EQ(format_schedtrace(s),
            "SCHED 102ms: gomaxprocs=2 idleprocs=0 threads=4 spinningthreads=1 needspinning=1 idlethreads=1 "
            "runqueue=0 [ 0 1 ] schedticks=[ 39 127 ]\n");
}

TEST(Schedtrace, DetailListsPsMsAndGs) {
  SchedSnapshot s = two_procs(208);
  s.detail = true;
  s.needspinning = 1;
  s.idlethreads = 1;
  s.procs[0] = {.status = 1, .schedtick = 48, .m = 3};
  s.procs[1] = {.status = 1, .schedtick = 56, .m = 2, .runqsize = 1};
  s.ms = {{.id = 3, .p = 0, .curg = 21}, {.id = 1, .locks = 2}, {.id = 0, .blocked = true}};
  s.gs = {{.id = 1, .status = 4, .wait_reason = "sync.WaitGroup.Wait"},
          {.id = 17, .status = 1},
          {.id = 21, .status = 4, .wait_reason = "GC assist marking", .m = 3}};
  EXPECT_EQ(format_schedtrace(s),
            "SCHED 208ms: gomaxprocs=2 idleprocs=0 threads=4 spinningthreads=0 needspinning=1 idlethreads=1 "
            "runqueue=0 gcwaiting=false nmidlelocked=0 stopwait=0 sysmonwait=false\n"
            "  P0: status=1 schedtick=48 syscalltick=0 m=3 runqsize=0 gfreecnt=0 timerslen=0\n"
            "  P1: status=1 schedtick=56 syscalltick=0 m=2 runqsize=1 gfreecnt=0 timerslen=0\n"
            "  M3: p=0 curg=21 mallocing=0 throwing=0 preemptoff= locks=0 dying=0 spinning=false blocked=false "
            "lockedg=nil\n"
            "  M1: p=nil curg=nil mallocing=0 throwing=0 preemptoff= locks=2 dying=0 spinning=false blocked=false "
            "lockedg=nil\n"
            "  M0: p=nil curg=nil mallocing=0 throwing=0 preemptoff= locks=0 dying=0 spinning=false blocked=true "
            "lockedg=nil\n"
            "  G1: status=4(sync.WaitGroup.Wait) m=nil lockedm=nil\n"
            "  G17: status=1() m=nil lockedm=nil\n"
            "  G21: status=4(GC assist marking) m=3 lockedm=nil\n");
}

TEST(Schedtrace, IdleProcAndLockedGoroutineReadAsInGo) {
  SchedSnapshot s = two_procs(0);
  s.detail = true;
  s.procs.resize(1);
  s.ms = {{.id = 0, .p = 1, .curg = 1, .locks = 2, .lockedg = 1}};
  const std::string text = format_schedtrace(s);
  EXPECT_NE(text.find("  P0: status=0 schedtick=0 syscalltick=0 m=nil runqsize=0 gfreecnt=0 timerslen=0\n"), text.npos);
  EXPECT_NE(text.find("  M0: p=1 curg=1 mallocing=0 throwing=0 preemptoff= locks=2 dying=0 spinning=false "
                      "blocked=false lockedg=1\n"),
            text.npos);
}

}  // namespace
}  // namespace samovar::observe
