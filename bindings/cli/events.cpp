#include "cli/events.h"

#include <iterator>

#include "experiments/event_lines.h"

namespace samovar::cli {

EventFile::~EventFile() {
  if (file_ != nullptr) std::fclose(file_);
}

bool EventFile::open(const std::string& path) {
  file_ = std::fopen(path.c_str(), "wb");
  return file_ != nullptr;
}

void EventFile::drain(experiments::Run& run) {
  batch_.resize(kBatch);
  while (const size_t count = run.log().drain(batch_.data(), kBatch)) {
    text_.clear();
    for (size_t i = 0; i < count; ++i) {
      const observe::Event& event = batch_[i];
      const bool created = event.kind == observe::EventKind::kGoCreate;
      if (created && event.b >= names_.size()) names_ = run.names();
      experiments::append_event_line(text_, event, created && event.b < names_.size() ? names_[event.b] : std::string_view());
    }
    failed_ |= std::fwrite(text_.data(), 1, text_.size(), file_) != text_.size();
  }
}

void EventFile::count_dropped(experiments::Run& run) {
  observe::Event batch[256];
  while (run.log().drain(batch, std::size(batch)) > 0) {
  }
}

bool EventFile::close() {
  if (file_ != nullptr && std::fclose(file_) != 0) failed_ = true;
  file_ = nullptr;
  return !failed_;
}

}  // namespace samovar::cli
