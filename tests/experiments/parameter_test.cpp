#include "experiments/parameter.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "experiments/experiment.h"

namespace samovar::experiments {
namespace {

constexpr Choice kStrategies[] = {
    {"partition", "share one block"}, {"independent", "a branch each"}, {"locked", "wait"}};
constexpr ParameterSpec kParameters[] = {
    ParameterSpec::integer("blocks", 4, {1, 1000}, "blocks", "How many blocks are mined."),
    ParameterSpec::duration("work", 100 * kMicrosecond, {0, kSecond}, "How long one goroutine computes."),
    ParameterSpec::boolean("buffered", true, "Whether the channel has a buffer."),
    ParameterSpec::text("data", "hello", 16, "What is written into the blocks."),
    ParameterSpec::choice("strategy", "partition", kStrategies, "How the goroutines share the work."),
};
const ExperimentSpec kSpec = {.name = "mine",
                              .title = "Mine blocks",
                              .verb = "Mine",
                              .group = "chain",
                              .question = "?",
                              .shows = "Blocks.",
                              .parameters = kParameters,
                              .common = {.procs = 1}};

Validation check(std::string_view json) {
  const auto object = base::parse_json(json);
  EXPECT_TRUE(object) << json;
  return validate(kSpec, *object);
}

// The one message that `json` earns.
std::string message_for(std::string_view json) {
  const Validation result = check(json);
  EXPECT_EQ(result.errors.size(), 1u) << json;
  return result.errors.empty() ? "" : result.errors[0].message;
}

TEST(Parameter, NothingGivenMeansEveryDefault) {
  const Validation result = check("{}");
  EXPECT_TRUE(result.errors.empty());
  EXPECT_EQ(result.parameters.integer("blocks"), 4);
  EXPECT_EQ(result.parameters.duration_ns("work"), 100'000);
  EXPECT_TRUE(result.parameters.boolean("buffered"));
  EXPECT_EQ(result.parameters.text("data"), "hello");
  EXPECT_EQ(result.parameters.choice("strategy"), "partition");
  EXPECT_EQ(result.parameters.integer("procs"), 1);  // the experiment's own default
  EXPECT_EQ(result.parameters.integer("seed"), 1);
  EXPECT_EQ(result.parameters.choice("time"), "real");
}

TEST(Parameter, GoodValuesAreTaken) {
  const Validation result = check(
      R"({"blocks":1000,"work":0,"buffered":false,"data":"","strategy":"locked","procs":64,"seed":9007199254740991})");
  EXPECT_TRUE(result.errors.empty());
  std::string out;
  base::JsonWriter json(out);
  result.parameters.write(json);
  EXPECT_EQ(out, R"({"blocks":1000,"work":0,"buffered":false,"data":"","strategy":"locked",)"
                 R"("procs":64,"seed":9007199254740991,"time":"real"})");
}

TEST(Parameter, OneSentenceNamesFieldValueRangeAndWhatWasUsed) {
  EXPECT_EQ(message_for(R"({"blocks":0})"),
            "blocks is 0: it must be a whole number from 1 to 1000 (blocks); 4 was used instead.");
  EXPECT_EQ(message_for(R"({"work":2000000000})"),
            "work is 2s: it must be a duration from 0s to 1s; 100µs was used instead.");
  EXPECT_EQ(message_for(R"({"buffered":1})"), "buffered is 1: it must be true or false; true was used instead.");
  EXPECT_EQ(message_for(R"({"data":"12345678901234567"})"),
            "data is 17 bytes long: it must be text of at most 16 bytes; \"hello\" was used instead.");
  EXPECT_EQ(message_for(R"({"strategy":"partitoin"})"),
            "strategy is \"partitoin\": it must be partition, independent or locked (did you mean partition?); "
            "partition was used instead.");
}

TEST(Parameter, ErrorsCarryTheirParts) {
  const Validation result = check(R"({"blocks":0})");
  ASSERT_EQ(result.errors.size(), 1u);
  const FieldError& error = result.errors[0];
  EXPECT_EQ(error.field, "blocks");
  EXPECT_EQ(error.value, "0");
  EXPECT_EQ(error.allowed, "a whole number from 1 to 1000 (blocks)");
  EXPECT_EQ(error.used, "4");
  EXPECT_EQ(error.refusal(), "blocks is 0: it must be a whole number from 1 to 1000 (blocks).");
}

TEST(Parameter, EveryWrongValueIsReplacedByTheDefault) {
  for (const char* value : {"0", "-1", "1001", "1.5", "1e3000", "-1e3000", "99999999999999999999", "\"4\"", "\"NaN\"",
                            "true", "null", "[]", "{}", "\"\""}) {
    const Validation result = check(std::string("{\"blocks\":") + value + "}");
    EXPECT_EQ(result.errors.size(), 1u) << value;
    EXPECT_EQ(result.parameters.integer("blocks"), 4) << value;
  }
}

TEST(Parameter, WholeNumbersMayBeWrittenWithAPointOrExponent) {
  EXPECT_EQ(check(R"({"blocks":4e2})").parameters.integer("blocks"), 400);
  EXPECT_EQ(check(R"({"blocks":7.0})").parameters.integer("blocks"), 7);
}

TEST(Parameter, TextThatIsNotUtf8IsRefused) {
  base::JsonValue object = base::JsonValue::object();
  object.set("data", base::JsonValue::string("a\xFF"));
  const Validation result = validate(kSpec, object);
  ASSERT_EQ(result.errors.size(), 1u);
  EXPECT_EQ(result.errors[0].message,
            "data is not valid UTF-8: it must be text of at most 16 bytes; \"hello\" was used instead.");
  EXPECT_EQ(result.parameters.text("data"), "hello");
}

TEST(Parameter, LongValuesAreShortenedInMessages) {
  const std::string message = message_for("{\"strategy\":\"" + std::string(5000, 'x') + "\"}");
  EXPECT_LT(message.size(), 300u);
  EXPECT_NE(message.find("x…\""), std::string::npos);
}

TEST(Parameter, UnknownNamesAreIgnoredAndExplained) {
  EXPECT_EQ(message_for(R"({"blcks":3})"),
            "There is no parameter named blcks in mine; it was ignored. Did you mean blocks?");
  EXPECT_EQ(message_for(R"({"colour":3})"), "There is no parameter named colour in mine; it was ignored.");
  EXPECT_EQ(message_for(R"({"":3})"), "There is no parameter named \"\" in mine; it was ignored.");
  EXPECT_EQ(check(R"({"blcks":3})").errors[0].refusal(),
            "There is no parameter named blcks in mine. Did you mean blocks?");
}

TEST(Parameter, AllErrorsAreReportedAtOnce) {
  const Validation result = check(R"({"nonsense":1,"time":"never","blocks":0,"procs":65})");
  ASSERT_EQ(result.errors.size(), 4u);
  EXPECT_EQ(result.errors[0].field, "blocks");
  EXPECT_EQ(result.errors[1].field, "procs");
  EXPECT_EQ(result.errors[2].field, "time");
  EXPECT_EQ(result.errors[3].field, "nonsense");
}

TEST(Parameter, WhatIsNoObjectGivesTheDefaultsAndAnError) {
  EXPECT_EQ(message_for("[1]"), "The parameters are a list: they must be an object of parameters.");
  EXPECT_EQ(check("null").parameters.integer("blocks"), 4);
}

TEST(Parameter, WordsOfTheCommandLineBecomeValues) {
  const auto value = [](size_t i, std::string_view text) { return value_from_text(kParameters[i], text).to_json(); };
  EXPECT_EQ(value(0, "12"), "12");
  EXPECT_EQ(value(0, "1.5"), "1.5");
  EXPECT_EQ(value(0, "many"), "\"many\"");
  EXPECT_EQ(value(0, "NaN"), "\"NaN\"");
  EXPECT_EQ(value(1, "1.5ms"), "1500000");
  EXPECT_EQ(value(1, "12"), "12");
  EXPECT_EQ(value(1, "soon"), "\"soon\"");
  EXPECT_EQ(value(2, "true"), "true");
  EXPECT_EQ(value(2, "yes"), "\"yes\"");
  EXPECT_EQ(value(3, "12"), "\"12\"");
}

TEST(ParameterDeathTest, AskingForWhatWasNotDeclaredStopsTheProgram) {
  const Validation result = check("{}");
  EXPECT_DEATH(result.parameters.integer("blokcs"), "integer parameter blokcs, which it has not declared");
  EXPECT_DEATH(result.parameters.text("blocks"), "text parameter blocks");
}

}  // namespace
}  // namespace samovar::experiments
