#include "experiments/heap_map.h"

#include <algorithm>

#include "base/json.h"
#include "heap/inline_marks.h"

namespace samovar::experiments {

namespace {

using heap::InlineMarks;
using heap::Span;

constexpr uint32_t kMaxWords = Span::kBitWords;

// A span at one moment. Outside of marking "marked" is what the last collection found, until the span has been swept.
struct Sight {
  uint32_t first_page = 0;
  uint32_t pages = 0;
  uint32_t object_bytes = 0;
  uint32_t objects = 0;
  uint8_t size_class = 0;
  bool noscan = false;
  bool swept = false;
  bool queued = false;
  bool scans_known = false;
  uint64_t allocated[kMaxWords] = {};
  uint64_t marked[kMaxWords] = {};
  uint64_t scanned[kMaxWords] = {};
};

uint32_t count_all(const uint64_t* words) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < kMaxWords; ++i) count += heap::count_bits(words[i]);
  return count;
}

// Copies what others may be writing. A span may be taken apart and carved anew meanwhile, and the page's own bits may become bytes of an object, which no
// mutator writes indivisibly. What is read then is bounded below and thrown away with the next picture, so the sanitizer need not see it.
#if defined(__SANITIZE_THREAD__)
__attribute__((no_sanitize("thread")))
#endif
void copy_racing(const volatile Span* span, bool inline_marks, Sight* sight) {
  sight->first_page = span->first_page;
  sight->object_bytes = span->elem_bytes;
  sight->objects = std::min(uint32_t{span->elements}, uint32_t{heap::kMaxObjectsPerSpan});
  const uint8_t in_use = span->bits_in_use & 1;
  const uint32_t words = (sight->objects + 63) / 64;
  for (uint32_t i = 0; i < words; ++i) {
    sight->allocated[i] = span->bits[in_use][i];
    sight->marked[i] = span->bits[1 - in_use][i];
  }
  if (!inline_marks) return;
  const auto* page = reinterpret_cast<const volatile uint64_t*>(span->base + heap::kPageBytes - heap::kInlineMarkBytes);
  for (uint32_t i = 0; i < InlineMarks::kWords; ++i) {
    sight->scanned[i] = page[i];
    sight->marked[i] = page[InlineMarks::kWords + i];
  }
  sight->queued = page[InlineMarks::kWords - 1] >> 56 != heap::kUnowned;
  sight->scans_known = true;
}

Sight look_at(const Span& span, const gc::Collector& collector) {
  Sight sight;
  sight.pages = std::max<uint32_t>(span.pages.get(), 1);
  sight.size_class = span.size_class();
  sight.noscan = span.noscan();
  const uint32_t generation = collector.heap().sweepgen();
  const uint32_t mine = span.sweepgen.get();
  sight.swept = mine == generation || mine == generation + 3;
  copy_racing(&span, span.inline_marks() && collector.heap().options().inline_marks, &sight);
  const bool marking = collector.phase() != gc::Phase::kOff;
  const uint32_t free_index = span.free_index.get();
  for (uint32_t i = 0; i < kMaxWords; ++i) {
    const uint64_t there = sight.objects > i * 64 ? heap::low_bits(sight.objects - i * 64) : 0;
    const uint64_t handed_out = free_index > i * 64 ? heap::low_bits(free_index - i * 64) : 0;  // since the last sweep: not in the bits
    sight.allocated[i] = (sight.allocated[i] | handed_out) & there;
    sight.marked[i] = marking || !sight.swept ? sight.marked[i] & sight.allocated[i] : 0;
    sight.scanned[i] &= sight.marked[i];
  }
  sight.queued = sight.queued && marking;
  return sight;
}

const Span* span_in_use(const heap::Heap& heap, uint32_t page) {
  const Span* span = heap.span_at_page(page);
  return span != nullptr && span->state.get() == heap::SpanState::kInUse ? span : nullptr;
}

HeapMap::Record record_of(const Sight& sight, uint32_t page) {
  HeapMap::Record record = {};
  record.first_page = page;
  record.pages = static_cast<uint16_t>(std::min<uint32_t>(sight.pages, HeapMap::kMany));
  record.size_class = sight.size_class;
  record.flags = static_cast<uint8_t>((sight.noscan ? HeapMap::kNoscan : 0) | (sight.swept ? 0 : HeapMap::kUnswept) | (sight.queued ? HeapMap::kQueued : 0));
  record.objects = static_cast<uint16_t>(sight.objects);
  record.allocated = static_cast<uint16_t>(count_all(sight.allocated));
  record.marked = static_cast<uint16_t>(count_all(sight.marked));
  record.scanned = sight.scans_known ? static_cast<uint16_t>(count_all(sight.scanned)) : HeapMap::kUnknown;
  return record;
}

}  // namespace

uint32_t phase_word(const gc::Collector& collector) { return static_cast<uint32_t>(collector.phase()) + 1; }

uint32_t HeapMap::sample(const gc::Collector& collector) {
  const heap::Heap& heap = collector.heap();
  const uint32_t grown = heap.grown_pages();
  const auto limit = static_cast<uint32_t>(heap.options().arena_bytes >> heap::kPageShift);
  bytes_.clear();
  bytes_.reserve(size_t{limit} + 1);  // at once: growing with the heap, ten times a second, would leave a hole of each size in a browser's memory
  bytes_.push_back({.header = {grown, limit, collector.cycle(), phase_word(collector)}});
  for (uint32_t page = 0; page < grown;) {
    const Span* span = span_in_use(heap, page);
    if (span == nullptr) {
      ++page;
      continue;
    }
    const Sight sight = look_at(*span, collector);
    bytes_.push_back({.record = record_of(sight, page)});
    page += sight.pages;
  }
  return static_cast<uint32_t>(bytes_.size() - 1);
}

std::string describe_span(const gc::Collector& collector, uint32_t page) {
  const heap::Heap& heap = collector.heap();
  const Span* span = page < heap.grown_pages() ? span_in_use(heap, page) : nullptr;
  if (span == nullptr) return "";
  const Sight sight = look_at(*span, collector);
  // Where no scan bits are kept, and outside of marking, what is marked has been scanned or soon will be: it is shown black.
  const bool greys = sight.scans_known && !sight.noscan && collector.phase() != gc::Phase::kOff;
  std::string letters(sight.objects, '.');
  for (uint32_t i = 0; i < sight.objects; ++i) {
    if (!heap::test_bit(sight.allocated, i)) continue;
    const bool marked = heap::test_bit(sight.marked, i);
    const bool grey = greys && marked && !heap::test_bit(sight.scanned, i);
    letters[i] = grey ? 'g' : marked ? 'b' : 'w';
  }
  std::string out;
  base::JsonWriter json(out);
  json.begin_object();
  json.field("first_page", sight.first_page);
  json.field("pages", sight.pages);
  json.field("size_class", uint32_t{sight.size_class});
  json.field("object_bytes", sight.object_bytes);
  json.field("references", !sight.noscan);
  json.field("swept", sight.swept);
  json.field("queued", sight.queued);
  json.field("objects", letters);
  json.end_object();
  return out;
}

}  // namespace samovar::experiments
