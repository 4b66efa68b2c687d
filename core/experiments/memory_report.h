// What a run tells about its heap beside Go's metrics: the answers of Go Runtime Demo, and the collections one by one.
#pragma once

#include "base/json.h"
#include "gc/collector.h"

namespace samovar::experiments {

// Appends the object "memory" of docs/engine-interface.md. After the run.
void write_memory(base::JsonWriter& json, const gc::Collector& collector, uint64_t goroutine_bytes);

}  // namespace samovar::experiments
