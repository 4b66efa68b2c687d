// UTF-8: checking text that came from outside, and writing code points.
//
// Everything here is a pure function; any thread may call it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace samovar::base {

// The bytes of U+FFFD, which stands in for what could not be read.
inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Length in bytes (1 to 4) of the well-formed code point at the start of `text`, or 0 when its first byte
// begins none: overlong forms, surrogates and values above U+10FFFF are not well formed (Unicode, table 3-7).
size_t utf8_length(std::string_view text);

// True when the whole of `text` is well-formed UTF-8. The empty text is.
bool is_utf8(std::string_view text);

// Appends `code_point` as UTF-8. A surrogate or a value above U+10FFFF is written as U+FFFD.
void append_utf8(std::string& out, uint32_t code_point);

// The longest prefix of `text` that is at most `bytes` long and does not cut a code point in two.
std::string_view utf8_prefix(std::string_view text, size_t bytes);

}  // namespace samovar::base
