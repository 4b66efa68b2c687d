// Mark assists (Go: gcAssistAlloc): who allocates during marking pays for it in scan work, so that marking ends before the heap has outgrown its goal.
//
// A debt is paid from the credit that background workers have earned, or else by marking, within the allocation. If there is nothing to mark just then, the
// goroutine waits at its next suspension, first come first served, until workers have earned enough or marking is over. While the collector has had more than its share of
// the CPU (gc/cpu_limiter.h), nobody assists: what is allocated then is owed, and mostly never paid.
#include <algorithm>

#include "gc/collector.h"
#include "sched/costs.h"
#include "sched/driver.h"
#include "sched/ops.h"

namespace samovar::gc {

using sched::G;
using sched::M;
using sched::WaitReason;

namespace {
constexpr int64_t kOverAssist = 64 * 1024;  // at least so much work at a time: the rest is credit
constexpr uint64_t kUpdateAfterNs = 5'000;  // gcAssistTimeSlack: a shorter assist leaves it to others to bring the limiter up to date
}

// deductAssistCredit, with what is lost between the object and its slot (mallocgc: elemsize - size), which Go charges after the allocation. A tiny object owes for
// itself alone: whether it opens a block is not known yet.
void Collector::owe(M* m, ProcState& state, size_t bytes, const heap::Type* type) {
  G* g = m->current;
  // Neither debt nor credit outlives its cycle (Go: gcResetMarkState). Seen to by the goroutine itself: nobody has to visit a million of them.
  if (g->gc_assist_cycle != cycle_.get()) {
    g->gc_assist_cycle = cycle_.get();
    g->gc_assist_bytes = 0;
  }
  g->gc_assist_bytes -= static_cast<int64_t>(heap::Heap::bytes_taken(bytes, type));
  if (g->gc_assist_bytes < 0) assist(m, state);
}

void Collector::assist(M* m, ProcState& state) {
  if (limiter_.limiting()) return;
  G* g = m->current;
  // Whoever is to stop, or has found nothing to mark and is to wait, pays after that, as gcDrainN and gcAssistAlloc do at once. Until its next suspension it may allocate a thousand
  // times: a look for work each time would keep a stop of the world waiting.
  const auto is_to_stop = [g] {
    return (g->attention.load(std::memory_order_relaxed) & (sched::kAttentionPreempt | sched::kAttentionAssist)) != 0;  // relaxed: a request to be noticed soon
  };
  if (is_to_stop()) return;
  const int64_t debt = -g->gc_assist_bytes;
  int64_t work = static_cast<int64_t>(pacer_.work_per_byte() * static_cast<double>(debt));
  work = std::max(work, kOverAssist);
  const auto worth = [this](int64_t scan_work) { return 1 + static_cast<int64_t>(pacer_.bytes_per_work() * static_cast<double>(scan_work)); };

  const int64_t credit = pacer_.credit.load(std::memory_order_relaxed);  // relaxed, here and below: a figure; two who take the same credit leave it negative for a moment
  if (credit > 0) {
    const int64_t taken = std::min(credit, work);
    pacer_.credit.fetch_sub(taken, std::memory_order_relaxed);
    g->gc_assist_bytes += worth(taken);
    work -= taken;
    if (work == 0) return;
  }

  const uint64_t started_ns = scheduler_.now(m);
  state.limiter_event.begin(LimiterEvent::kAssist, started_ns);
  active_.fetch_add(1);
  int64_t done = 0;
  bool more = true;
  while (more && done < work && !limiter_.limiting() && !is_to_stop()) more = mark_some(m, state, work - done, Roots::kLast, &done);
  leave_marking(m);
  const uint64_t ended_ns = scheduler_.now(m);
  const uint64_t took = ended_ns - started_ns;
  count_for_limiter(state.limiter_event.end(ended_ns));
  if (took > kUpdateAfterNs) limiter_.update(ended_ns);
  pacer_.assist_ns.fetch_add(took, std::memory_order_relaxed);
  g->gc_assist_ns += took;
  if (done > 0) {
    g->gc_assist_bytes += worth(done);
    scheduler_.emit(m, observe::EventKind::kGcAssist, g->id.get(), static_cast<uint32_t>(done / 1024), took);
  }
  if (g->gc_assist_bytes < 0 && !limiter_.limiting() && !is_to_stop()) g->attention.fetch_or(sched::kAttentionAssist);
}

// The goroutine has stopped because it owes. It goes on at once if marking is over, or if credit has come meanwhile. Or it has stopped because the arena is
// nearly used up: then it waits for the end of a collection that has not begun yet. Or because one is due: then it waits for that to begin.
bool Collector::assist_waits(M* m, G* g, void* collector) {
  auto* self = static_cast<Collector*>(collector);
  if (self->short_of_room()) {
    self->request_cycle_unless_pending(m);
    self->scheduler_.wait_instead(m, g, WaitReason::kWaitForGcCycle);
    platform::MutexLock lock(self->control_mutex_);
    // A whole collection: what has been made while one is marking outlives it.
    self->waiters_.push_back({g, self->cycle_.get() + 1});
    return true;
  }
  // The world cannot stop in between: this M has its P.
  if (self->phase() == Phase::kOff && self->request_pending_.load(std::memory_order_relaxed)) {  // relaxed: a hint; who does not see it goes on as if it had come sooner
    self->scheduler_.wait_instead(m, g, WaitReason::kWaitForGcCycle);
    platform::MutexLock lock(self->control_mutex_);
    self->starters_.push_back(g);
    return true;
  }
  platform::MutexLock lock(self->assist_mutex_);
  if (self->phase() != Phase::kMark || self->pacer_.credit.load(std::memory_order_relaxed) > 0 || g->gc_assist_bytes >= 0 || self->limiter_.limiting()) {
    return false;
  }
  self->scheduler_.emit(m, observe::EventKind::kGcAssistWait, g->id.get(), 0, static_cast<uint64_t>(-g->gc_assist_bytes));
  self->assist_queue_.push_back(g);
  self->assist_waiting_.store(static_cast<uint32_t>(self->assist_queue_.size()), std::memory_order_relaxed);  // relaxed: a mirror
  return true;
}

// gcFlushBgCredit: background work goes to those who wait, in their order; what is left, to whoever allocates next.
void Collector::add_credit(M* m, int64_t work) {
  if (assist_waiting_.load(std::memory_order_relaxed) == 0) {  // relaxed: who comes a moment later sees the credit
    pacer_.credit.fetch_add(work, std::memory_order_relaxed);
    return;
  }
  std::vector<G*> served;
  {
    platform::MutexLock lock(assist_mutex_);
    auto bytes = static_cast<int64_t>(pacer_.bytes_per_work() * static_cast<double>(work));
    size_t next = 0;
    while (next < assist_queue_.size() && bytes > 0) {
      G* g = assist_queue_[next];
      if (bytes + g->gc_assist_bytes < 0) {
        // Paid in part: to the back, so that one large debt does not keep all the others waiting.
        g->gc_assist_bytes += bytes;
        bytes = 0;
        std::rotate(assist_queue_.begin() + static_cast<ptrdiff_t>(next), assist_queue_.begin() + static_cast<ptrdiff_t>(next) + 1, assist_queue_.end());
        break;
      }
      bytes += g->gc_assist_bytes;
      g->gc_assist_bytes = 0;
      served.push_back(g);
      ++next;
    }
    assist_queue_.erase(assist_queue_.begin(), assist_queue_.begin() + static_cast<ptrdiff_t>(next));
    assist_waiting_.store(static_cast<uint32_t>(assist_queue_.size()), std::memory_order_relaxed);  // relaxed: a mirror
    if (bytes > 0) pacer_.credit.fetch_add(static_cast<int64_t>(pacer_.work_per_byte() * static_cast<double>(bytes)), std::memory_order_relaxed);
  }
  for (G* g : served) scheduler_.ready(m, g, false);
}

// Marking is over, and the world runs again: nobody owes anything any more.
void Collector::release_assists(M* m) {
  std::vector<G*> served;
  {
    platform::MutexLock lock(assist_mutex_);
    served.swap(assist_queue_);
    assist_waiting_.store(0, std::memory_order_relaxed);  // relaxed: a mirror
  }
  for (G* g : served) {
    g->gc_assist_bytes = 0;
    scheduler_.ready(m, g, false);
  }
}

// What it has paid in advance goes to the others.
void Collector::goroutine_exits(void* collector, G* g) {
  auto* self = static_cast<Collector*>(collector);
  if (g->gc_assist_bytes <= 0 || self->phase() != Phase::kMark || g->gc_assist_cycle != self->cycle_.get()) return;
  const auto work = static_cast<int64_t>(self->pacer_.work_per_byte() * static_cast<double>(g->gc_assist_bytes));
  self->pacer_.credit.fetch_add(work, std::memory_order_relaxed);  // relaxed: a figure
}

}  // namespace samovar::gc
