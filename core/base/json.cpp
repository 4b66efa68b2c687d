#include "base/json.h"

#include <cassert>
#include <cmath>
#include <cstdlib>

#include "base/text.h"
#include "base/utf8.h"

namespace samovar::base {

// --- Writer ---------------------------------------------------------------------------------------------

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    const char c = text.front();
    if (length == 0) {
      out += kReplacement;
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[c & 15];
    } else if (length == 2 && c == '\xC2' && static_cast<unsigned char>(text[1]) < 0xA0) {
      out += "\\u00";  // U+0080 to U+009F: control characters too
      out += kHex[static_cast<unsigned char>(text[1]) >> 4];
      out += kHex[text[1] & 15];
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

void JsonWriter::before_value() {
  const bool in_object = !open_.empty() && open_.back() == '{';
  assert(in_object == after_key_ && "a value in an object stands after a key, and only there");
  if (!open_.empty() && !in_object && !first_) out_ += ',';
  first_ = false;
  after_key_ = false;
}

void JsonWriter::open(char bracket) {
  before_value();
  out_ += bracket;
  open_ += bracket;
  first_ = true;
}

void JsonWriter::close(char bracket) {
  assert(!open_.empty() && (open_.back() == '{') == (bracket == '}') && !after_key_);
  out_ += bracket;
  open_.pop_back();
  first_ = false;
}

void JsonWriter::key(std::string_view name) {
  assert(!open_.empty() && open_.back() == '{' && !after_key_);
  if (!first_) out_ += ',';
  first_ = false;
  append_json_string(out_, name);
  out_ += ':';
  after_key_ = true;
}

void JsonWriter::null() {
  raw("null");
}

void JsonWriter::raw(std::string_view json) {
  before_value();
  out_ += json;
}

void JsonWriter::boolean(bool v) {
  raw(v ? "true" : "false");
}

void JsonWriter::number(int64_t v) {
  before_value();
  append_number(out_, v);
}

void JsonWriter::number(uint64_t v) {
  before_value();
  append_number(out_, v);
}

void JsonWriter::number(double v) {
  assert(std::isfinite(v) && "a number that is none was about to be printed");
  raw(std::isfinite(v) ? format_double(v) : "null");
}

void JsonWriter::string(std::string_view v) {
  before_value();
  append_json_string(out_, v);
}

void JsonWriter::close_to(size_t depth) {
  if (open_.size() <= depth) return;
  if (after_key_) null();
  while (open_.size() > depth) close(open_.back() == '{' ? '}' : ']');
}

// --- Value ----------------------------------------------------------------------------------------------

namespace {

bool is_zero(std::string_view digits) {
  return digits.find_first_of("123456789") == digits.npos;
}

}  // namespace

JsonValue JsonValue::of(Kind kind) {
  JsonValue value;
  value.kind_ = kind;
  return value;
}

JsonValue JsonValue::boolean(bool v) {
  JsonValue value = of(Kind::kBoolean);
  value.boolean_ = v;
  return value;
}

JsonValue JsonValue::string(std::string v) {
  JsonValue value = of(Kind::kString);
  value.text_ = std::move(v);
  return value;
}

JsonValue JsonValue::number(std::string literal) {
  JsonValue value = of(Kind::kNumber);
  value.text_ = std::move(literal);
  return value;
}

JsonValue JsonValue::integer(int64_t v) {
  return number(format_number(v));
}

double JsonValue::as_double() const {
  return is_number() ? std::strtod(text_.c_str(), nullptr) : 0;
}

std::optional<int64_t> JsonValue::as_integer() const {
  if (!is_number()) return std::nullopt;
  if (const auto exact = parse_integer(text_)) return exact;
  // A point or an exponent: shift the digits by hand, for a double would round.
  const size_t e = text_.find_first_of("eE");
  std::string digits = text_.substr(0, e);
  int64_t shift = 0;
  if (e != std::string::npos) {
    const auto exponent = parse_integer(std::string_view(text_).substr(e + (text_[e + 1] == '+' ? 2 : 1)));
    constexpr int64_t kFar = 1'000'000;  // longer than any literal's digits could make up for
    if (!exponent || *exponent > kFar || *exponent < -kFar)
      return is_zero(digits) ? std::optional<int64_t>(0) : std::nullopt;
    shift = *exponent;
  }
  if (const size_t point = digits.find('.'); point != std::string::npos) {
    shift -= static_cast<int64_t>(digits.size() - point - 1);
    digits.erase(point, 1);
  }
  if (is_zero(digits)) return 0;
  for (; shift < 0 && digits.back() == '0'; ++shift) digits.pop_back();
  constexpr int64_t kMostDigits = 19;
  if (shift < 0 || shift > kMostDigits) return std::nullopt;
  digits.append(static_cast<size_t>(shift), '0');
  return parse_integer(digits);
}

const JsonValue* JsonValue::find(std::string_view name) const {
  for (size_t i = 0; i < keys_.size(); ++i) {
    if (keys_[i] == name) return &items_[i];
  }
  return nullptr;
}

void JsonValue::set(std::string_view name, JsonValue v) {
  assert(is_object());
  for (size_t i = 0; i < keys_.size(); ++i) {
    if (keys_[i] == name) {
      items_[i] = std::move(v);
      return;
    }
  }
  keys_.emplace_back(name);
  items_.push_back(std::move(v));
}

void JsonValue::write(JsonWriter& json) const {
  switch (kind_) {
    case Kind::kNull:
      return json.null();
    case Kind::kBoolean:
      return json.value(boolean_);
    case Kind::kNumber:
      return json.raw(text_);
    case Kind::kString:
      return json.value(text_);
    case Kind::kArray:
      json.begin_array();
      for (const JsonValue& item : items_) item.write(json);
      return json.end_array();
    case Kind::kObject:
      json.begin_object();
      for (size_t i = 0; i < items_.size(); ++i) {
        json.key(keys_[i]);
        items_[i].write(json);
      }
      return json.end_object();
  }
}

std::string JsonValue::to_json() const {
  std::string out;
  JsonWriter json(out);
  write(json);
  return out;
}

}  // namespace samovar::base
