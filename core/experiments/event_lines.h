// Events as text: one JSON object a line, for files that people and scripts read.
#pragma once

#include <string>
#include <string_view>

#include "observe/event.h"

namespace samovar::experiments {

// "go_run", "steal", …: the words of `kind`. "" for a number that is none.
std::string_view name_of(observe::EventKind kind);

// Why a goroutine left its P, in words: "exit", "gosched", or Go's wait reason. "" for none.
std::string_view stop_reason_name(uint8_t reason);

// Appends one line with its newline. `name` is the created goroutine's, "" when unknown or of another kind.
void append_event_line(std::string& out, const observe::Event& event, std::string_view name);

}  // namespace samovar::experiments
