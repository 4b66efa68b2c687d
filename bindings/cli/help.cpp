#include "cli/help.h"

#include <algorithm>

#include "base/text.h"
#include "cli/table.h"

namespace samovar::cli {

namespace {

using experiments::Choice;
using experiments::ExperimentSpec;
using experiments::ParameterSpec;
using experiments::ParameterType;

std::string option_name(const ParameterSpec& spec) {
  std::string out = "--" + std::string(spec.name);
  std::replace(out.begin() + 2, out.end(), '_', '-');
  return out;
}

std::string range_of(const ParameterSpec& spec) {
  const auto [min, max] = spec.range;
  switch (spec.type) {
    case ParameterType::kInteger:
      return base::format_number(min) + " to " + base::format_number(max) +
             (spec.unit.empty() ? "" : " " + std::string(spec.unit));
    case ParameterType::kDuration:
      return base::format_duration(min) + " to " + base::format_duration(max);
    case ParameterType::kText:
      return "at most " + base::format_number(max) + " bytes";
    case ParameterType::kBoolean:
    case ParameterType::kChoice:
      return experiments::allowed_values(spec);
  }
  return "";
}

std::string default_of(const ParameterSpec& spec) {
  const std::string word = experiments::default_value(spec);
  return spec.type == ParameterType::kText ? '"' + word + '"' : word;
}

}  // namespace

std::string general_help() {
  return R"(Samovar runs experiments on a Go-style scheduler and collector and shows what
they did.

  samovar run EXPERIMENT [--parameter value]... [options]
  samovar list [--json]           the experiments
  samovar help [EXPERIMENT]       this text, or an experiment's parameters
  samovar --version

Parameters are written --name value or --name=value, with hyphens or underscores
(--max-size is max_size). A duration is 1.5ms, 200us, 2s, or a bare number of
nanoseconds. A true-or-false parameter may stand alone, which means true.

Options of run:
  --json             one JSON object on standard output instead of text
  --schedtrace MS    Go's schedtrace line on standard error every MS milliseconds
  --scheddetail      with --schedtrace: lines on each P, M and G as well
  --gctrace LEVEL    Go's line on standard error for each collection, as it happens;
                     at level 2 what was scanned in each size class as well
  --gcpacertrace     the pacer's lines on each: prices, work expected and done
  --events FILE      write the events of the run to FILE, one JSON object a line:
                     time_ns, seq, kind, p (absent: without a P), g, a, b, and where
                     they are known reason and name. Each P's events are in
                     order; sort by time_ns, p, seq for an order over all.

Ctrl-C cancels a run and prints what is known of it.

Exit status: 0 the run is done, 1 it ended in a panic or a deadlock or could not
run, 2 the command line was wrong, 130 it was cancelled.
)";
}

std::string experiment_help(const ExperimentSpec& experiment) {
  std::string out(experiment.title);
  out.append("\n\n  ").append(experiment.question);
  out.append("\n  ").append(experiment.shows);
  out.append("\n\n  samovar run ").append(experiment.name).append(" [--parameter value]...\n\nParameters:\n");
  Table table;
  table.add({"name", "type", "default", "range", "help"});
  for (const ParameterSpec& spec : experiments::all_parameters(experiment)) {
    table.add(
        {option_name(spec), std::string(name_of(spec.type)), default_of(spec), range_of(spec), std::string(spec.help)});
  }
  out += table.to_string(2);
  for (const ParameterSpec& spec : experiments::all_parameters(experiment)) {
    if (spec.type != ParameterType::kChoice) continue;
    out += "\n" + option_name(spec) + ":\n";
    Table choices;
    for (const Choice& choice : spec.choices) choices.add({std::string(choice.value), std::string(choice.help)});
    out += choices.to_string(2);
  }
  return out;
}

std::string experiment_list() {
  Table table;
  for (const ExperimentSpec* experiment : experiments::all()) {
    table.add({std::string(experiment->name), std::string(experiment->title), std::string(experiment->question)});
  }
  return table.to_string(0);
}

}  // namespace samovar::cli
