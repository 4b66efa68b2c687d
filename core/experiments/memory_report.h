// What a run with a heap tells about it, as JSON; docs/engine-interface.md has the forms.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "gc/collector.h"

namespace samovar::experiments {

// "memory_stats": the figures of the original demo's /stats, under its names. (Go: runtime.MemStats.)
void write_memory_stats(base::JsonWriter& json, const gc::Collector& collector);

// "gc": the collections that are kept.
void write_cycles(base::JsonWriter& json, const gc::Collector& collector);

// HeapMap: what each page of the arena holds, as bytes that the page reads straight from the engine's memory. One caller at a time; the run
// may go on meanwhile.
class HeapMap {
 public:
  static constexpr size_t kPageBytes = 8;

  // Overwrites the map; gives the number of pages, 0 if there is no heap. The first call with a larger heap makes the map larger.
  uint32_t sample(const gc::Collector* collector);
  // Room for a heap of that many pages, so that the address stays.
  void reserve(size_t pages) { bytes_.resize(pages * kPageBytes); }
  const uint8_t* bytes() const { return bytes_.data(); }

 private:
  std::vector<uint8_t> bytes_;
};

// heap_span() of the interface: the objects of the span that `page` belongs to; "" if there is none.
std::string describe_span(const gc::Collector& collector, uint32_t page);

}  // namespace samovar::experiments
