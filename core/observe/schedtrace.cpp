#include "observe/schedtrace.h"

#include "base/text.h"

namespace samovar::observe {

namespace {

// " name=value" pairs, the whole vocabulary of these lines.
class Line {
 public:
  explicit Line(std::string& out) : out_(out) {}

  Line& text(std::string_view words) {
    out_ += words;
    return *this;
  }
  Line& number(int64_t value) {
    base::append_number(out_, value);
    return *this;
  }
  Line& field(std::string_view name, int64_t value) { return label(name).number(value); }
  Line& flag(std::string_view name, bool value) { return label(name).text(value ? "true" : "false"); }
  Line& id(std::string_view name, int64_t value) {
    label(name);
    return value == kNil ? text("nil") : number(value);
  }

 private:
  Line& label(std::string_view name) { return text(" ").text(name).text("="); }

  std::string& out_;
};

void append_head(std::string& out, const SchedSnapshot& s) {
  Line line(out);
  line.text("SCHED ").number(static_cast<int64_t>(s.time_ns / 1'000'000)).text("ms:");
  line.field("gomaxprocs", s.gomaxprocs).field("idleprocs", s.idleprocs).field("threads", s.threads);
  line.field("spinningthreads", s.spinningthreads).field("needspinning", s.needspinning);
  line.field("idlethreads", s.idlethreads).field("runqueue", s.runqueue);
}

void append_brief(std::string& out, const SchedSnapshot& s) {
  Line line(out);
  line.text(" [ ");
  for (const ProcSnapshot& p : s.procs) line.number(p.runqsize).text(" ");
  line.text("] schedticks=[ ");
  for (const ProcSnapshot& p : s.procs) line.number(p.schedtick).text(" ");
  line.text("]\n");
}

void append_detail(std::string& out, const SchedSnapshot& s) {
  Line line(out);
  line.flag("gcwaiting", s.gcwaiting).field("nmidlelocked", s.nmidlelocked);
  line.field("stopwait", s.stopwait).flag("sysmonwait", s.sysmonwait).text("\n");
  for (size_t i = 0; i < s.procs.size(); ++i) {
    const ProcSnapshot& p = s.procs[i];
    line.text("  P").number(static_cast<int64_t>(i)).text(":").field("status", p.status);
    line.field("schedtick", p.schedtick).field("syscalltick", p.syscalltick).id("m", p.m);
    line.field("runqsize", p.runqsize).field("gfreecnt", p.gfreecnt).field("timerslen", p.timerslen).text("\n");
  }
  for (const ThreadSnapshot& m : s.ms) {
    line.text("  M").number(m.id).text(":").id("p", m.p).id("curg", m.curg);
    line.text(" mallocing=0 throwing=0 preemptoff=").field("locks", m.locks).text(" dying=0");
    line.flag("spinning", m.spinning).flag("blocked", m.blocked).id("lockedg", m.lockedg).text("\n");
  }
  for (const GoroutineSnapshot& g : s.gs) {
    line.text("  G").number(g.id).text(":").field("status", g.status).text("(").text(g.wait_reason).text(")");
    line.id("m", g.m).id("lockedm", g.lockedm).text("\n");
  }
}

}  // namespace

void append_schedtrace(std::string& out, const SchedSnapshot& snapshot, bool detail) {
  append_head(out, snapshot);
  if (detail) {
    append_detail(out, snapshot);
  } else {
    append_brief(out, snapshot);
  }
}

std::string format_schedtrace(const SchedSnapshot& snapshot) {
  std::string out;
  append_schedtrace(out, snapshot);
  return out;
}

}  // namespace samovar::observe
