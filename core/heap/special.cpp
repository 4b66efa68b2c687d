// Finalizers, cleanups and weak handles of objects: kept on lists by span, until sweeping finds the object dead (heap/sweep.cpp).
#include <utility>

#include "heap/heap.h"

namespace samovar::heap {

Special* Heap::add_special(uintptr_t object, SpecialKind kind) {
  platform::MutexLock lock(specials_mutex_);
  return add_special_locked(object, kind);
}

Special* Heap::add_special_locked(uintptr_t object, SpecialKind kind) {
  if (!contains(object)) return nullptr;
  Span* span = span_of(object);
  auto* special = new Special;
  special->index = span->index_of(object);
  special->object = object;
  special->kind = kind;
  // Sorted by slot; of one object the earlier first.
  Special* before = nullptr;
  Special* after = span->specials.load(std::memory_order_relaxed);  // relaxed: changed under the lock only
  while (after != nullptr && after->index <= special->index) {
    before = after;
    after = after->next;
  }
  special->next = after;
  if (before != nullptr) {
    before->next = special;
  } else {
    span->specials.store(special, std::memory_order_release);  // pairs with sweep_specials(), which looks without the lock first
  }
  return special;
}

Special* Heap::find_special(uintptr_t object, SpecialKind kind, bool take) {
  platform::MutexLock lock(specials_mutex_);
  return find_special_locked(object, kind, take);
}

Special* Heap::find_special_locked(uintptr_t object, SpecialKind kind, bool take) {
  if (!contains(object)) return nullptr;
  Span* span = span_of(object);
  Special* before = nullptr;
  for (Special* special = span->specials.load(std::memory_order_relaxed); special != nullptr; before = special, special = special->next) {  // relaxed: as above
    if (special->object != object || special->kind != kind) continue;
    if (take && before != nullptr) before->next = special->next;
    if (take && before == nullptr) span->specials.store(special->next, std::memory_order_release);  // pairs with sweep_specials()
    return special;
  }
  return nullptr;
}

void Heap::release(Special* special) { delete special; }

WeakHandle* Heap::weak_handle(uintptr_t object) {
  if (object == reinterpret_cast<uintptr_t>(zero_base_)) return &zero_handle_;
  if (!contains(object)) return nullptr;
  // One piece with the lock held: of two who ask at once, both get what the first has made.
  platform::MutexLock lock(specials_mutex_);
  if (const Special* special = find_special_locked(object, SpecialKind::kWeakHandle, false)) return special->handle;
  weak_handles_.push_back(std::make_unique<WeakHandle>());
  WeakHandle* handle = weak_handles_.back().get();
  handle->address.store(object, std::memory_order_relaxed);  // relaxed: the handle is handed on by other means
  handle->known_at = sweepgen();
  add_special_locked(object, SpecialKind::kWeakHandle)->handle = handle;
  return handle;
}

uintptr_t Heap::strong(WeakHandle* handle) {
  platform::MutexLock lock(specials_mutex_);
  const uintptr_t address = handle->address.load(std::memory_order_relaxed);  // relaxed: changed under the lock only
  if (address == 0 || handle == &zero_handle_ || handle->known_at == sweepgen()) return address;
  // The sweeper has not been here since marking ended: the mark bits say whether the object lives.
  const Span* span = span_of(address);
  return is_marked(*span, span->index_of(address)) ? address : 0;
}

// Before the span is swept, or while its specials are being looked at.
bool Heap::is_marked(const Span& span, uint32_t index) const {
  if (test_bit(span.mark_bits(), index)) return true;
  return span.inline_marks() && options_.inline_marks && InlineMarks::of_page(span.base).marked(index);
}

void Heap::for_each_special(void (*visit)(void* context, Special* special), void* context) {
  platform::MutexLock lock(specials_mutex_);
  // The slabs there are now; who adds one meanwhile has no special on it before this lock is free.
  mutex_.lock();
  std::vector<Span*> slabs;
  for (const auto& slab : span_slabs_) slabs.push_back(slab.get());
  const uint32_t used_of_last = slab_used_;
  mutex_.unlock();
  for (size_t slab = 0; slab < slabs.size(); ++slab) {
    const uint32_t used = slab + 1 == slabs.size() ? used_of_last : kSpanSlab;
    for (uint32_t i = 0; i < used; ++i) {
      for (Special* special = slabs[slab][i].specials.load(std::memory_order_relaxed); special != nullptr; special = special->next) {  // relaxed: as above
        visit(context, special);
      }
    }
  }
}

}  // namespace samovar::heap
