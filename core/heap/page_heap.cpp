#include "heap/page_heap.h"

#include <algorithm>

namespace samovar::heap {

PageAllocator::PageAllocator(uint32_t pages)
    : limit_(pages), bits_((pages + kChunkPages - 1) / kChunkPages * (kChunkPages / 64), ~uint64_t{0}), summaries_((pages + kChunkPages - 1) / kChunkPages) {}

bool PageAllocator::grow(uint32_t pages) {
  // What is free at the end already counts towards the run.
  uint32_t tail = 0;
  while (tail < grown_ && !in_use(grown_ - 1 - tail)) ++tail;
  const uint32_t missing = pages > tail ? pages - tail : 1;
  const uint32_t wanted = (missing + kChunkPages - 1) / kChunkPages * kChunkPages;
  const uint32_t more = std::min(wanted, limit_ - grown_);
  if (more < missing) return false;
  const uint32_t first = grown_;
  grown_ += more;
  free_ += more;
  set(first, more, false);
  lowest_ = std::min(lowest_, first);
  return true;
}

void PageAllocator::set(uint32_t first, uint32_t pages, bool used) {
  for (uint32_t at = first, end = first + pages; at < end;) {
    const uint32_t bit = at % 64;
    const uint32_t count = std::min(64 - bit, end - at);
    const uint64_t mask = (count == 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1) << bit;
    if (used) {
      bits_[at / 64] |= mask;
    } else {
      bits_[at / 64] &= ~mask;
    }
    at += count;
  }
  for (uint32_t chunk = first / kChunkPages; chunk <= (first + pages - 1) / kChunkPages; ++chunk) summarize(chunk);
}

void PageAllocator::summarize(uint32_t chunk) {
  Summary summary;
  uint32_t run = 0;
  bool seen_used = false;
  for (uint32_t word = 0; word < kChunkPages / 64; ++word) {
    uint64_t bits = bits_[chunk * (kChunkPages / 64) + word];
    if (bits == 0) {
      run += 64;
      continue;
    }
    for (uint32_t left = 64; left > 0;) {
      const uint32_t zeros = std::min<uint32_t>(bits == 0 ? 64 : static_cast<uint32_t>(__builtin_ctzll(bits)), left);
      run += zeros;
      left -= zeros;
      if (left == 0) break;
      if (!seen_used) summary.start = static_cast<uint16_t>(run);
      seen_used = true;
      summary.longest = std::max(summary.longest, static_cast<uint16_t>(run));
      run = 0;
      bits >>= zeros;
      const uint32_t ones = std::min<uint32_t>(bits == ~uint64_t{0} ? 64 : static_cast<uint32_t>(__builtin_ctzll(~bits)), left);
      left -= ones;
      bits = ones == 64 ? 0 : bits >> ones;
    }
  }
  if (!seen_used) summary.start = static_cast<uint16_t>(run);
  summary.end = static_cast<uint16_t>(run);
  summary.longest = std::max(summary.longest, static_cast<uint16_t>(run));
  summaries_[chunk] = summary;
}

// The lowest run of that many free pages within the chunk, which has one.
uint32_t PageAllocator::find_in_chunk(uint32_t chunk, uint32_t pages) const {
  uint32_t run = 0;
  for (uint32_t page = chunk * kChunkPages; page < (chunk + 1) * kChunkPages; ++page) {
    if (page % 64 == 0 && bits_[page / 64] == ~uint64_t{0}) {
      run = 0;
      page += 63;
      continue;
    }
    run = in_use(page) ? 0 : run + 1;
    if (run == pages) return page + 1 - pages;
  }
  return kNone;
}

uint32_t PageAllocator::allocate(uint32_t pages) {
  if (pages > free_) return kNone;
  uint32_t found = kNone;
  uint32_t run = 0;  // free pages at the end of the chunks before
  const uint32_t chunks = (grown_ + kChunkPages - 1) / kChunkPages;
  for (uint32_t chunk = lowest_ / kChunkPages; chunk < chunks; ++chunk) {
    const Summary& summary = summaries_[chunk];
    if (run + summary.start >= pages) {
      found = chunk * kChunkPages - run;
    } else if (summary.longest >= pages) {
      found = find_in_chunk(chunk, pages);
    }
    if (found != kNone) break;
    run = summary.start == kChunkPages ? run + kChunkPages : summary.end;
  }
  if (found == kNone) return kNone;
  set(found, pages, true);
  free_ -= pages;
  if (found == lowest_) lowest_ = found + pages;
  return found;
}

void PageAllocator::free(uint32_t first, uint32_t pages) {
  set(first, pages, false);
  free_ += pages;
  lowest_ = std::min(lowest_, first);
}

}  // namespace samovar::heap
