// The texts that explain the command line, made from the table of experiments.
#pragma once

#include <string>

#include "experiments/experiment.h"

namespace samovar::cli {

// `samovar help`: commands, options, exit status, the form of events.
std::string general_help();

// `samovar help EXPERIMENT`: what it shows, and its parameters with type, default, range, unit and help.
std::string experiment_help(const experiments::ExperimentSpec& experiment);

// `samovar list`: one line an experiment.
std::string experiment_list();

}  // namespace samovar::cli
