#include "experiments/parameter.h"

#include <cstdio>
#include <cstdlib>

#include "base/text.h"

namespace samovar::experiments {

namespace {

[[noreturn]] void undeclared(std::string_view name, ParameterType type) {
  const std::string kind(name_of(type));
  const std::string word(name);
  std::fprintf(stderr, "fatal error: the experiment asked for its %s parameter %s, which it has not declared\n",
               kind.c_str(), word.c_str());
  std::abort();
}

}  // namespace

std::string_view name_of(ParameterType type) {
  switch (type) {
    case ParameterType::kInteger:
      return "integer";
    case ParameterType::kDuration:
      return "duration";
    case ParameterType::kBoolean:
      return "boolean";
    case ParameterType::kText:
      return "text";
    case ParameterType::kChoice:
      return "choice";
  }
  return "";
}

std::string_view name_of(ParameterGroup group) {
  switch (group) {
    case ParameterGroup::kExperiment:
      return "experiment";
    case ParameterGroup::kRuntime:
      return "runtime";
    case ParameterGroup::kTime:
      return "time";
  }
  return "";
}

const Parameters::Entry& Parameters::get(std::string_view name, ParameterType type) const {
  for (const Entry& entry : entries_) {
    if (entry.spec.name == name && entry.spec.type == type) return entry;
  }
  undeclared(name, type);
}

void Parameters::set(Entry entry) {
  for (Entry& old : entries_) {
    if (old.spec.name == entry.spec.name) {
      old = std::move(entry);
      return;
    }
  }
  entries_.push_back(std::move(entry));
}

void Parameters::write(base::JsonWriter& json) const {
  json.begin_object();
  for (const Entry& entry : entries_) {
    json.key(entry.spec.name);
    switch (entry.spec.type) {
      case ParameterType::kInteger:
      case ParameterType::kDuration:
        json.value(entry.number);
        break;
      case ParameterType::kBoolean:
        json.value(entry.number != 0);
        break;
      case ParameterType::kText:
      case ParameterType::kChoice:
        json.value(entry.text);
        break;
    }
  }
  json.end_object();
}

std::string allowed_values(const ParameterSpec& spec) {
  using base::format_duration;
  using base::format_number;
  const auto [min, max] = spec.range;
  switch (spec.type) {
    case ParameterType::kInteger: {
      std::string out = "a whole number from " + format_number(min) + " to " + format_number(max);
      if (!spec.unit.empty()) out.append(" (").append(spec.unit).append(")");
      return out;
    }
    case ParameterType::kDuration:
      return "a duration from " + format_duration(min) + " to " + format_duration(max);
    case ParameterType::kBoolean:
      return "true or false";
    case ParameterType::kText:
      return "text of at most " + format_number(max) + " bytes";
    case ParameterType::kChoice: {
      std::string out;
      for (size_t i = 0; i < spec.choices.size(); ++i) {
        if (i > 0) out += i + 1 == spec.choices.size() ? " or " : ", ";
        out += spec.choices[i].value;
      }
      return out;
    }
  }
  return "";
}

std::string default_value(const ParameterSpec& spec) {
  switch (spec.type) {
    case ParameterType::kInteger:
      return base::format_number(spec.default_number);
    case ParameterType::kDuration:
      return base::format_duration(spec.default_number);
    case ParameterType::kBoolean:
      return spec.default_number != 0 ? "true" : "false";
    case ParameterType::kText:
    case ParameterType::kChoice:
      return std::string(spec.default_text);
  }
  return "";
}

base::JsonValue value_from_text(const ParameterSpec& spec, std::string_view text) {
  using base::JsonValue;
  std::string word(text);
  switch (spec.type) {
    case ParameterType::kInteger: {
      // Whatever reads as a JSON number is one, so that 1.5 is refused as "1.5" and 1e3 is a thousand. But for the space that JSON allows around it.
      const auto number = base::parse_json(text);
      const bool bare = text.find_first_of(" \t\r\n") == text.npos;
      return bare && number && number->is_number() ? *number : JsonValue::string(std::move(word));
    }
    case ParameterType::kDuration: {
      const auto ns = base::parse_duration(text);
      return ns ? JsonValue::integer(*ns) : JsonValue::string(std::move(word));
    }
    case ParameterType::kBoolean:
      if (text == "true" || text == "false") return JsonValue::boolean(text == "true");
      return JsonValue::string(std::move(word));
    case ParameterType::kText:
    case ParameterType::kChoice:
      return JsonValue::string(std::move(word));
  }
  return JsonValue();
}

}  // namespace samovar::experiments
