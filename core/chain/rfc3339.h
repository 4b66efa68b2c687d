// Timestamps as text: RFC 3339 in UTC, always with nine fractional digits and a 'Z', such as
// "2026-11-23T18:20:11.123456789Z". (Go's RFC3339Nano drops trailing zeros; here one instant has
// exactly one spelling, because the text is hashed.)
//
// Days are turned into dates and back by Howard Hinnant's algorithm ("chrono-Compatible Low-Level
// Date Algorithms", civil_from_days and days_from_civil); no locale and no time zone are consulted.
// Thread rules: pure functions.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace samovar::chain {

// format_rfc3339 takes nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted. Every value
// can be written: an int64 reaches from the year 1677 to 2262.
std::string format_rfc3339(std::int64_t unix_ns);

// parse_rfc3339 reads exactly what format_rfc3339 writes: 30 characters, a date that exists, no leap
// second, within reach of an int64. Anything else is nullopt.
std::optional<std::int64_t> parse_rfc3339(std::string_view text);

}  // namespace samovar::chain
