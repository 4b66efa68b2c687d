// The parser is a recursive descent over the RFC's grammar. Recursion is bounded by kJsonDepthLimit; members
// of one object are looked up one after another (a repeated key), which is quadratic in their number: objects
// here are parameter lists, and the size limit bounds the rest.
#include <cstdint>

#include "base/json.h"
#include "base/text.h"
#include "base/utf8.h"

namespace samovar::base {

namespace {

class Parser {
 public:
  Parser(std::string_view text, JsonError* error) : text_(text), error_(error) {}

  std::optional<JsonValue> document() {
    JsonValue value;
    skip_blanks();
    if (!parse_value(value, 0)) return std::nullopt;
    skip_blanks();
    if (at_ != text_.size()) {
      fail("there is more text after the value");
      return std::nullopt;
    }
    return value;
  }

  // Says what is wrong where the parser stands; always false.
  bool fail(std::string_view why) {
    if (error_ != nullptr) {
      error_->position = at_;
      error_->message = "This is not JSON: at byte " + format_number(static_cast<uint64_t>(at_)) + ", ";
      error_->message += why;
      error_->message += '.';
    }
    return false;
  }

 private:
  bool parse_value(JsonValue& out, size_t depth) {
    if (depth > kJsonDepthLimit) return fail("it is nested too deeply");
    if (at_ == text_.size()) return fail("the text ends where a value was expected");
    switch (text_[at_]) {
      case '{':
        return parse_object(out, depth);
      case '[':
        return parse_array(out, depth);
      case '"': {
        std::string text;
        if (!parse_string(text)) return false;
        out = JsonValue::string(std::move(text));
        return true;
      }
      case 't':
        return parse_word("true", out, JsonValue::boolean(true));
      case 'f':
        return parse_word("false", out, JsonValue::boolean(false));
      case 'n':
        return parse_word("null", out, JsonValue());
      default:
        return parse_number(out);
    }
  }

  bool parse_word(std::string_view word, JsonValue& out, JsonValue value) {
    if (!text_.substr(at_).starts_with(word)) return fail("a value was expected");
    at_ += word.size();
    out = std::move(value);
    return true;
  }

  bool parse_object(JsonValue& out, size_t depth) {
    out = JsonValue::object();
    ++at_;
    skip_blanks();
    if (take('}')) return true;
    while (true) {
      skip_blanks();
      if (!next_is('"')) return fail("a name in double quotes was expected");
      std::string name;
      if (!parse_string(name)) return false;
      skip_blanks();
      if (!take(':')) return fail("a colon was expected after the name");
      skip_blanks();
      JsonValue value;
      if (!parse_value(value, depth + 1)) return false;
      out.set(name, std::move(value));
      skip_blanks();
      if (take('}')) return true;
      if (!take(',')) return fail("a comma or a closing brace was expected");
    }
  }

  bool parse_array(JsonValue& out, size_t depth) {
    out = JsonValue::array();
    ++at_;
    skip_blanks();
    if (take(']')) return true;
    while (true) {
      skip_blanks();
      JsonValue value;
      if (!parse_value(value, depth + 1)) return false;
      out.push(std::move(value));
      skip_blanks();
      if (take(']')) return true;
      if (!take(',')) return fail("a comma or a closing bracket was expected");
    }
  }

  bool parse_string(std::string& out) {
    ++at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (take('"')) return true;
      if (c == '\\') {
        if (!parse_escape(out)) return false;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        return fail("a control character stands in a string (it must be escaped)");
      } else {
        const size_t length = utf8_length(text_.substr(at_));
        if (length == 0) return fail("a byte is not valid UTF-8");
        out += text_.substr(at_, length);
        at_ += length;
      }
    }
    return fail("the text ends in the middle of a string");
  }

  bool parse_escape(std::string& out) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (at_ + 1 == text_.size()) return fail("the text ends in the middle of a string");
    const char letter = text_[at_ + 1];
    if (const size_t i = kLetters.find(letter); i != std::string_view::npos) {
      out += kMeanings[i];
      at_ += 2;
      return true;
    }
    uint32_t high = 0, low = 0;
    if (!read_hex(at_, high)) return fail("there is no such escape");
    at_ += 6;
    const bool leads = high >= 0xD800 && high < 0xDC00;
    if (leads && read_hex(at_, low) && low >= 0xDC00 && low < 0xE000) {
      at_ += 6;
      high = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    }
    append_utf8(out, high);
    return true;
  }

  // The four digits of the \uXXXX that stands at `at`.
  bool read_hex(size_t at, uint32_t& out) const {
    if (at + 6 > text_.size() || text_[at] != '\\' || text_[at + 1] != 'u') return false;
    out = 0;
    for (size_t i = at + 2; i < at + 6; ++i) {
      const char c = text_[i];
      const bool digit = c >= '0' && c <= '9', lower = c >= 'a' && c <= 'f', upper = c >= 'A' && c <= 'F';
      if (!digit && !lower && !upper) return false;
      const int nibble = digit ? c - '0' : (lower ? c - 'a' : c - 'A') + 10;
      out = out << 4 | static_cast<uint32_t>(nibble);
    }
    return true;
  }

  bool parse_number(JsonValue& out) {
    const size_t begin = at_;
    take('-');
    if (!next_is_digit()) {
      at_ = begin;
      return fail("a value was expected");
    }
    if (!take('0')) skip_digits();
    if (take('.') && !skip_digits()) return fail("a digit was expected after the point");
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (!skip_digits()) return fail("a digit was expected in the exponent");
    }
    if (next_is_digit()) return fail("a number must not begin with a zero");
    out = JsonValue::number(std::string(text_.substr(begin, at_ - begin)));
    return true;
  }

  bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }
  bool next_is_digit() const { return at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; }

  bool take(char c) {
    if (!next_is(c)) return false;
    ++at_;
    return true;
  }

  // True when there was one digit at least.
  bool skip_digits() {
    const size_t begin = at_;
    while (next_is_digit()) ++at_;
    return at_ > begin;
  }

  void skip_blanks() {
    while (next_is(' ') || next_is('\t') || next_is('\n') || next_is('\r')) ++at_;
  }

  std::string_view text_;
  JsonError* error_;
  size_t at_ = 0;
};

}  // namespace

std::optional<JsonValue> parse_json(std::string_view text, JsonError* error, size_t size_limit) {
  if (text.size() > size_limit) {
    if (error != nullptr) {
      error->position = size_limit;
      error->message = "This JSON is too long: it has " + format_number(static_cast<uint64_t>(text.size())) +
                       " bytes, and " + format_number(static_cast<uint64_t>(size_limit)) + " are allowed.";
    }
    return std::nullopt;
  }
  return Parser(text, error).document();
}

}  // namespace samovar::base
