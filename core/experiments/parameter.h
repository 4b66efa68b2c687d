// The table that defines each knob, once: name, type, default, range, unit and one line of help.
//
// The command line, the page's form, the link, the messages about bad values and the reference page are all
// made from these specifications. Specifications are constants; Parameters are the values of one run, complete
// and checked, and immutable once they are made: any thread may read them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace samovar::experiments {

struct ExperimentSpec;

enum class ParameterType : uint8_t {
  kInteger,   // a whole number
  kDuration,  // nanoseconds; on the command line "1.5ms" as well
  kBoolean,
  kText,    // UTF-8; max is its length in bytes
  kChoice,  // one word out of a list
};

enum class ParameterGroup : uint8_t { kExperiment, kRuntime, kTime };

// "integer", "duration", … and "experiment", "runtime", "time": the words of describe().
std::string_view name_of(ParameterType type);
std::string_view name_of(ParameterGroup group);

struct Choice {
  std::string_view value;
  std::string_view help;
};

// Both ends are allowed. For a duration in nanoseconds.
struct Range {
  int64_t min;
  int64_t max;
};

inline constexpr int64_t kMicrosecond = 1'000;
inline constexpr int64_t kMillisecond = 1'000'000;
inline constexpr int64_t kSecond = 1'000'000'000;

// The largest whole number that JavaScript holds exactly, 2^53 - 1.
inline constexpr int64_t kLargestWhole = (int64_t{1} << 53) - 1;

// ParameterSpec says all there is to say about one knob. Written as
//
//   constexpr ParameterSpec kParameters[] = {
//       ParameterSpec::integer("blocks", 4, {1, 1000}, "blocks", "How many blocks are mined."),
//       ParameterSpec::duration("work", 100 * kMicrosecond, {0, kSecond}, "How long one goroutine computes."),
//       ParameterSpec::boolean("buffered", false, "Whether the channel has a buffer."),
//       ParameterSpec::text("data", "hello", 4096, "What is written into the blocks."),
//       ParameterSpec::choice("strategy", "partition", kStrategies, "How the goroutines share the work."),
//   };
//
// Names are snake_case, help is one sentence, unit is a plural noun ("" when there is none).
struct ParameterSpec {
  std::string_view name = {};
  ParameterType type = ParameterType::kInteger;
  int64_t default_number = 0;          // integer, duration; boolean as 0 or 1
  std::string_view default_text = {};  // text, choice
  Range range = {0, 0};                // integer, duration; text: {0, bytes}
  std::string_view unit = {};
  std::string_view help = {};
  ParameterGroup group = ParameterGroup::kExperiment;
  std::span<const Choice> choices = {};

  static constexpr ParameterSpec integer(std::string_view name, int64_t by_default, Range range, std::string_view unit,
                                         std::string_view help) {
    return {name, ParameterType::kInteger, by_default, "", range, unit, help};
  }
  static constexpr ParameterSpec duration(std::string_view name, int64_t by_default_ns, Range range_ns,
                                          std::string_view help) {
    return {name, ParameterType::kDuration, by_default_ns, "", range_ns, "ns", help};
  }
  static constexpr ParameterSpec boolean(std::string_view name, bool by_default, std::string_view help) {
    return {name, ParameterType::kBoolean, by_default ? 1 : 0, "", {0, 1}, "", help};
  }
  static constexpr ParameterSpec text(std::string_view name, std::string_view by_default, int64_t max_bytes,
                                      std::string_view help) {
    return {name, ParameterType::kText, 0, by_default, {0, max_bytes}, "", help};
  }
  static constexpr ParameterSpec choice(std::string_view name, std::string_view by_default,
                                        std::span<const Choice> choices, std::string_view help) {
    ParameterSpec spec = {name, ParameterType::kChoice, 0, by_default, {0, 0}, "", help};
    spec.choices = choices;
    return spec;
  }

  // The same parameter in another group of the form.
  constexpr ParameterSpec in(ParameterGroup other) const {
    ParameterSpec spec = *this;
    spec.group = other;
    return spec;
  }
};

// Parameters are the values of one run, one for every parameter of its experiment.
//
// Asking for a name that the experiment has not declared, or with the wrong type, is a broken invariant and
// stops the program with a message that names it.
class Parameters {
 public:
  int64_t integer(std::string_view name) const { return get(name, ParameterType::kInteger).number; }
  int64_t duration_ns(std::string_view name) const { return get(name, ParameterType::kDuration).number; }
  bool boolean(std::string_view name) const { return get(name, ParameterType::kBoolean).number != 0; }
  const std::string& text(std::string_view name) const { return get(name, ParameterType::kText).text; }
  const std::string& choice(std::string_view name) const { return get(name, ParameterType::kChoice).text; }

  // Appends them as one JSON object, in the order of the table; durations in nanoseconds.
  void write(base::JsonWriter& json) const;

  // One value with its specification. `spec` points into constants of the program.
  struct Entry {
    ParameterSpec spec;
    int64_t number = 0;
    std::string text;
  };
  const std::vector<Entry>& entries() const { return entries_; }

  // What validate() builds with; a later value of the same name replaces an earlier one.
  void set(Entry entry);

 private:
  const Entry& get(std::string_view name, ParameterType type) const;

  std::vector<Entry> entries_;
};

// One thing that is wrong with what was asked for.
struct FieldError {
  std::string field;    // the parameter's name as it was given; "" when the whole object is at fault
  std::string value;    // what was given, shortened if long
  std::string allowed;  // what would do: "a whole number from 1 to 1000 (blocks)"
  std::string used;     // what took its place; "" when nothing did
  std::string message;  // one sentence of it all: "blocks is 0: it must be …; 4 was used instead."

  // The sentence without what was used instead, for those who refuse the whole request.
  std::string refusal() const;
};

struct Validation {
  Parameters parameters;           // complete and usable, whatever the errors
  std::vector<FieldError> errors;  // in the order of the table, then unknown names in the order given
};

// Checks `object` against the experiment's own parameters and the common ones. A bad value is replaced by its
// default and explained; an unknown name is ignored and explained; an absent one takes its default silently.
Validation validate(const ExperimentSpec& experiment, const base::JsonValue& object);

// The JSON value that a word of the command line means for this parameter. A word that does not fit the type
// becomes a JSON string, which validate() then explains.
base::JsonValue value_from_text(const ParameterSpec& spec, std::string_view text);

// "a whole number from 1 to 1000 (blocks)", "true or false", …: what the parameter takes.
std::string allowed_values(const ParameterSpec& spec);

// The default as a person would write it on the command line: "4", "1.5ms", "true", "partition".
std::string default_value(const ParameterSpec& spec);

// Appends a list of {field, value, allowed, used, message, refusal} as JSON.
void write_errors(base::JsonWriter& json, std::span<const FieldError> errors);

}  // namespace samovar::experiments
