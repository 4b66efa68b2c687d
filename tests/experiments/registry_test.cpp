// What every experiment promises by standing in the table.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "base/utf8.h"
#include "experiments/experiment.h"

namespace samovar::experiments {
namespace {

bool is_word(std::string_view name, char separator) {
  if (name.empty() || name.front() < 'a' || name.front() > 'z' || name.back() == separator) return false;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!letter && (c != separator || name[i - 1] == separator)) return false;
  }
  return true;
}

bool is_sentence(std::string_view text) {
  return text.size() > 5 && text.front() >= 'A' && text.front() <= 'Z' && (text.ends_with('.') || text.ends_with('?'));
}

TEST(Registry, NamesAreHyphenatedAndAppearOnce) {
  std::set<std::string_view> seen;
  for (const ExperimentSpec* experiment : all()) {
    EXPECT_TRUE(is_word(experiment->name, '-')) << experiment->name;
    EXPECT_TRUE(seen.insert(experiment->name).second) << experiment->name << " stands there twice";
  }
}

TEST(Registry, EveryExperimentSaysWhatItIs) {
  for (const ExperimentSpec* experiment : all()) {
    SCOPED_TRACE(experiment->name);
    EXPECT_FALSE(experiment->title.empty());
    EXPECT_FALSE(experiment->verb.empty());
    EXPECT_TRUE(is_word(experiment->group, '-')) << experiment->group;
    EXPECT_TRUE(experiment->question.ends_with('?')) << experiment->question;
    EXPECT_TRUE(is_sentence(experiment->shows)) << experiment->shows;
    EXPECT_NE(experiment->run, nullptr);
    for (const std::string_view chart : experiment->charts) EXPECT_TRUE(is_word(chart, '_')) << chart;
  }
}

TEST(Registry, ParametersAreSnakeCaseUniqueAndExplained) {
  for (const ExperimentSpec* experiment : all()) {
    std::set<std::string_view> seen;
    for (const ParameterSpec& spec : all_parameters(*experiment)) {
      SCOPED_TRACE(std::string(experiment->name) + "." + std::string(spec.name));
      EXPECT_TRUE(is_word(spec.name, '_'));
      EXPECT_TRUE(seen.insert(spec.name).second) << "declared twice (procs, seed and time are there already)";
      EXPECT_TRUE(is_sentence(spec.help)) << spec.help;
      EXPECT_EQ(spec.help.find('\n'), std::string_view::npos);
    }
  }
}

TEST(Registry, DefaultsLieWithinTheirRange) {
  for (const ExperimentSpec* experiment : all()) {
    for (const ParameterSpec& spec : all_parameters(*experiment)) {
      SCOPED_TRACE(std::string(experiment->name) + "." + std::string(spec.name));
      const bool number = spec.type == ParameterType::kInteger || spec.type == ParameterType::kDuration;
      if (number) {
        EXPECT_LE(spec.range.min, spec.default_number);
        EXPECT_LE(spec.default_number, spec.range.max);
        EXPECT_LT(spec.range.min, spec.range.max);
        EXPECT_GE(spec.range.min, -kLargestWhole);
        EXPECT_LE(spec.range.max, kLargestWhole) << "JavaScript cannot hold it";
      } else if (spec.type == ParameterType::kText) {
        EXPECT_LE(spec.default_text.size(), static_cast<uint64_t>(spec.range.max));
        EXPECT_TRUE(base::is_utf8(spec.default_text));
      } else if (spec.type == ParameterType::kChoice) {
        EXPECT_GE(spec.choices.size(), 2u);
        const auto is_default = [&](const Choice& choice) { return choice.value == spec.default_text; };
        EXPECT_EQ(std::count_if(spec.choices.begin(), spec.choices.end(), is_default), 1);
        for (const Choice& choice : spec.choices) {
          EXPECT_TRUE(is_word(choice.value, '-')) << choice.value;
          EXPECT_TRUE(is_sentence(choice.help)) << choice.help;
        }
      }
    }
  }
}

TEST(Registry, DefaultsPassTheirOwnValidation) {
  for (const ExperimentSpec* experiment : all()) {
    std::string out;
    base::JsonWriter json(out);
    validate(*experiment, base::JsonValue::object()).parameters.write(json);
    const auto object = base::parse_json(out);
    ASSERT_TRUE(object);
    for (const FieldError& error : validate(*experiment, *object).errors) ADD_FAILURE() << error.message;
  }
}

TEST(Registry, FindTakesUnderscoresForHyphens) {
  EXPECT_EQ(find("no-such-experiment"), nullptr);
  EXPECT_EQ(find(""), nullptr);
  for (const ExperimentSpec* experiment : all()) {
    std::string name(experiment->name);
    EXPECT_EQ(find(name), experiment);
    std::replace(name.begin(), name.end(), '-', '_');
    EXPECT_EQ(find(name), experiment);
  }
}

TEST(Registry, DescribeListsThemAll) {
  std::string out;
  base::JsonWriter json(out);
  describe(json, true);
  const auto value = base::parse_json(out);
  ASSERT_TRUE(value);
  ASSERT_NE(value->find("experiments"), nullptr);
  ASSERT_EQ(value->find("experiments")->items().size(), all().size());
  for (size_t i = 0; i < all().size(); ++i) {
    const base::JsonValue& experiment = value->find("experiments")->items()[i];
    EXPECT_EQ(experiment.find("name")->text(), all()[i]->name);
    EXPECT_EQ(experiment.find("parameters")->items().size(), all_parameters(*all()[i]).size());
  }
  EXPECT_EQ(value->find("max_procs")->as_integer(), 64);
}

}  // namespace
}  // namespace samovar::experiments
