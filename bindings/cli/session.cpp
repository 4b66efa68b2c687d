// In real time the run has a thread of its own (which becomes M 0) and the main thread looks after the terminal; in
// virtual time the main thread takes turns between both, so that no event is lost to a slow writer.
#include "cli/session.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <thread>

#include "base/text.h"
#include "cli/events.h"
#include "cli/report.h"
#include "experiments/run.h"
#include "platform/clock.h"
#include "platform/worker_pool.h"

namespace samovar::cli {

namespace {

using experiments::Run;

// Set by the signal handler, which may do no more.
volatile std::sig_atomic_t g_interrupted = 0;

extern "C" void on_interrupt(int) {
  g_interrupted = 1;
}

// A second Ctrl-C finds the default again, and ends the program at once.
void catch_interrupts() {
  struct sigaction action = {};
  action.sa_handler = on_interrupt;
  action.sa_flags = SA_RESETHAND;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

// The line that says how far the run is, overwritten in place; only for a terminal.
class ProgressLine {
 public:
  explicit ProgressLine(bool wanted) : wanted_(wanted && isatty(STDERR_FILENO) != 0) {}
  ~ProgressLine() { clear(); }

  void update(const Run& run, uint64_t elapsed_ns) {
    if (!wanted_ || elapsed_ns < shown_ns_ + kEvery) return;
    shown_ns_ = elapsed_ns;
    const experiments::RunSignals& signals = run.signals();
    // relaxed: figures to look at.
    const uint64_t done = signals.progress_done.load(std::memory_order_relaxed);
    const uint64_t total = signals.progress_total.load(std::memory_order_relaxed);
    const uint64_t work = signals.work.load(std::memory_order_relaxed);
    const std::string_view unit = run.spec().progress_unit;
    std::string line(run.spec().title);
    if (!unit.empty() && (done > 0 || total > 0)) {
      line += "  " + base::format_number(done) + (total > 0 ? " of " + base::format_number(total) : "") + " " + std::string(unit);
    }
    if (total > 0) line += "  " + base::format_number(std::min(done, total) * 100 / total) + "%";
    if (work > 0) line += "  " + format_quantity(base::format_number(work), run.spec().work_unit);
    line += "  " + base::format_number(elapsed_ns / 1'000'000'000) + " s";
    std::fprintf(stderr, "\r\033[K%s", line.c_str());
    drawn_ = true;
  }

  void clear() {
    if (drawn_) std::fputs("\r\033[K", stderr);
    drawn_ = false;
  }

 private:
  static constexpr uint64_t kEvery = 100'000'000;

  const bool wanted_;
  bool drawn_ = false;
  uint64_t shown_ns_ = 0;
};

// Everything that has to be looked at again and again while the run goes on.
class Attendant {
 public:
  Attendant(Run& run, EventFile& events, const Command& command)
      : run_(run), events_(events), trace_(command.schedtrace_ms > 0), gctrace_(command.gctrace), pacer_(command.gcpacertrace), progress_(!trace_ && gctrace_ == 0 && !pacer_) {}

  void look() {
    if (g_interrupted != 0) run_.cancel();
    if (events_.is_open()) events_.drain(run_);
    if (trace_) print_trace();
    if (gctrace_ > 0 || pacer_) print_gctrace();
    progress_.update(run_, platform::now_ns() - start_ns_);
  }

  void end() {
    look();
    if (!events_.is_open()) EventFile::count_dropped(run_);
    progress_.clear();
  }

 private:
  void print_trace() {
    const std::string text = run_.schedtrace(printed_);
    std::fwrite(text.data(), 1, text.size(), stderr);
    printed_ += text.size();
  }

  void print_gctrace() {
    const std::string text = run_.gctrace(gctrace_, &collections_printed_, pacer_);
    std::fwrite(text.data(), 1, text.size(), stderr);
  }

  Run& run_;
  EventFile& events_;
  const bool trace_;
  const int gctrace_;
  const bool pacer_;
  ProgressLine progress_;
  const uint64_t start_ns_ = platform::now_ns();
  size_t printed_ = 0;
  uint32_t collections_printed_ = 0;
};

void carry_out_virtual(Run& run, Attendant& attendant) {
  constexpr uint32_t kTurnMs = 5;
  run.begin();
  while (run.advance(kTurnMs)) attendant.look();
  run.finish();
}

void carry_out_threads(Run& run, Attendant& attendant, bool events) {
  const auto turn = std::chrono::milliseconds(events ? 1 : 20);
  std::mutex mutex;
  std::condition_variable ended;
  bool done = false;
  std::thread runner([&] {
    run.execute();
    const std::lock_guard lock(mutex);
    done = true;
    ended.notify_one();
  });
  std::unique_lock lock(mutex);
  while (!ended.wait_for(lock, turn, [&] { return done; })) {
    lock.unlock();
    attendant.look();
    lock.lock();
  }
  lock.unlock();
  runner.join();
}

int exit_status(sched::RunState state) {
  switch (state) {
    case sched::RunState::kDone:
      return kExitDone;
    case sched::RunState::kCancelled:
      return kExitCancelled;
    default:
      return kExitFailed;
  }
}

void report_failure(const Run& run) {
  const sched::Outcome& outcome = run.outcome();
  if (outcome.state == sched::RunState::kDone || outcome.state == sched::RunState::kCancelled) return;
  std::string text = outcome.message.empty() ? "the run failed" : outcome.message;
  if (!text.ends_with('\n')) text += '\n';
  std::fputs(text.c_str(), stderr);
}

}  // namespace

bool print(const std::string& text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (written || errno == EPIPE) return true;
  std::fprintf(stderr, "samovar: standard output: %s\n", std::strerror(errno));
  return false;
}

int run_command(const Command& command) {
  EventFile events;
  if (!command.events_file.empty() && !events.open(command.events_file)) {
    std::fprintf(stderr, "samovar: %s cannot be written: %s.\n", printable(command.events_file).c_str(),
                 std::strerror(errno));
    return kExitUsage;
  }
  catch_interrupts();  // before the threads are made, which takes a while: a Ctrl-C then cancels too
  platform::WorkerPool workers(platform::max_threads());
  experiments::RunOptions options;
  options.workers = &workers;
  options.schedtrace_ms = command.schedtrace_ms;
  options.scheddetail = command.scheddetail;
  if (events.is_open()) options.event_bytes = size_t{64} << 20;

  Run run(*command.experiment, command.parameters, options);
  {
    Attendant attendant(run, events, command);
    if (run.virtual_time()) {
      carry_out_virtual(run, attendant);
    } else {
      carry_out_threads(run, attendant, events.is_open());
    }
    attendant.end();
  }
  report_failure(run);
  int status = exit_status(run.outcome().state);
  if (!print(command.json ? run.to_json() + "\n" : report(run))) status = kExitFailed;
  if (const uint64_t dropped = run.cost().events_dropped; dropped > 0 && events.is_open()) {
    std::fprintf(stderr, "samovar: %s lacks %s events: they came faster than they could be written.\n",
                 printable(command.events_file).c_str(), base::format_number(dropped).c_str());
  }
  if (!events.close()) {
    std::fprintf(stderr, "samovar: %s: not all events could be written.\n", printable(command.events_file).c_str());
    status = kExitFailed;
  }
  return status;
}

}  // namespace samovar::cli
