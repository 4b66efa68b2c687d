// JSON (RFC 8259): a writer that appends to a string, and a small strict parser.
//
// The writer is a stream of calls that mirror the text; it keeps the commas and escapes. The parser takes
// exactly the RFC's grammar: no comments, no trailing commas, no NaN. One object serves one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace samovar::base {

// Appends `text` to `out` as a JSON string with its quotes. What is not UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

// JsonWriter appends one JSON value to a string that the caller keeps.
//
//   JsonWriter json(out);
//   json.begin_object();
//   json.field("blocks", 4);
//   json.key("order");
//   json.begin_array(); json.value(1); json.value(2); json.end_array();
//   json.end_object();
//
// Calls in a wrong order (a value in an object without a key, an end without a begin) are broken invariants
// and stop a debug build.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }

  // The name of the member whose value is written next.
  void key(std::string_view name);

  // One value. An integer is written exactly, whatever its size; a double as the shortest text that reads back
  // as the same. NaN and the infinities have no place in JSON: a debug build stops, a release build writes null.
  template <class T>
  void value(const T& v) {
    if constexpr (std::is_same_v<T, bool>) {
      boolean(v);
    } else if constexpr (std::is_floating_point_v<T>) {
      number(static_cast<double>(v));
    } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
      number(static_cast<int64_t>(v));
    } else if constexpr (std::is_integral_v<T>) {
      number(static_cast<uint64_t>(v));
    } else {
      string(std::string_view(v));
    }
  }
  void null();

  // Text that is a whole JSON value already; it is not looked at.
  void raw(std::string_view json);

  // key() and value() in one.
  template <class T>
  void field(std::string_view name, const T& v) {
    key(name);
    value(v);
  }

  // How many objects and arrays are open.
  size_t depth() const { return open_.size(); }

  // Ends what is open beyond `depth`, so that the text is whole although its writer stopped halfway (a key
  // still without its value gets null).
  void close_to(size_t depth);

 private:
  void boolean(bool v);
  void number(int64_t v);
  void number(uint64_t v);
  void number(double v);
  void string(std::string_view v);
  void open(char bracket);
  void close(char bracket);
  void before_value();  // writes the comma that is due, and checks that a value may stand here

  std::string& out_;
  std::string open_;        // brackets that are open, the innermost last
  bool first_ = true;       // nothing stands yet in the innermost one
  bool after_key_ = false;  // a key waits for its value
};

// JsonValue is one parsed value, a tree that owns its parts.
class JsonValue {
 public:
  enum class Kind : uint8_t { kNull, kBoolean, kNumber, kString, kArray, kObject };

  JsonValue() = default;  // null
  static JsonValue boolean(bool v);
  static JsonValue string(std::string v);
  static JsonValue integer(int64_t v);
  static JsonValue object() { return of(Kind::kObject); }
  static JsonValue array() { return of(Kind::kArray); }
  // A number as it was written; `literal` is a JSON number.
  static JsonValue number(std::string literal);

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::kNull; }
  bool is_boolean() const { return kind_ == Kind::kBoolean; }
  bool is_number() const { return kind_ == Kind::kNumber; }
  bool is_string() const { return kind_ == Kind::kString; }
  bool is_array() const { return kind_ == Kind::kArray; }
  bool is_object() const { return kind_ == Kind::kObject; }

  // The value of a boolean; false for anything else.
  bool as_boolean() const { return boolean_; }
  // The value of a number, infinite when it is too large for a double; 0 for anything else.
  double as_double() const;
  // The value of a number that is whole and fits ("4", "4.0", "1e3"), exactly; nothing for any other number or kind.
  std::optional<int64_t> as_integer() const;
  // The text of a string, or a number as it was written; "" for anything else.
  const std::string& text() const { return text_; }

  // Elements of an array, or values of an object in the order of the text (a repeated key keeps its first place and its
  // last value).
  const std::vector<JsonValue>& items() const { return items_; }
  // Keys of an object; keys()[i] belongs to items()[i].
  const std::vector<std::string>& keys() const { return keys_; }
  // The member of that name, or null when this is no object or has none.
  const JsonValue* find(std::string_view name) const;

  // Adds to an array.
  void push(JsonValue v) { items_.push_back(std::move(v)); }
  // Sets a member of an object; the last one of a name wins.
  void set(std::string_view name, JsonValue v);

  // Appends the value as JSON; numbers as they were written.
  void write(JsonWriter& json) const;
  std::string to_json() const;

 private:
  static JsonValue of(Kind kind);

  Kind kind_ = Kind::kNull;
  bool boolean_ = false;
  std::string text_;
  std::vector<std::string> keys_;
  std::vector<JsonValue> items_;
};

inline constexpr size_t kJsonDepthLimit = 64;
inline constexpr size_t kJsonSizeLimit = size_t{1} << 20;

// What is wrong with a text, and where: `message` is a whole sentence that names the position.
struct JsonError {
  size_t position = 0;  // bytes from the start
  std::string message;
};

// The value that `text` is, with nothing but blanks around it; or nothing, and then `error` (if not null) says
// why. Longer than `size_limit` bytes or nested deeper than kJsonDepthLimit is refused, and so is invalid
// UTF-8. A lone surrogate escape is read as U+FFFD.
std::optional<JsonValue> parse_json(std::string_view text, JsonError* error = nullptr,
                                    size_t size_limit = kJsonSizeLimit);

}  // namespace samovar::base
