// The calls of docs/engine-interface.md, for JavaScript.
#include <emscripten/bind.h>
#include <emscripten/em_js.h>

#include <cstdint>
#include <string>

#include "embind/engine.h"

namespace {

using samovar::embind::Engine;

#if defined(__EMSCRIPTEN_PTHREADS__)
// How many threads the page had created for us. (See PTHREAD_POOL_SIZE in scripts/engine-link.cmake: the same expression.)
EM_JS(int, samovar_thread_count, (), { return Module["samovarThreads"] || 8; });
#else
int samovar_thread_count() { return 0; }
#endif

// One engine a module. Made at the first call, on the page's thread, and kept until the module goes.
Engine& engine() {
  static Engine* instance = new Engine(static_cast<uint32_t>(samovar_thread_count()));
  return *instance;
}

std::string describe() { return engine().describe(); }
std::string validate(std::string experiment, std::string parameters) { return engine().validate(experiment, parameters); }
std::string start(std::string experiment, std::string parameters) { return engine().start(experiment, parameters); }
void cancel() { engine().cancel(); }
void set_procs(uint32_t procs) { engine().set_procs(procs); }
uint32_t status() { return engine().status(); }
void poll() { engine().poll(); }
uint32_t drain() { return engine().drain(); }
uintptr_t live_address() { return reinterpret_cast<uintptr_t>(engine().live().words()); }
uintptr_t drain_address() { return reinterpret_cast<uintptr_t>(engine().drained().data()); }
std::string names() { return engine().names(); }
std::string result() { return engine().result(); }
std::string schedtrace() { return engine().schedtrace(); }
std::string gctrace(int level) { return engine().gctrace(level); }
void set_gogc(int percent) { engine().set_gogc(percent); }
void set_memory_limit(uint32_t mebibytes) { engine().set_memory_limit(mebibytes); }
uint32_t sample_heap() { return engine().sample_heap(); }
uintptr_t heap_map_address() { return reinterpret_cast<uintptr_t>(engine().heap_map().bytes()); }
std::string heap_span(uint32_t page) { return engine().heap_span(page); }
bool step(uint32_t milliseconds) { return engine().step(milliseconds); }

}  // namespace

EMSCRIPTEN_BINDINGS(samovar) {
  emscripten::function("describe", &describe);
  emscripten::function("validate", &validate);
  emscripten::function("start", &start);
  emscripten::function("cancel", &cancel);
  emscripten::function("set_procs", &set_procs);
  emscripten::function("status", &status);
  emscripten::function("poll", &poll);
  emscripten::function("drain", &drain);
  emscripten::function("live_address", &live_address);
  emscripten::function("drain_address", &drain_address);
  emscripten::function("names", &names);
  emscripten::function("result", &result);
  emscripten::function("schedtrace", &schedtrace);
  emscripten::function("gctrace", &gctrace);
  emscripten::function("set_gogc", &set_gogc);
  emscripten::function("set_memory_limit", &set_memory_limit);
  emscripten::function("sample_heap", &sample_heap);
  emscripten::function("heap_map_address", &heap_map_address);
  emscripten::function("heap_span", &heap_span);
  emscripten::function("step", &step);
}
