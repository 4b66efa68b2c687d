// The terminal's way in. It reads the command line, and prints; everything else is the library's.
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "cli/arguments.h"
#include "cli/help.h"
#include "cli/session.h"
#include "experiments/experiment.h"
#include "experiments/version.h"
#include "platform/worker_pool.h"

namespace samovar::cli {

namespace {

int refuse(const Parsed& parsed) {
  for (const std::string& problem : parsed.problems) std::fprintf(stderr, "samovar: %s\n", problem.c_str());
  std::string hint = "samovar help";
  if (parsed.command.experiment != nullptr) hint.append(" ").append(parsed.command.experiment->name);
  std::fprintf(stderr, "Try %s.\n", hint.c_str());
  return kExitUsage;
}

int list(const Command& command) {
  if (!command.json) return print(experiment_list()) ? kExitDone : kExitFailed;
  std::string out;
  base::JsonWriter json(out);
  experiments::describe(json, platform::max_threads() > 0);
  return print(out + "\n") ? kExitDone : kExitFailed;
}

int help(const Command& command) {
  const bool done = print(command.experiment != nullptr ? experiment_help(*command.experiment) : general_help());
  return done ? kExitDone : kExitFailed;
}

int carry_out(const Command& command) {
  switch (command.kind) {
    case Command::Kind::kHelp:
      return help(command);
    case Command::Kind::kVersion:
      return print("samovar " + std::string(experiments::kVersion) + "\n") ? kExitDone : kExitFailed;
    case Command::Kind::kList:
      return list(command);
    case Command::Kind::kRun:
      return run_command(command);
  }
  return kExitUsage;
}

}  // namespace

}  // namespace samovar::cli

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is noticed by the write
  const std::vector<std::string_view> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  const samovar::cli::Parsed parsed = samovar::cli::parse_arguments(words);
  return parsed.problems.empty() ? samovar::cli::carry_out(parsed.command) : samovar::cli::refuse(parsed);
}
