#include "cli/arguments.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace samovar::cli {

namespace {

using experiments::ExperimentSpec;
using experiments::ParameterSpec;
using experiments::ParameterType;

constexpr std::string_view kCommands[] = {"run", "list", "help"};
constexpr std::string_view kReserved[] = {"json", "schedtrace", "scheddetail", "gctrace", "gcpacertrace", "events", "help", "version"};

// More than an hour between two lines is a slip of the fingers.
constexpr int64_t kLongestTraceMs = 3'600'000;

bool is_option(std::string_view word) {
  return word.starts_with("--") && word.size() > 2;
}

bool same_name(std::string_view a, std::string_view b) {
  const auto fold = [](char c) { return c == '-' ? '_' : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return fold(x) == fold(y); });
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates, std::string_view prefix) {
  const std::string_view meant = base::closest(name, candidates);
  if (meant.empty()) return "";
  return " Did you mean " + std::string(prefix) + std::string(meant) + "?";
}

// Text from the command line as a message shows it: nothing in it may steer the terminal.
std::string shown(std::string_view word) {
  std::string quoted;
  base::append_json_string(quoted, word);
  const bool plain = quoted.size() == word.size() + 2 && !word.empty() && word.find(' ') == word.npos;
  return plain ? std::string(word) : quoted;
}

const ExperimentSpec* find_experiment(std::string_view name, std::vector<std::string>& problems) {
  const ExperimentSpec* found = experiments::find(name);
  if (found != nullptr) return found;
  std::vector<std::string_view> names;
  for (const ExperimentSpec* experiment : experiments::all()) names.push_back(experiment->name);
  problems.push_back("There is no experiment named " + shown(name) + "." + did_you_mean(name, names, "") +
                     " (samovar list names them all.)");
  return nullptr;
}

// Reads what follows `run`, word by word.
class RunReader {
 public:
  RunReader(std::span<const std::string_view> words, Parsed& out) : words_(words), out_(out) {}

  void read() {
    while (at_ < words_.size()) {
      const std::string_view word = words_[at_++];
      if (is_option(word)) {
        read_option(word.substr(2));
      } else if (word == "-h") {
        out_.command.kind = Command::Kind::kHelp;
      } else if (out_.command.experiment == nullptr && !experiment_given_) {
        experiment_given_ = true;
        out_.command.experiment = find_experiment(word, out_.problems);
      } else {
        problem(shown(word) + " is not understood: parameters are written --name value.");
        attached_.reset();
        if (word.starts_with('-')) skip_value();  // -procs 2: one slip, one sentence
      }
    }
    finish();
  }

 private:
  void problem(std::string text) { out_.problems.push_back(std::move(text)); }

  // Of two values for one option one would be ignored in silence.
  void only_once(std::string_view name, bool given_before) {
    if (given_before) problem("--" + std::string(name) + " is given twice.");
  }

  void read_option(std::string_view option) {
    const size_t equals = option.find('=');
    const std::string_view name = option.substr(0, equals);
    if (equals != option.npos)
      attached_ = option.substr(equals + 1);
    else
      attached_.reset();
    Command& command = out_.command;
    if (name == "json") {
      command.json = flag(name);
    } else if (name == "scheddetail") {
      command.scheddetail = flag(name);
    } else if (name == "help") {
      command.kind = Command::Kind::kHelp;
    } else if (name == "schedtrace") {
      only_once(name, command.schedtrace_ms > 0);
      if (const auto text = value(name)) read_schedtrace(*text);
    } else if (name == "gctrace") {
      only_once(name, command.gctrace > 0);
      if (const auto text = value(name)) read_gctrace(*text);
    } else if (name == "gcpacertrace") {
      command.gcpacertrace = flag(name);
    } else if (name == "events") {
      only_once(name, !command.events_file.empty());
      const auto text = value(name);
      if (text && text->empty()) problem("--events needs the name of a file.");
      if (text) command.events_file = *text;
    } else {
      read_parameter(name);
    }
  }

  void read_schedtrace(std::string_view text) {
    const auto ms = base::parse_integer(text);
    if (!ms || *ms < 1 || *ms > kLongestTraceMs) {
      problem("schedtrace is " + shown(text) + ": it must be a whole number from 1 to " +
              base::format_number(kLongestTraceMs) + " (ms).");
      return;
    }
    out_.command.schedtrace_ms = static_cast<uint32_t>(*ms);
  }

  void read_gctrace(std::string_view text) {
    const auto level = base::parse_integer(text);
    if (!level || *level < 1 || *level > 2) {
      problem("gctrace is " + shown(text) + ": it must be 1 (a line a collection) or 2 (what was scanned, by size class, too).");
      return;
    }
    out_.command.gctrace = static_cast<int>(*level);
  }

