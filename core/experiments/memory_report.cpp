#include "experiments/memory_report.h"

#include <algorithm>

namespace samovar::experiments {

namespace {

double mib(uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

// How many objects of a span are marked, and how many of these scanned.
struct Marks {
  uint32_t marked = 0;
  uint32_t scanned = 0;
};

bool uses_inline_marks(const gc::Collector& collector, const heap::Span& span) {
  return span.inline_marks() && collector.options().marker == gc::MarkerKind::kGreenTea;
}

Marks marks_of(const gc::Collector& collector, const heap::Span& span, uint32_t page, uint32_t objects) {
  Marks out;
  if (uses_inline_marks(collector, span)) {
    const auto& inline_marks = heap::InlineMarks::of_page(collector.heap().base() + uintptr_t{page} * heap::kPageBytes);
    for (uint32_t i = 0; i < heap::InlineMarks::kWords; ++i) {
      const uint64_t marks = inline_marks.marks(i);
      out.marked += static_cast<uint32_t>(__builtin_popcountll(marks));
      out.scanned += static_cast<uint32_t>(__builtin_popcountll(marks & inline_marks.scans(i)));
    }
    if (span.noscan()) out.scanned = out.marked;  // black at once
    return out;
  }
  for (uint32_t i = 0; i < (objects + 63) / 64; ++i) out.marked += static_cast<uint32_t>(__builtin_popcountll(heap::load_word(&span.mark_bits()[i])));
  out.scanned = out.marked;
  return out;
}

void put_u16(uint8_t* at, uint32_t value) {
  at[0] = static_cast<uint8_t>(value);
  at[1] = static_cast<uint8_t>(value >> 8);
}

void write_classes(base::JsonWriter& json, const gc::CycleRecord& cycle) {
  json.begin_array();
  for (size_t i = 0; i < heap::kSizeClasses; ++i) {
    const gc::ScanCounts& counts = cycle.classes[i];
    if (counts.single + counts.sparse + counts.dense == 0) continue;
    json.begin_object();
    json.field("bytes", uint64_t{heap::kClassBytes[i]});
    json.field("single", counts.single);
    json.field("sparse", counts.sparse);
    json.field("dense", counts.dense);
    json.field("sparse_spans", counts.sparse_spans);
    json.field("dense_spans", counts.dense_spans);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

void write_memory_stats(base::JsonWriter& json, const gc::Collector& collector) {
  const heap::HeapFigures heap = collector.heap_figures();
  const gc::CollectorFigures gc = collector.figures();
  const uint64_t mapped = heap.in_use_bytes + heap.free_bytes;
  json.begin_object();
  json.field("alloc_mb", mib(heap.object_bytes()));
  json.field("total_alloc_mb", mib(heap.allocated_bytes));
  json.field("sys_mb", mib(mapped + heap.released_bytes + heap.span_bytes + heap.span_free_bytes));
  json.field("num_gc", uint64_t{gc.cycles});
  json.field("heap_alloc_mb", mib(heap.object_bytes()));
  json.field("heap_objects", heap.objects());
  json.field("heap_idle_mb", mib(heap.free_bytes + heap.released_bytes));
  json.field("heap_in_use_mb", mib(heap.in_use_bytes));
  if (heap::Heap::can_release()) json.field("heap_released_mb", mib(heap.released_bytes));
  json.field("next_gc_mb", mib(std::min(collector.goal(), heap.budget_bytes)));
  json.field("pause_total_ms", static_cast<double>(gc.pause_ns) / 1e6);
  json.field("num_forced_gc", uint64_t{gc.forced});
  const auto cycles = collector.cycles();
  if (!cycles.empty()) json.field("gc_cpu_fraction", cycles.back().cpu_share);
  json.end_object();
}

void write_cycles(base::JsonWriter& json, const gc::Collector& collector) {
  json.begin_array();
  for (const gc::CycleRecord& cycle : collector.cycles()) {
    json.begin_object();
    json.field("cycle", uint64_t{cycle.cycle});
    json.field("start_ns", cycle.start_ns);
    json.field("mark_ns", cycle.mark_ns);
    json.field("end_ns", cycle.end_ns);
    json.field("stw_sweep_ns", cycle.mark_ns - cycle.start_ns);
    json.field("stw_mark_ns", cycle.end_ns - cycle.marked_ns);
    json.field("heap_start", cycle.heap_start);
    json.field("heap_end", cycle.heap_end);
    json.field("heap_marked", cycle.heap_marked);
    json.field("goal", cycle.goal);
    json.field("forced", cycle.why == observe::kGcTriggerForced);
    json.field("assist_ns", cycle.assist_ns);
    json.field("dedicated_ns", cycle.dedicated_ns);
    json.field("fractional_ns", cycle.fractional_ns);
    json.field("idle_ns", cycle.idle_ns);
    json.field("scan_work", cycle.scan_work);
    json.key("classes");
    write_classes(json, cycle);
    json.end_object();
  }
  json.end_array();
}

uint32_t HeapMap::sample(const gc::Collector* collector) {
  if (collector == nullptr || !collector->ok()) return 0;
  const heap::Heap& heap = collector->heap();
  const uint32_t pages = heap.grown_pages();
  if (bytes_.size() < size_t{pages} * kPageBytes) bytes_.resize(size_t{pages} * kPageBytes);
  for (uint32_t page = 0; page < pages; ++page) {
    uint8_t* cell = &bytes_[size_t{page} * kPageBytes];
    std::fill(cell, cell + kPageBytes, uint8_t{0});
    const heap::Span* span = heap.span_at_page(page);
    if (span == nullptr || span->state.get() != heap::SpanState::kInUse) continue;
    const uint8_t class_index = span->class_index.get();
    cell[0] = class_index;
    const bool first = page == 0 || heap.span_at_page(page - 1) != span;
    cell[1] = first ? 1 : 2;
    if (!first) continue;
    if (span->sweepgen.get() != heap.sweepgen()) cell[1] += 16;
    const uint32_t objects = heap::objects_per_span(heap::SpanClass::of_index(class_index));
    const Marks marks = marks_of(*collector, *span, page, objects);
    put_u16(cell + 2, span->allocated.get());
    put_u16(cell + 4, marks.marked);
    put_u16(cell + 6, marks.scanned);
  }
  return pages;
}

std::string describe_span(const gc::Collector& collector, uint32_t page) {
  const heap::Heap& heap = collector.heap();
  if (page >= heap.grown_pages()) return "";
  const heap::Span* span = heap.span_at_page(page);
  if (span == nullptr) return "";
  uint32_t first = page;
  while (first > 0 && heap.span_at_page(first - 1) == span) --first;
  const heap::SpanClass span_class = span->span_class();
  const uint32_t objects = heap::objects_per_span(span_class);
  const uint32_t pages = span->pages.get();
  const bool inline_marks = uses_inline_marks(collector, *span);
  const auto& page_marks = heap::InlineMarks::of_page(heap.base() + uintptr_t{first} * heap::kPageBytes);
  std::string bits;
  for (uint32_t i = 0; i < objects; ++i) {
    const bool marked = inline_marks ? page_marks.marked(i) : heap::test_bit(span->mark_bits(), i);
    const bool scanned = inline_marks ? page_marks.scanned(i) || span_class.noscan() : marked;
    bits += marked ? (scanned ? 'b' : 'g') : (span->is_allocated(i) ? 'w' : '.');
  }
  std::string out;
  base::JsonWriter json(out);
  json.begin_object();
  json.field("page", uint64_t{first});
  json.field("pages", uint64_t{pages});
  json.field("class", uint64_t{span_class.size_class()});
  json.field("bytes", span_class.size_class() == 0 ? uint64_t{pages} * heap::kPageBytes : uint64_t{heap::kClassBytes[span_class.size_class()]});
  json.field("noscan", span_class.noscan());
  json.field("objects", uint64_t{objects});
  json.field("inline", inline_marks);
  json.field("bits", bits);
  json.end_object();
  return out;
}

}  // namespace samovar::experiments
