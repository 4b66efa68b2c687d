// HeapMap: every span of a running heap as 16 bytes, for a picture that is taken ten times a second. docs/engine-interface.md has the layout.
//
// Nobody is stopped for it: a span may change hands while it is read. Each record is a true sight of some moment; together they are not of the same one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gc/collector.h"

namespace samovar::experiments {

class HeapMap {
 public:
  struct Header {
    uint32_t grown_pages;
    uint32_t page_limit;
    uint32_t cycle;
    uint32_t phase;  // 1 off, 2 marking, 3 mark termination
  };
  enum Flags : uint8_t { kNoscan = 1, kUnswept = 2, kQueued = 4 };
  struct Record {
    uint32_t first_page;
    uint16_t pages;  // kMany: that many or more
    uint8_t size_class;
    uint8_t flags;
    uint16_t objects;
    uint16_t allocated;
    uint16_t marked;
    uint16_t scanned;  // kUnknown: the marker keeps no such bits
  };
  static constexpr uint16_t kMany = 0xffff;
  static constexpr uint16_t kUnknown = 0xffff;
  static_assert(sizeof(Header) == 16 && sizeof(Record) == 16);

  // Overwrites the map with the spans in use now; gives their number. One caller at a time, any thread. Some ten nanoseconds a page.
  uint32_t sample(const gc::Collector& collector);
  // The header, then the records. Valid until the next sample().
  const uint8_t* bytes() const { return reinterpret_cast<const uint8_t*>(bytes_.data()); }
  const Header& header() const { return bytes_.front().header; }
  const Record& record(size_t index) const { return bytes_[index + 1].record; }

 private:
  union Entry {
    Header header;
    Record record;
  };
  std::vector<Entry> bytes_;
};

// The span that covers `page` of the arena, object by object, as heap_span() of docs/engine-interface.md; "" if there is none. Any thread.
std::string describe_span(const gc::Collector& collector, uint32_t page);

// 1 off, 2 marking, 3 mark termination.
uint32_t phase_word(const gc::Collector& collector);

}  // namespace samovar::experiments