  void read_parameter(std::string_view name) {
    const ExperimentSpec* experiment = out_.command.experiment;
    if (experiment == nullptr) {
      if (!experiment_given_) problem("--" + shown(name) + " comes before the experiment: name that first.");
      skip_value();
      return;
    }
    const std::vector<ParameterSpec> specs = experiments::all_parameters(*experiment);
    const auto is_it = [&](const ParameterSpec& spec) { return same_name(spec.name, name); };
    const auto spec = std::find_if(specs.begin(), specs.end(), is_it);
    if (spec == specs.end()) {
      std::vector<std::string_view> names(std::begin(kReserved), std::end(kReserved));
      for (const ParameterSpec& known : specs) names.push_back(known.name);
      problem("There is no parameter named " + shown(name) + " in " + std::string(experiment->name) + "." +
              did_you_mean(name, names, "--"));
      skip_value();
      return;
    }
    const auto text = spec->type == ParameterType::kBoolean ? boolean_value() : value(name);
    if (!text) return;
    only_once(name, given_.find(spec->name) != nullptr);
    given_.set(spec->name, experiments::value_from_text(*spec, *text));
  }

  // Whether a flag is set: --json, --json=true, --json=false.
  bool flag(std::string_view name) {
    if (!attached_ || *attached_ == "true") return true;
    if (*attached_ != "false")
      problem("--" + std::string(name) + " is " + shown(*attached_) + ": it must be true or false.");
    return false;
  }

  // The value of an option: after its equals sign, or the next word.
  std::optional<std::string_view> value(std::string_view name) {
    if (attached_) return attached_;
    if (at_ < words_.size() && !is_option(words_[at_])) return words_[at_++];
    problem("--" + std::string(name) + " needs a value (one that begins with -- is written --" + std::string(name) +
            "=--…).");
    return std::nullopt;
  }

  // A boolean may stand alone, and then means true. (A word that is no option can only be its value.)
  std::optional<std::string_view> boolean_value() {
    if (attached_) return attached_;
    if (at_ < words_.size() && !is_option(words_[at_])) return words_[at_++];
    return "true";
  }

  // What follows an option that nobody knows is most likely its value.
  void skip_value() {
    if (!attached_ && at_ < words_.size() && !is_option(words_[at_])) ++at_;
  }

  void finish() {
    Command& command = out_.command;
    if (command.kind == Command::Kind::kHelp) return;
    if (!experiment_given_) problem("run needs the name of an experiment (samovar list names them all).");
    if (command.scheddetail && command.schedtrace_ms == 0 && out_.problems.empty()) {
      problem("--scheddetail needs --schedtrace MS, whose lines it makes longer.");
    }
    if (command.experiment == nullptr) return;
    if ((command.gctrace > 0 || command.gcpacertrace) && !command.experiment->heap.present) {
      problem(std::string(command.gctrace > 0 ? "--gctrace: " : "--gcpacertrace: ") + std::string(command.experiment->name) + " has no heap, so there are no collections.");
    }
    experiments::Validation checked = experiments::validate(*command.experiment, given_);
    for (const experiments::FieldError& error : checked.errors) problem(error.refusal());
    command.parameters = std::move(checked.parameters);
  }

  std::span<const std::string_view> words_;
  Parsed& out_;
  size_t at_ = 0;
  bool experiment_given_ = false;
  std::optional<std::string_view> attached_;  // what stood after the equals sign of the option being read
  base::JsonValue given_ = base::JsonValue::object();
};

void read_list(std::span<const std::string_view> words, Parsed& out) {
  for (const std::string_view word : words) {
    if (word == "--json") {
      out.command.json = true;
    } else if (word == "--help" || word == "-h") {
      out.command.kind = Command::Kind::kHelp;
    } else {
      out.problems.push_back(shown(word) + " is not understood: list takes nothing but --json.");
    }
  }
}

void read_help(std::span<const std::string_view> words, Parsed& out) {
  for (const std::string_view word : words) {
    if (word == "--help" || word == "-h") continue;
    if (word.starts_with("-") || out.command.experiment != nullptr) {
      out.problems.push_back(shown(word) + " is not understood: help takes the name of one experiment.");
    } else if (experiments::find(word) != nullptr) {
      out.command.experiment = experiments::find(word);  // before the commands: list is both, and only the experiment has help of its own
    } else if (std::find(std::begin(kCommands), std::end(kCommands), word) == std::end(kCommands)) {
      find_experiment(word, out.problems);
    }
  }
}

}  // namespace

std::span<const std::string_view> reserved_names() {
  return kReserved;
}

Parsed parse_arguments(std::span<const std::string_view> words) {
  Parsed out;
  if (words.empty()) {
    out.problems.push_back("No command was given (run, list or help).");
    return out;
  }
  const std::string_view command = words[0];
  const auto rest = words.subspan(1);
  if (command == "run") {
    out.command.kind = Command::Kind::kRun;
    RunReader(rest, out).read();
  } else if (command == "list") {
    out.command.kind = Command::Kind::kList;
    read_list(rest, out);
  } else if (command == "help" || command == "--help" || command == "-h") {
    out.command.kind = Command::Kind::kHelp;
    read_help(rest, out);
  } else if (command == "--version" || command == "version") {
    out.command.kind = Command::Kind::kVersion;
    for (const std::string_view word : rest) out.problems.push_back(shown(word) + " is not understood: " + std::string(command) + " takes nothing.");
  } else if (experiments::find(command) != nullptr) {
    out.problems.push_back(shown(command) + " is an experiment: it is run by samovar run " + shown(command) + ".");
  } else {
    out.problems.push_back("There is no command named " + shown(command) + " (run, list or help)." +
                           did_you_mean(command, kCommands, ""));
  }
  return out;
}

}  // namespace samovar::cli
