// What `--events FILE` writes: events as JSON lines.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "experiments/run.h"
#include "observe/event.h"

namespace samovar::cli {

// EventFile drains a run's events into a file while the run goes on. One thread at a time.
class EventFile {
 public:
  EventFile() = default;
  ~EventFile();
  EventFile(const EventFile&) = delete;
  EventFile& operator=(const EventFile&) = delete;

  // Opens the file for writing; false (and errno) if it cannot be.
  bool open(const std::string& path);
  bool is_open() const { return file_ != nullptr; }

  // Writes all events that are there. The file must be open.
  void drain(experiments::Run& run);

  // Takes all events out and drops them, for a run without a file: the log counts what was overwritten only when somebody drains it. Takes no memory, of which
  // the run may have left none.
  static void count_dropped(experiments::Run& run);

  // Closes the file; false if anything could not be written.
  bool close();

 private:
  static constexpr size_t kBatch = 16384;

  std::FILE* file_ = nullptr;
  bool failed_ = false;
  std::vector<observe::Event> batch_;
  std::vector<std::string> names_;
  std::string text_;
};

}  // namespace samovar::cli
