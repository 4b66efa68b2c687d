#include "base/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <random>

namespace samovar::base {
namespace {

TEST(Text, DoublesAreTheShortestTextThatReadsBack) {
  EXPECT_EQ(format_double(0), "0");
  EXPECT_EQ(format_double(-0.0), "-0");
  EXPECT_EQ(format_double(0.1), "0.1");
  EXPECT_EQ(format_double(5), "5");
  EXPECT_EQ(format_double(1.0 / 3), "0.3333333333333333");
  EXPECT_EQ(format_double(6.4e-8), "6.4e-8");
  EXPECT_EQ(format_double(0.000001), "0.000001");
  EXPECT_EQ(format_double(1e21), "1e+21");
  EXPECT_EQ(format_double(123456789012345680000.0), "123456789012345680000");
  EXPECT_EQ(format_double(-12.5), "-12.5");
  EXPECT_EQ(format_double(100), "100");
  EXPECT_EQ(format_double(std::numeric_limits<double>::min()), "2.2250738585072014e-308");
  EXPECT_EQ(format_double(9007199254740993.0), "9007199254740992");
  EXPECT_EQ(format_double(2e23), "2e+23");
  EXPECT_EQ(format_double(9.5367431640625e-7), "9.5367431640625e-7");
  EXPECT_EQ(format_double(5e-324), "5e-324");
  EXPECT_EQ(format_double(std::numeric_limits<double>::max()), "1.7976931348623157e+308");
  EXPECT_EQ(format_double(std::nan("")), "NaN");
  EXPECT_EQ(format_double(-INFINITY), "-Inf");
}

// The digits and the exponent of a number, however it is laid out: "12.50e3" gives "125" and 5.
std::pair<std::string, int> decimal_of(std::string_view text) {
  std::string digits;
  int exponent = 0, point = -1;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == 'e') {
      exponent = std::atoi(std::string(text.substr(i + 1)).c_str());
      break;
    }
    if (text[i] == '.') point = static_cast<int>(digits.size());
    if (text[i] >= '0' && text[i] <= '9') digits += text[i];
  }
  exponent += point < 0 ? static_cast<int>(digits.size()) : point;
  const size_t first = std::min(digits.find_first_not_of('0'), digits.size());
  digits.erase(0, first);
  exponent -= static_cast<int>(first);
  while (digits.ends_with('0')) digits.pop_back();
  return {digits, exponent};
}

// The twin is the standard library's own shortest conversion.
void expect_as_to_chars(double value) {
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr;
  const std::string ours = format_double(value);
  EXPECT_EQ(decimal_of(ours), decimal_of(std::string_view(text, end))) << ours;
  EXPECT_EQ(std::strtod(ours.c_str(), nullptr), value) << ours;
}

TEST(Text, DoublesHaveTheDigitsOfTheStandardLibrary) {
  constexpr uint64_t kSeed = 20260224;
  SCOPED_TRACE(kSeed);
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 4000; ++i) {
    const double anything = std::bit_cast<double>(random());
    if (std::isfinite(anything)) expect_as_to_chars(anything);
    expect_as_to_chars(static_cast<double>(random() % 100'000) / 1000);
    expect_as_to_chars(static_cast<double>(random() >> (random() % 64)));
  }
}

TEST(Text, PowersOfTwoAndTheirNeighboursAreShortest) {
  for (int exponent = -1074; exponent < 1024; ++exponent) {
    const double value = std::ldexp(1.0, exponent);
    expect_as_to_chars(value);
    expect_as_to_chars(std::nextafter(value, 0));
    expect_as_to_chars(std::nextafter(value, 1e308));
  }
}

// The texts are what Go 1.26's time.Duration.String gives.
TEST(Text, DurationsReadAsGoPrintsThem) {
  EXPECT_EQ(format_duration(0), "0s");
  EXPECT_EQ(format_duration(1), "1ns");
  EXPECT_EQ(format_duration(999), "999ns");
  EXPECT_EQ(format_duration(1'100), "1.1µs");
  EXPECT_EQ(format_duration(200'000), "200µs");
  EXPECT_EQ(format_duration(1'500'000), "1.5ms");
  EXPECT_EQ(format_duration(20'670'927), "20.670927ms");
  EXPECT_EQ(format_duration(1'000'000'000), "1s");
  EXPECT_EQ(format_duration(60'000'000'000), "1m0s");
  EXPECT_EQ(format_duration(3'600'000'000'000), "1h0m0s");
  EXPECT_EQ(format_duration(3'723'000'000'001), "1h2m3.000000001s");
  EXPECT_EQ(format_duration(-1'500'000), "-1.5ms");
  EXPECT_EQ(format_duration(std::numeric_limits<int64_t>::min()), "-2562047h47m16.854775808s");
}

TEST(Text, DurationsAreReadInEveryUnit) {
  EXPECT_EQ(parse_duration("1.5ms"), 1'500'000);
  EXPECT_EQ(parse_duration("200us"), 200'000);
  EXPECT_EQ(parse_duration("200µs"), 200'000);
  EXPECT_EQ(parse_duration("200\xCE\xBCs"), 200'000);
  EXPECT_EQ(parse_duration("2s"), 2'000'000'000);
  EXPECT_EQ(parse_duration(".5s"), 500'000'000);
  EXPECT_EQ(parse_duration("1h15m30.918s"), 4'530'918'000'000);
  EXPECT_EQ(parse_duration("-2s"), -2'000'000'000);
  EXPECT_EQ(parse_duration("0.3333333333333333333h"), 1'200'000'000'000);  // as Go reads it
  EXPECT_EQ(parse_duration("1234"), 1234);
}

TEST(Text, WhatIsNoDurationIsRefused) {
  for (const char* text :
       {"", "-", "ms", "1x", "1.5", "1 ms", "1ms ", ".s", "1e3ms", "9999999h", "++1s", "99999999999999999999"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Text, DurationsReadBackWhatTheyPrint) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 2000; ++i) {
    const auto ns = static_cast<int64_t>(random() >> (2 + random() % 60));
    EXPECT_NEAR(static_cast<double>(*parse_duration(format_duration(ns))), static_cast<double>(ns), 1) << ns;
  }
}

TEST(Text, IntegersAreDigitsOnly) {
  EXPECT_EQ(parse_integer("-12"), -12);
  EXPECT_EQ(parse_integer("9223372036854775807"), std::numeric_limits<int64_t>::max());
  for (const char* text : {"", "-", "+1", "1.0", " 1", "1 ", "9223372036854775808", "0x1"}) {
    EXPECT_FALSE(parse_integer(text)) << text;
  }
}

TEST(Text, JoinPutsTheSeparatorBetween) {
  const std::string_view words[] = {"a", "b", "c"};
  EXPECT_EQ(join(words, ", "), "a, b, c");
  EXPECT_EQ(join({}, ", "), "");
}

TEST(Text, ClosestFindsWhatWasMeantAndNothingElse) {
  const std::string_view names[] = {"blocks", "difficulty", "goroutines", "spawn-order"};
  EXPECT_EQ(closest("blcks", names), "blocks");
  EXPECT_EQ(closest("bolcks", names), "blocks");
  EXPECT_EQ(closest("goroutine", names), "goroutines");
  EXPECT_EQ(closest("spawn_order", names), "spawn-order");
  EXPECT_EQ(closest("colour", names), "");
  EXPECT_EQ(closest("", names), "");
  EXPECT_EQ(closest(std::string(100'000, 'x'), names), "");
}

}  // namespace
}  // namespace samovar::base
