#include "sched/frame_pool.h"

#include <cstdlib>

#if defined(__SANITIZE_ADDRESS__)
#define SAMOVAR_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SAMOVAR_ASAN 1
#endif
#endif
#if defined(SAMOVAR_ASAN)
#include <sanitizer/asan_interface.h>
#endif

namespace samovar::sched {
namespace {

constexpr size_t class_of(size_t bytes) { return (bytes + kFrameGranule - 1) / kFrameGranule - 1; }
constexpr size_t class_bytes(size_t frame_class) { return (frame_class + 1) * kFrameGranule; }

// A recycled frame would hide a use after free from AddressSanitizer: all but the link is poisoned while it is free.
void poison([[maybe_unused]] void* frame, [[maybe_unused]] size_t frame_class) {
#if defined(SAMOVAR_ASAN)
  __asan_poison_memory_region(static_cast<char*>(frame) + sizeof(FrameList::Node), class_bytes(frame_class) - sizeof(FrameList::Node));
#endif
}
void unpoison([[maybe_unused]] void* frame, [[maybe_unused]] size_t frame_class) {
#if defined(SAMOVAR_ASAN)
  __asan_unpoison_memory_region(frame, class_bytes(frame_class));
#endif
}

void push(FrameList* list, FrameList::Node* node) {
  node->next = list->head;
  list->head = node;
  ++list->count;
}

FrameList::Node* pop(FrameList* list) {
  FrameList::Node* node = list->head;
  list->head = node->next;
  --list->count;
  return node;
}

size_t bytes_of(const std::array<FrameList, kFrameClasses>& lists) {
  size_t bytes = 0;
  for (size_t i = 0; i < kFrameClasses; ++i) bytes += lists[i].count * class_bytes(i);
  return bytes;
}

}  // namespace

size_t FrameCache::free_bytes() const { return bytes_of(lists_); }

void* FrameCache::allocate(size_t bytes) {
  const size_t frame_class = class_of(bytes);
  if (frame_class >= kFrameClasses) return std::malloc(bytes);
  FrameList& list = lists_[frame_class];
  if (list.head == nullptr && !pool_->refill(frame_class, kBatch / 2, &list)) return nullptr;
  FrameList::Node* node = pop(&list);
  unpoison(node, frame_class);
  return node;
}

void FrameCache::release(void* frame, size_t bytes) {
  const size_t frame_class = class_of(bytes);
  if (frame_class >= kFrameClasses) return std::free(frame);
  FrameList& list = lists_[frame_class];
  push(&list, static_cast<FrameList::Node*>(frame));
  poison(frame, frame_class);
  if (list.count >= 2 * kBatch) pool_->spill(frame_class, kBatch, &list);
}

FramePool::~FramePool() {
  for (void* chunk : chunks_) {
#if defined(SAMOVAR_ASAN)
    __asan_unpoison_memory_region(chunk, kChunk);
#endif
    std::free(chunk);
  }
}

FrameList::Node* FramePool::carve_locked(size_t frame_class) {
  const size_t bytes = class_bytes(frame_class);
  if (static_cast<size_t>(bump_end_ - bump_) < bytes) {
    // What is left of the old chunk, under 1 KiB, is not used again.
    void* chunk = std::malloc(kChunk);
    if (chunk == nullptr) return nullptr;
    chunks_.push_back(chunk);
    bump_ = static_cast<char*>(chunk);
    bump_end_ = bump_ + kChunk;
  }
  char* frame = bump_;
  bump_ += bytes;
  made_bytes_ += bytes;
  return reinterpret_cast<FrameList::Node*>(frame);
}

bool FramePool::refill(size_t frame_class, uint32_t count, FrameList* list) {
  platform::MutexLock lock(mutex_);
  for (uint32_t i = 0; i < count; ++i) {
    FrameList::Node* node = lists_[frame_class].head != nullptr ? pop(&lists_[frame_class]) : carve_locked(frame_class);
    if (node == nullptr) break;
    push(list, node);
    poison(node, frame_class);
  }
  return list->head != nullptr;
}

void FramePool::spill(size_t frame_class, uint32_t count, FrameList* list) {
  platform::MutexLock lock(mutex_);
  for (uint32_t i = 0; i < count; ++i) push(&lists_[frame_class], pop(list));
}

void* FramePool::allocate(size_t bytes) {
  const size_t frame_class = class_of(bytes);
  if (frame_class >= kFrameClasses) return std::malloc(bytes);
  FrameList one;
  if (!refill(frame_class, 1, &one)) return nullptr;
  unpoison(one.head, frame_class);
  return one.head;
}

void FramePool::release(void* frame, size_t bytes) {
  const size_t frame_class = class_of(bytes);
  if (frame_class >= kFrameClasses) return std::free(frame);
  poison(frame, frame_class);
  platform::MutexLock lock(mutex_);
  push(&lists_[frame_class], static_cast<FrameList::Node*>(frame));
}

size_t FramePool::reserved_bytes() const {
  platform::MutexLock lock(mutex_);
  return chunks_.size() * kChunk;
}

size_t FramePool::made_bytes() const {
  platform::MutexLock lock(mutex_);
  return made_bytes_;
}

size_t FramePool::free_bytes() const {
  platform::MutexLock lock(mutex_);
  return bytes_of(lists_);
}

}  // namespace samovar::sched
