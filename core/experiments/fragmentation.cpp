// fragmentation: a page that holds one small object is a page that nothing else can have.
//
// Small objects fill the heap, and all of them die but one on each page. The collector does not move objects, so each
// page stays with its size class, nearly empty; objects of another size need pages of their own. Only objects of the
// first size can use the room: `refill` makes as many again, and the heap does not grow by that.
#include "experiments/memory.h"
#include "experiments/registry.h"
#include "experiments/work.h"

namespace samovar::experiments {

namespace {

constexpr uint64_t kBatch = 512;  // objects between two checkpoints

constexpr ParameterSpec kParameters[] = {
    ParameterSpec::integer("fill", 16, {1, 1024}, "MiB", "How much is filled with small objects."),
    ParameterSpec::integer("small", 64, {16, 1024}, "B", "How large a small object is."),
    ParameterSpec::integer("big", 1024, {16, 32'768}, "B", "How large the objects are that are asked for afterwards."),
    ParameterSpec::boolean("refill", false, "Whether small ones are asked for first, before the big ones."),
};

constexpr std::string_view kCharts[] = {"heap", "size_classes", "pauses_gc"};

// Fills with objects of that size, keeping them.
sched::Task<void> fill(Context* context, Kept* kept, uint64_t total, size_t bytes, uint64_t phase) {
  const uint64_t count = total / bytes;
  kept->reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    uint8_t* object = gc::make_bytes(bytes);
    *object = 1;
    kept->add(object);
    if (i % kBatch == 0) {
      context->progress(phase * count + i, 3 * count);
      co_await sched::checkpoint(kBatch * kTouchNs);
    }
  }
}

// Keeps the first object of each page, in `left`.
sched::Task<void> thin_out(Kept* all, Kept* left) {
  const heap::Heap& heap = gc::collector().heap();
  left->reserve(all->size());
  uint32_t last_page = UINT32_MAX;
  for (uint64_t i = 0; i < all->size(); ++i) {
    uint8_t* object = (*all)[i];
    const uint32_t page = heap.page_of(reinterpret_cast<uintptr_t>(object));
    if (page != last_page) left->add(object);
    last_page = page;
    if (i % kBatch == 0) co_await sched::checkpoint(kBatch * kTouchNs);
  }
}

// Writes <name>_in_use_mb, <name>_objects_mb and <name>_unused_percent.
void write_moment(Context& context, const std::string& name) {
  const MemoryMoment moment = memory_now();
  write_number(context, name + "_in_use_mb", mebibytes(moment.in_use_bytes), "MiB");
  write_number(context, name + "_objects_mb", mebibytes(moment.object_bytes), "MiB");
  if (moment.in_use_bytes == 0) return;
  const double used = static_cast<double>(moment.object_bytes) / static_cast<double>(moment.in_use_bytes);
  write_number(context, name + "_unused_percent", 100 * (1 - used), "%");
}

sched::Task<void> fragmentation(Context& context) {
  const Parameters& parameters = context.parameters();
  const uint64_t total = static_cast<uint64_t>(parameters.integer("fill")) * kMebibyte;
  const auto small = static_cast<size_t>(parameters.integer("small"));
  const auto big = static_cast<size_t>(parameters.integer("big"));
  Kept left;
  {
    Kept all;
    SoFar so_far(context, 0, [&](uint64_t) { write_number(context, "objects_made", all.size(), "objects"); });
    co_await fill(&context, &all, total, small, 0);
    write_moment(context, "full");
    co_await thin_out(&all, &left);
    so_far.over();
    write_number(context, "objects_made", all.size(), "objects");
    write_number(context, "objects_left", left.size(), "objects");
  }
  co_await gc::collector().collect();
  write_moment(context, "thinned");
  Kept again;
  if (parameters.boolean("refill")) {
    co_await fill(&context, &again, total / 2, small, 1);
    write_moment(context, "refilled");
  }
  Kept bigger;
  const SoFar so_far(context, 0, [&](uint64_t) { write_number(context, "big_objects_made", bigger.size(), "objects"); });
  co_await fill(&context, &bigger, total / 2, big, 2);
  write_moment(context, "bigger");
  write_number(context, "big_objects_made", bigger.size(), "objects");
  context.progress(1, 1);
}

}  // namespace

const ExperimentSpec kFragmentation = {
    .name = "fragmentation",
    .title = "Fragmentation",
    .verb = "Fragment",
    .group = "memory",
    .question = "Why does the heap not shrink when nearly everything is dropped?",
    .shows = "One object left on each page keeps the page; objects of another size cannot use the room beside it.",
    .charts = kCharts,
    .parameters = kParameters,
    .run = fragmentation,
    .heap = {.present = true},
};

}  // namespace samovar::experiments
