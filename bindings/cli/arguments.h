// What the words of a command line mean. A pure function: it prints nothing and opens nothing.
//
//   samovar run EXPERIMENT [--parameter value]… [--json] [--schedtrace ms] [--scheddetail] [--gctrace LEVEL] [--gcpacertrace] [--events FILE]
//   samovar list [--json]
//   samovar help [EXPERIMENT]
//   samovar --version | --help
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "experiments/experiment.h"

namespace samovar::cli {

struct Command {
  enum class Kind : uint8_t { kHelp, kVersion, kList, kRun };
  Kind kind = Kind::kHelp;
  const experiments::ExperimentSpec* experiment = nullptr;  // always in kRun; in kHelp null for the general help
  experiments::Parameters parameters;                       // complete, of kRun
  bool json = false;
  bool scheddetail = false;
  uint32_t schedtrace_ms = 0;  // 0: no lines
  int gctrace = 0;             // 0: no lines; 1 or 2, as in Go
  bool gcpacertrace = false;
  std::string events_file;     // "": none
};

struct Parsed {
  Command command;
  std::vector<std::string>
      problems;  // one sentence each, all of them; if there are any, the command must not be carried out
};

// Reads the words after the program's name.
Parsed parse_arguments(std::span<const std::string_view> words);

// The words of run that are not parameters, without their hyphens; no parameter may have such a name.
std::span<const std::string_view> reserved_names();

}  // namespace samovar::cli
