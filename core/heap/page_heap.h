// PageAllocator: hands out runs of pages, the lowest address that fits first (Go: mpagealloc.go).
//
// One bit a page says whether it is in use; for each chunk of 512 pages a summary holds how many are free at its beginning, at its end,
// and in the longest run inside. A request walks the summaries and then one chunk's bits. Go puts a radix tree over the
// summaries because its address space is 256 TiB; an arena here has at most 2 GiB, 512 summaries, which a search from the lowest free
// page on passes in well under a microsecond.
//
// No lock of its own: its owner (Heap) has one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace samovar::heap {

class PageAllocator {
 public:
  static constexpr uint32_t kChunkPages = 512;  // 4 MiB, as Go's pallocChunkPages
  static constexpr uint32_t kNone = ~uint32_t{0};

  // `pages` in all, none of them there yet: grow() adds them.
  explicit PageAllocator(uint32_t pages);

  // Adds whole chunks, enough for a run of `pages` at the end. False, and nothing is added, if the arena has no more.
  bool grow(uint32_t pages);

  // The first page of the lowest free run of that many; kNone if there is none (grow() may help).
  uint32_t allocate(uint32_t pages);
  // Makes `pages` (at least 1) pages from `first` on free again. All must be in use, which is not checked; they need not be one run that allocate() gave.
  void free(uint32_t first, uint32_t pages);

  bool in_use(uint32_t page) const { return (bits_[page / 64] >> (page % 64) & 1) != 0; }
  uint32_t grown() const { return grown_; }       // pages that exist
  uint32_t limit() const { return limit_; }       // pages that can exist
  uint32_t free_pages() const { return free_; }   // of those that exist

 private:
  struct Summary {
    uint16_t start = 0;  // free pages at the beginning
    uint16_t longest = 0;
    uint16_t end = 0;
  };
  void set(uint32_t first, uint32_t pages, bool used);
  void summarize(uint32_t chunk);
  uint32_t find_in_chunk(uint32_t chunk, uint32_t pages) const;

  const uint32_t limit_;
  uint32_t grown_ = 0;
  uint32_t free_ = 0;
  uint32_t lowest_ = 0;           // no page below it is free
  std::vector<uint64_t> bits_;    // 1: in use, or not there yet
  std::vector<Summary> summaries_;
};

}  // namespace samovar::heap
