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

  // Writes all events that are there. Without a file they are only taken out, which counts those that were overwritten.
  void drain(experiments::Run& run);

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
