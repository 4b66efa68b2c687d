#include "experiments/event_lines.h"

#include "base/json.h"
#include "sched/wait_reason.h"

namespace samovar::experiments {

namespace {

using observe::Event;
using observe::EventKind;

// By number of the kind.
constexpr std::string_view kKinds[] = {
    "",           "go_create",   "go_run",  "proc_idle",     "go_ready",     "steal",  "overflow", "global_take",
    "proc_start", "handoff",     "preempt", "syscall_enter", "syscall_exit", "m_park", "m_wake",   "timer_fire",
    "stw_begin",  "stw_stopped", "stw_end", "gomaxprocs",    "user",         "fatal",  "gc_begin", "gc_mark",
    "gc_marked",  "gc_swept",    "gc_assist", "gc_assist_wait",
};
static_assert(std::size(kKinds) == static_cast<size_t>(EventKind::kCount));

bool has_stop_reason(EventKind kind) {
  return kind == EventKind::kGoRun || kind == EventKind::kProcIdle;
}

}  // namespace

std::string_view name_of(EventKind kind) {
  const auto index = static_cast<size_t>(kind);
  return index < std::size(kKinds) ? kKinds[index] : std::string_view();
}

std::string_view stop_reason_name(uint8_t reason) {
  constexpr std::string_view kStops[] = {"", "exit", "gosched", "preempted", "goyield", "syscall"};
  if (reason < std::size(kStops)) return kStops[reason];
  if (reason < observe::kReasonWait) return "";
  const auto wait = static_cast<uint8_t>(reason - observe::kReasonWait);
  if (wait >= static_cast<uint8_t>(sched::WaitReason::kCount)) return "";
  return sched::to_string(static_cast<sched::WaitReason>(wait));
}

void append_event_line(std::string& out, const Event& event, std::string_view name) {
  base::JsonWriter json(out);
  json.begin_object();
  json.field("time_ns", event.time_ns);
  json.field("seq", event.seq);
  const std::string_view kind = name_of(event.kind);
  if (kind.empty()) {
    json.field("kind", static_cast<unsigned>(event.kind));
  } else {
    json.field("kind", kind);
  }
  if (event.p != observe::kNoP) json.field("p", event.p);
  json.field("g", event.g);
  json.field("a", event.a);
  json.field("b", event.b);
  const std::string_view stop = has_stop_reason(event.kind) ? stop_reason_name(event.reason) : std::string_view();
  if (!stop.empty()) {
    json.field("reason", stop);
  } else if (event.reason != 0) {
    json.field("reason", event.reason);
  }
  if (!name.empty()) json.field("name", name);
  json.end_object();
  out += '\n';
}

}  // namespace samovar::experiments
