// Text: numbers, durations and lists as words.
//
// Everything here is a pure function; any thread may call it. Nothing depends on the locale.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace samovar::base {

// Appends `value` in decimal.
void append_number(std::string& out, uint64_t value);
void append_number(std::string& out, int64_t value);

// `value` in decimal.
std::string format_number(uint64_t value);
std::string format_number(int64_t value);

// The shortest decimal text that reads back as exactly `value`, laid out as JavaScript does ("0.1", "5", "6.4e-8",
// "1e+30") but for "-0", which keeps its sign. Not-a-number and the infinities give "NaN", "+Inf", "-Inf", as Go prints
// them (they are not JSON: see JsonWriter).
std::string format_double(double value);

// `ns` nanoseconds as Go's time.Duration.String prints them: "0s", "200ns", "1.5ms", "20.670927ms", "2m0.5s".
std::string format_duration(int64_t ns);

// The nanoseconds that `text` means, or nothing when it is not a duration or does not fit. Takes what Go's
// time.ParseDuration takes ("1.5ms", "200us", "200µs", "1h15m", "-2s"), and a bare whole number as nanoseconds.
// A part below a nanosecond is cut off.
std::optional<int64_t> parse_duration(std::string_view text);

// The whole number that `text` is (an optional '-', then digits only), or nothing.
std::optional<int64_t> parse_integer(std::string_view text);

// The words with `between` between each two of them.
std::string join(std::span<const std::string_view> words, std::string_view between);

// The candidate nearest to `name` in single-letter edits (an exchange of neighbours counts as one; hyphen and
// underscore are the same letter), or "" when none is near enough for a person to have meant it.
std::string_view closest(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace samovar::base
