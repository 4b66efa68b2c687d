// Session: one `samovar run` on this terminal: signals, the progress line, schedtrace lines and the events' file.
#pragma once

#include "cli/arguments.h"

namespace samovar::cli {

// What the program ends with.
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;       // panic, deadlock, or it could not run
inline constexpr int kExitUsage = 2;        // the command line was wrong
inline constexpr int kExitCancelled = 130;  // as a shell reports a Ctrl-C

// Carries out a run command without problems, prints what came of it, and gives the exit status. Once at a
// time: it installs signal handlers.
int run_command(const Command& command);

// Writes all of `text` to standard output. A reader that has gone away (EPIPE) is no error; anything else is
// reported, and false.
bool print(const std::string& text);

}  // namespace samovar::cli
