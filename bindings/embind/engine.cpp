#include "embind/engine.h"

#include <utility>

#include "base/json.h"
#include "experiments/experiment.h"
#include "experiments/parameter.h"

namespace samovar::embind {

using experiments::Run;

namespace {

// What is wrong with an order as a whole, as one error.
experiments::FieldError refusal(std::string message) { return {"", "", "", "", std::move(message)}; }

experiments::Validation check(std::string_view experiment, std::string_view parameters) {
  const experiments::ExperimentSpec* spec = experiments::find(experiment);
  if (spec == nullptr) {
    experiments::Validation unknown;
    unknown.errors.push_back(refusal("There is no experiment named " + std::string(experiment.substr(0, 80)) + "."));
    return unknown;
  }
  base::JsonError error;
  if (const auto object = base::parse_json(parameters, &error)) return experiments::validate(*spec, *object);
  experiments::Validation defaults = experiments::validate(*spec, base::JsonValue::object());
  defaults.errors.push_back(refusal("The parameters are not JSON: " + error.message));
  return defaults;
}

}  // namespace

Engine::Engine(uint32_t threads) : workers_(threads), threads_(workers_.reserve(threads)), drained_(kDrainEvents) {
  // The map's address must not change, so it has room for the largest heap.
  heap_map_.reserve(static_cast<size_t>(experiments::kMaxHeapMib) * (1 << 20) / heap::kPageBytes);
}

Engine::~Engine() {
  cancel();
  while (status() == static_cast<uint32_t>(sched::RunState::kRunning) && threads_ > 0) platform::sleep_ns(100'000);
}

std::string Engine::describe() const {
  std::string out;
  base::JsonWriter json(out);
  experiments::describe(json, threads_ > 0);
  return out;
}

std::string Engine::validate(std::string_view experiment, std::string_view parameters) const {
  std::string out;
  base::JsonWriter json(out);
  const experiments::Validation checked = check(experiment, parameters);
  json.begin_object();
  json.key("parameters");
  checked.parameters.write(json);
  json.key("errors");
  experiments::write_errors(json, checked.errors);
  json.end_object();
  return out;
}

std::string Engine::start(std::string_view experiment, std::string_view parameters) {
  experiments::Validation checked = check(experiment, parameters);
  const bool busy = status() == static_cast<uint32_t>(sched::RunState::kRunning);
  if (busy) {
    checked.errors.push_back(refusal("A run is going on; cancel it or wait for its end."));
  }
  if (checked.errors.empty()) {
    spec_ = experiments::find(experiment);
    parameters_ = std::move(checked.parameters);
    ++number_;
    cancelled_.store(false);
    status_.store(static_cast<uint32_t>(sched::RunState::kRunning));
    if (threads_ == 0) {
      make_run();
      run_->begin();
    } else if (!workers_.start(supervise, this)) {
      status_.store(static_cast<uint32_t>(sched::RunState::kFailed));
      checked.errors.push_back(refusal("All threads of the engine are taken; restart the engine."));
    }
  }
  std::string out;
  base::JsonWriter json(out);
  json.begin_object();
  json.field("ok", checked.errors.empty());
  json.field("run", number_);
  json.key("errors");
  experiments::write_errors(json, checked.errors);
  json.end_object();
  return out;
}

void Engine::make_run() {
  experiments::RunOptions options;
  options.workers = threads_ > 0 ? &workers_ : nullptr;
  options.event_bytes = kEventBytes;
  options.schedtrace_ms = kSchedtraceMs;
  options.number = number_;
  // The one before goes first, for both heaps may not fit; and outside the lock, for it may own a lot.
  std::unique_ptr<Run> before;
  mutex_.lock();
  run_.swap(before);
  mutex_.unlock();
  before.reset();
  auto run = std::make_unique<Run>(*spec_, parameters_, options);
  mutex_.lock();
  run_.swap(run);
  mutex_.unlock();
}

void Engine::supervise(void* argument) {
  auto* self = static_cast<Engine*>(argument);
  self->make_run();
  // Only this thread replaces run_, so it may use it without the lock. A cancel() before make_run() saw no run to tell.
  if (self->cancelled_.load()) self->run_->cancel();
  self->run_->execute();
  self->complete();
}

void Engine::complete() {
  std::string json = run_->to_json();
  const auto state = static_cast<uint32_t>(run_->outcome().state);
  mutex_.lock();
  result_.swap(json);
  mutex_.unlock();
  status_.store(state, std::memory_order_release);  // pairs with status(): the result is there
}

void Engine::cancel() {
  cancelled_.store(true);
  if (!mutex_.try_lock()) return;  // the supervisor is making the run, and looks at cancelled_ afterwards
  if (current_locked()) run_->cancel();
  mutex_.unlock();
}

void Engine::set_procs(uint32_t procs) {
  if (!mutex_.try_lock()) return;
  if (current_locked()) run_->request_procs(procs);
  mutex_.unlock();
}

void Engine::set_gogc(int32_t percent) {
  if (!mutex_.try_lock()) return;
  if (current_locked()) run_->request_gogc(percent);
  mutex_.unlock();
}

void Engine::set_memory_limit(double bytes) {
  if (!mutex_.try_lock()) return;
  if (current_locked()) run_->request_memory_limit(bytes >= 1 ? static_cast<uint64_t>(bytes) : 0);
  mutex_.unlock();
}

std::string Engine::gctrace() const {
  constexpr int kWithClasses = 2;
  if (!mutex_.try_lock()) return {};
  std::string copy = run_ != nullptr ? run_->gctrace(kWithClasses) : std::string();
  mutex_.unlock();
  return copy;
}

uint32_t Engine::sample_heap() {
  if (!mutex_.try_lock()) return 0;
  const uint32_t pages = run_ != nullptr ? heap_map_.sample(run_->collector()) : 0;
  mutex_.unlock();
  return pages;
}

std::string Engine::heap_span(uint32_t page) const {
  if (!mutex_.try_lock()) return {};
  gc::Collector* collector = run_ != nullptr ? run_->collector() : nullptr;
  std::string out = collector != nullptr && collector->ok() ? experiments::describe_span(*collector, page) : std::string();
  mutex_.unlock();
  return out;
}

void Engine::poll() {
  if (!mutex_.try_lock()) return;
  live_.sample(run_.get(), status(), number_);
  mutex_.unlock();
}

uint32_t Engine::drain() {
  if (!mutex_.try_lock()) return 0;
  const bool current = run_ != nullptr && run_->number() == number_;
  const size_t count = current ? run_->log().drain(drained_.data(), drained_.size()) : 0;
  mutex_.unlock();
  return static_cast<uint32_t>(count);
}

std::string Engine::names() const {
  std::string out;
  base::JsonWriter json(out);
  json.begin_array();
  if (mutex_.try_lock()) {
    if (run_ != nullptr) {
      for (const std::string& name : run_->names()) json.value(name);
    }
    mutex_.unlock();
  }
  json.end_array();
  return out;
}

std::string Engine::result() const {
  mutex_.lock();
  std::string copy = result_;
  mutex_.unlock();
  return copy;
}

std::string Engine::schedtrace() const {
  if (!mutex_.try_lock()) return {};
  std::string copy = run_ != nullptr ? run_->schedtrace() : std::string();
  mutex_.unlock();
  return copy;
}

bool Engine::step(uint32_t milliseconds) {
  if (threads_ > 0 || status() != static_cast<uint32_t>(sched::RunState::kRunning)) return false;
  if (run_->advance(milliseconds)) return true;
  run_->finish();
  complete();
  return false;
}

}  // namespace samovar::embind
