#include "base/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace samovar::base {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string error_of(std::string_view text) {
  JsonError error;
  EXPECT_FALSE(parse_json(text, &error)) << text;
  return error.message;
}

TEST(JsonWriter, KeepsTheCommas) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("blocks", 4);
  json.field("seed", uint64_t{1} << 63);
  json.field("done", true);
  json.field("share", 0.25);
  json.field("state", "done");
  json.key("order");
  json.begin_array();
  json.value(1);
  json.value(-2);
  json.begin_array();
  json.end_array();
  json.null();
  json.end_array();
  json.key("empty");
  json.begin_object();
  json.end_object();
  json.end_object();
  EXPECT_EQ(out, R"({"blocks":4,"seed":9223372036854775808,"done":true,"share":0.25,"state":"done",)"
                 R"("order":[1,-2,[],null],"empty":{}})");
}

TEST(JsonWriter, EscapesWhatJsonDemands) {
  EXPECT_EQ(quoted("a\"b\\c/\n\t\r"), R"("a\"b\\c/\n\t\r")");
  EXPECT_EQ(quoted(std::string_view("\0\x1f\x7f", 3)), R"("\u0000\u001f\u007f")");
  EXPECT_EQ(quoted("\xC2\x9B\xC2\xA0"), "\"\\u009b\xC2\xA0\"");
  EXPECT_EQ(quoted("µ → 🫖"), "\"µ → 🫖\"");
}

TEST(JsonWriter, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(quoted("a\xFFz"), "\"a\xEF\xBF\xBDz\"");
  EXPECT_EQ(quoted("\xC3"), "\"\xEF\xBF\xBD\"");                  // cut short
  EXPECT_EQ(quoted("\xC0\xAF"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");  // overlong
  EXPECT_EQ(quoted("\xED\xA0\x80").size(), 2 + 9u);               // a surrogate: three bytes replaced
  EXPECT_EQ(quoted("\xF5\x80\x80\x80").size(), 2 + 12u);          // above U+10FFFF
}

TEST(JsonWriter, CloseToEndsWhatIsOpen) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.key("result");
  json.begin_object();
  json.key("order");
  json.begin_array();
  json.value(1);
  json.begin_object();
  json.key("half");
  json.close_to(1);
  json.end_object();
  EXPECT_EQ(out, R"({"result":{"order":[1,{"half":null}]}})");
  EXPECT_EQ(json.depth(), 0u);
}

#ifndef NDEBUG
TEST(JsonWriterDeathTest, NeverPrintsANumberThatIsNoneSilently) {
  std::string out;
  EXPECT_DEATH(JsonWriter(out).value(std::nan("")), "");
}
#endif

TEST(JsonParser, ReadsEveryKind) {
  const auto value = parse_json(R"( {"a": [1, -2.5e3, true, false, null, "x"], "b": {}} )");
  ASSERT_TRUE(value && value->is_object());
  const JsonValue& list = *value->find("a");
  ASSERT_EQ(list.items().size(), 6u);
  EXPECT_EQ(list.items()[0].as_integer(), 1);
  EXPECT_EQ(list.items()[1].as_double(), -2500);
  EXPECT_TRUE(list.items()[2].as_boolean());
  EXPECT_TRUE(list.items()[4].is_null());
  EXPECT_EQ(list.items()[5].text(), "x");
  EXPECT_TRUE(value->find("b")->is_object());
  EXPECT_EQ(value->find("c"), nullptr);
  EXPECT_EQ(value->to_json(), R"({"a":[1,-2.5e3,true,false,null,"x"],"b":{}})");
}

TEST(JsonParser, KeepsTheOrderAndTheLastOfARepeatedKey) {
  const auto value = parse_json(R"({"z":1,"a":2,"z":3})");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->to_json(), R"({"z":3,"a":2})");
}

