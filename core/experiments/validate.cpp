// From a JSON object somebody sent to the complete parameters of a run, and a sentence for all that is wrong.
#include <algorithm>

#include "base/text.h"
#include "base/utf8.h"
#include "experiments/experiment.h"
#include "experiments/parameter.h"

namespace samovar::experiments {

namespace {

using base::JsonValue;

constexpr size_t kShownBytes = 40;

// Text as a message shows it: valid UTF-8, on one line, cut when it is long.
std::string shown_text(std::string_view text) {
  const bool cut = text.size() > kShownBytes;
  std::string out;
  base::append_json_string(out, base::utf8_prefix(text, kShownBytes));  // quotes, and escapes what cannot be seen
  if (cut) out.insert(out.size() - 1, "…");
  return out;
}

// A value as a message shows it: text in quotes, everything else as JSON has it.
std::string shown(const JsonValue& value) {
  switch (value.kind()) {
    case JsonValue::Kind::kString:
      return shown_text(value.text());
    case JsonValue::Kind::kArray:
      return "a list";
    case JsonValue::Kind::kObject:
      return "an object";
    default: {
      const std::string json = value.to_json();
      return json.size() <= kShownBytes ? json : std::string(base::utf8_prefix(json, kShownBytes)) + "…";
    }
  }
}

std::string shown_default(const ParameterSpec& spec) {
  return spec.type == ParameterType::kText ? shown_text(spec.default_text) : default_value(spec);
}

Parameters::Entry default_entry(const ParameterSpec& spec) {
  return {spec, spec.default_number, std::string(spec.default_text)};
}

// Text that is wrong is not repeated in full, but its fault is named: length and encoding cannot be seen. A duration has its unit, as it had when it was typed.
std::string fault_of(const ParameterSpec& spec, const JsonValue& value) {
  if (const auto ns = value.as_integer(); ns && spec.type == ParameterType::kDuration) return base::format_duration(*ns);
  if (spec.type != ParameterType::kText || !value.is_string()) return shown(value);
  if (!base::is_utf8(value.text())) return "not valid UTF-8";
  return base::format_number(static_cast<uint64_t>(value.text().size())) + " bytes long";
}

FieldError bad_value(const ParameterSpec& spec, const JsonValue& value) {
  FieldError error;
  error.field = spec.name;
  error.value = shown(value);
  error.allowed = allowed_values(spec);
  error.used = shown_default(spec);
  error.message = error.field + " is " + fault_of(spec, value) + ": it must be " + error.allowed;
  std::string_view meant;
  if (spec.type == ParameterType::kChoice && value.is_string()) {
    std::vector<std::string_view> words;
    for (const Choice& choice : spec.choices) words.push_back(choice.value);
    meant = base::closest(value.text(), words);
  }
  if (!meant.empty()) error.message.append(" (did you mean ").append(meant).append("?)");
  error.message += "; " + error.used + " was used instead.";
  return error;
}

FieldError unknown_name(const ExperimentSpec& experiment, std::span<const ParameterSpec> specs, std::string_view name,
                        const JsonValue& value) {
  std::vector<std::string_view> names;
  for (const ParameterSpec& spec : specs) names.push_back(spec.name);
  FieldError error;
  const std::string quoted = shown_text(name);
  const bool plain = quoted.size() == name.size() + 2 && !name.empty() && name.find(' ') == name.npos;
  error.field = plain ? std::string(name) : quoted;
  error.value = shown(value);
  error.allowed = base::join(names, ", ");
  error.message.append("There is no parameter named ").append(error.field).append(" in ");
  error.message.append(experiment.name).append("; it was ignored.");
  const std::string_view meant = base::closest(name, names);
  if (!meant.empty()) error.message.append(" Did you mean ").append(meant).append("?");
  return error;
}

// The entry that `value` gives, or nothing when it does not fit.
std::optional<Parameters::Entry> read_value(const ParameterSpec& spec, const JsonValue& value) {
  Parameters::Entry entry{spec, 0, ""};
  switch (spec.type) {
    case ParameterType::kInteger:
    case ParameterType::kDuration: {
      const auto number = value.as_integer();
      if (!number || *number < spec.range.min || *number > spec.range.max) return std::nullopt;
      entry.number = *number;
      return entry;
    }
    case ParameterType::kBoolean:
      if (!value.is_boolean()) return std::nullopt;
      entry.number = value.as_boolean() ? 1 : 0;
      return entry;
    case ParameterType::kText: {
      const bool fits = value.is_string() && value.text().size() <= static_cast<uint64_t>(spec.range.max);
      if (!fits || !base::is_utf8(value.text())) return std::nullopt;
      entry.text = value.text();
      return entry;
    }
    case ParameterType::kChoice: {
      if (!value.is_string()) return std::nullopt;
      const auto same = [&](const Choice& choice) { return choice.value == value.text(); };
      if (std::none_of(spec.choices.begin(), spec.choices.end(), same)) return std::nullopt;
      entry.text = value.text();
      return entry;
    }
  }
  return std::nullopt;
}

}  // namespace

std::string FieldError::refusal() const {
  std::string out = message;
  const std::string instead = "; " + used + " was used instead.";
  if (!used.empty() && out.ends_with(instead)) return out.substr(0, out.size() - instead.size()) + ".";
  constexpr std::string_view kIgnored = "; it was ignored.";
  if (const size_t at = out.find(kIgnored); at != std::string::npos) out.replace(at, kIgnored.size(), ".");
  return out;
}

Validation validate(const ExperimentSpec& experiment, const JsonValue& object) {
  Validation result;
  const std::vector<ParameterSpec> specs = all_parameters(experiment);
  if (!object.is_object()) {
    const std::string allowed = "an object of parameters";
    result.errors.push_back(
        {"", shown(object), allowed, "", "The parameters are " + shown(object) + ": they must be " + allowed + "."});
  }
  for (const ParameterSpec& spec : specs) {
    const JsonValue* given = object.find(spec.name);
    if (given == nullptr) {
      result.parameters.set(default_entry(spec));
    } else if (auto entry = read_value(spec, *given)) {
      result.parameters.set(std::move(*entry));
    } else {
      result.parameters.set(default_entry(spec));
      result.errors.push_back(bad_value(spec, *given));
    }
  }
  for (size_t i = 0; i < object.keys().size(); ++i) {
    const std::string& name = object.keys()[i];
    const auto known = [&](const ParameterSpec& spec) { return spec.name == name; };
    if (std::none_of(specs.begin(), specs.end(), known)) {
      result.errors.push_back(unknown_name(experiment, specs, name, object.items()[i]));
    }
  }
  return result;
}

void write_errors(base::JsonWriter& json, std::span<const FieldError> errors) {
  json.begin_array();
  for (const FieldError& error : errors) {
    json.begin_object();
    json.field("field", error.field);
    json.field("value", error.value);
    json.field("allowed", error.allowed);
    json.field("used", error.used);
    json.field("message", error.message);
    json.field("refusal", error.refusal());
    json.end_object();
  }
  json.end_array();
}

}  // namespace samovar::experiments
