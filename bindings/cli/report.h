// The result of a run as text for people: aligned, with units, in sensible digits.
#pragma once

#include <string>
#include <string_view>

#include "experiments/run.h"

namespace samovar::cli {

// Everything that to_json() of a finished run holds, to be read on a terminal.
std::string report(const experiments::Run& run);

// A JSON number with its unit as people write it: ("262144", "hashes") gives "262,144 hashes", ("1500000", "ns")
// "1.5ms",
// ("4096", "B") "4 KiB"; a fraction is rounded to three places, or four digits when it is small.
std::string format_quantity(std::string_view literal, std::string_view unit);

// Text that somebody else chose, so that it cannot steer the terminal: control characters are escaped as in JSON.
std::string printable(std::string_view text);

}  // namespace samovar::cli