TEST(JsonParser, ReadsEscapes) {
  EXPECT_EQ(parse_json(R"("\"\\\/\b\f\n\r\t\u00b5\ud83e\uDED6")")->text(), "\"\\/\b\f\n\r\tµ🫖");
  EXPECT_EQ(parse_json(R"("\ud83e!")")->text(), "\xEF\xBF\xBD!");
  EXPECT_EQ(parse_json(R"("\udc00\ud800\u0041")")->text(),
            "\xEF\xBF\xBD\xEF\xBF\xBD"
            "A");
}

TEST(JsonParser, WholeNumbersAreExact) {
  EXPECT_EQ(parse_json("9007199254740993")->as_integer(), 9007199254740993);
  EXPECT_EQ(parse_json("4.0")->as_integer(), 4);
  EXPECT_EQ(parse_json("1e3")->as_integer(), 1000);
  EXPECT_EQ(parse_json("-12.50E+1")->as_integer(), -125);
  EXPECT_EQ(parse_json("1200e-2")->as_integer(), 12);
  EXPECT_EQ(parse_json("9007199254740993.0")->as_integer(), 9007199254740993);
  EXPECT_EQ(parse_json("0.000e999999999999999999999")->as_integer(), 0);
  EXPECT_EQ(parse_json("-0.0")->as_integer(), 0);
  EXPECT_EQ(parse_json("-0")->as_integer(), 0);
  for (const char* text :
       {"1.5", "1e300", "1e19", "1e-1", "12.5e-1", "1e99999999999999999999", "1e-99999999999999999999", "1e999",
        "-1e999", "9223372036854775808", "\"4\"", "true", "null"}) {
    EXPECT_FALSE(parse_json(text)->as_integer()) << text;
  }
}

TEST(JsonParser, RefusesWhatIsNotJson) {
  for (const char* text :
       {"",           " ",           "{",   "[",        "[1",   "[1,",      "[1,]", "{\"a\"}", "{\"a\":}",
        "{\"a\":1,}", "{a:1}",       "'x'", "01",       "-",    "+1",       ".5",   "1.",      "1e",
        "1e+",        "0x10",        "NaN", "Infinity", "tru",  "nul",      "\"",   "\"\\\"",  "\"\\x\"",
        "\"\\u12\"",  "\"\\u12g4\"", "1 2", "{} {}",    "[1]]", "\"a\nb\"", "//",   "\"\xFF\""}) {
    EXPECT_FALSE(parse_json(text)) << text;
  }
}

TEST(JsonParser, SaysWhereAndWhat) {
  EXPECT_EQ(error_of("{\"a\" 1}"), "This is not JSON: at byte 5, a colon was expected after the name.");
  EXPECT_EQ(error_of("[1 2]"), "This is not JSON: at byte 3, a comma or a closing bracket was expected.");
  EXPECT_EQ(error_of(""), "This is not JSON: at byte 0, the text ends where a value was expected.");
}

TEST(JsonParser, BoundsDepthAndSize) {
  const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(parse_json(nested(kJsonDepthLimit)));
  EXPECT_EQ(error_of(nested(kJsonDepthLimit + 2)), "This is not JSON: at byte 65, it is nested too deeply.");
  EXPECT_FALSE(parse_json(std::string(1'000'000, '[')));
  JsonError error;
  EXPECT_FALSE(parse_json("[1, 2]", &error, 5));
  EXPECT_EQ(error.message, "This JSON is too long: it has 6 bytes, and 5 are allowed.");
}

TEST(JsonParser, ReadsBackWhatTheWriterWrote) {
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  json.value("\x01\"\\ µ");
  json.value(std::numeric_limits<int64_t>::min());
  json.value(0.1);
  json.end_array();
  const auto value = parse_json(out);
  ASSERT_TRUE(value);
  EXPECT_EQ(value->items()[0].text(), "\x01\"\\ µ");
  EXPECT_EQ(value->items()[1].as_integer(), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(value->items()[2].as_double(), 0.1);
}

}  // namespace
}  // namespace samovar::base
