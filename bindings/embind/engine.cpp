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

Engine::Engine(uint32_t threads) : workers_(threads), threads_(workers_.reserve(threads)), drained_(kDrainEvents) {}

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
  // The run before goes first, for its heap may be all the memory there is: outside the lock, since that takes a while.
  std::unique_ptr<Run> run;
  mutex_.lock();
  run_.swap(run);
  mutex_.unlock();
  run = nullptr;
  run = std::make_unique<Run>(*spec_, parameters_, options);
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

// The run of the last order; null while the supervisor has not made it yet. The lock is held.
Run* Engine::current_locked() const { return run_ != nullptr && run_->number() == number_ ? run_.get() : nullptr; }

void Engine::cancel() {
  cancelled_.store(true);
  const platform::MutexTryLock lock(mutex_);
  if (!lock) return;  // the supervisor is making the run, and looks at cancelled_ afterwards
  if (Run* run = current_locked()) run->cancel();
}

void Engine::set_procs(uint32_t procs) {
  const platform::MutexTryLock lock(mutex_);
  if (!lock) return;
  if (Run* run = current_locked()) run->request_procs(procs);
}

void Engine::set_gogc(int percent) {
  const platform::MutexTryLock lock(mutex_);
  if (!lock) return;
  if (Run* run = current_locked()) run->request_gogc(percent);
}

void Engine::set_memory_limit(uint32_t mebibytes) {
  const platform::MutexTryLock lock(mutex_);
  if (!lock) return;
  if (Run* run = current_locked()) run->request_memory_limit(mebibytes);
}

void Engine::poll() {
  const platform::MutexTryLock lock(mutex_);
  if (lock) live_.sample(run_.get(), status(), number_);
}

uint32_t Engine::drain() {
  const platform::MutexTryLock lock(mutex_);
  if (!lock) return 0;
  Run* run = current_locked();
  return run != nullptr ? static_cast<uint32_t>(run->log().drain(drained_.data(), drained_.size())) : 0;
}

uint32_t Engine::sample_heap() {
  const platform::MutexTryLock lock(mutex_);
  if (!lock) return 0;
  const Run* run = current_locked();
  return run != nullptr && run->collector() != nullptr ? heap_map_.sample(*run->collector()) : 0;
}

std::string Engine::heap_span(uint32_t page) const {
  const platform::MutexTryLock lock(mutex_);
  if (!lock) return {};
  const Run* run = current_locked();
  return run != nullptr && run->collector() != nullptr ? experiments::describe_span(*run->collector(), page) : std::string();
}

std::string Engine::names() const {
  std::string out;
  base::JsonWriter json(out);
  json.begin_array();
  if (const platform::MutexTryLock lock(mutex_); lock && run_ != nullptr) {
    for (const std::string& name : run_->names()) json.value(name);
  }
  json.end_array();
  return out;
}

std::string Engine::result() const {
  const platform::MutexLock lock(mutex_);
  return result_;
}

std::string Engine::schedtrace() const {
  const platform::MutexTryLock lock(mutex_);
  return lock && run_ != nullptr ? run_->schedtrace() : std::string();
}

std::string Engine::gctrace(int level) const {
  const platform::MutexTryLock lock(mutex_);
  if (!lock) return {};
  const Run* run = current_locked();
  return run != nullptr ? run->gctrace(level) : std::string();
}

bool Engine::step(uint32_t milliseconds) {
  if (threads_ > 0 || status() != static_cast<uint32_t>(sched::RunState::kRunning)) return false;
  if (run_->advance(milliseconds)) return true;
  run_->finish();
  complete();
  return false;
}

}  // namespace samovar::embind
