#include "chain/rfc3339.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "test_seed.h"

namespace samovar::chain {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

struct Instant {
  std::int64_t unix_ns;
  const char* text;
};

// Golden values: Python's calendar.timegm; the two ends: GNU date.
constexpr Instant kInstants[] = {
    {0, "1970-01-01T00:00:00.000000000Z"},
    {1, "1970-01-01T00:00:00.000000001Z"},
    {-1, "1969-12-31T23:59:59.999999999Z"},
    {1000000000 * kSecond, "2001-09-09T01:46:40.000000000Z"},
    {951868799 * kSecond, "2000-02-29T23:59:59.000000000Z"},  // divisible by 400: a leap year
    {951868800 * kSecond, "2000-03-01T00:00:00.000000000Z"},
    {-2203891201 * kSecond, "1900-02-28T23:59:59.000000000Z"},  // divisible by 100 only: none
    {-2203891200 * kSecond, "1900-03-01T00:00:00.000000000Z"},
    {4107542399 * kSecond, "2100-02-28T23:59:59.000000000Z"},
    {4107542400 * kSecond, "2100-03-01T00:00:00.000000000Z"},
    {1709208000 * kSecond, "2024-02-29T12:00:00.000000000Z"},
    {1795458011 * kSecond + 123456789, "2026-11-23T18:20:11.123456789Z"},
    {2147483648 * kSecond, "2038-01-19T03:14:08.000000000Z"},
    {std::numeric_limits<std::int64_t>::min(), "1677-09-21T00:12:43.145224192Z"},
    {std::numeric_limits<std::int64_t>::max(), "2262-04-11T23:47:16.854775807Z"},
};

TEST(Rfc3339, WritesKnownInstants) {
  for (const Instant& instant : kInstants) EXPECT_EQ(format_rfc3339(instant.unix_ns), instant.text);
}

TEST(Rfc3339, ReadsKnownInstants) {
  for (const Instant& instant : kInstants) EXPECT_EQ(parse_rfc3339(instant.text), instant.unix_ns) << instant.text;
}

TEST(Rfc3339, ReadsBackWhateverItWrites) {
  const std::uint64_t seed = test_seed();
  SCOPED_TRACE(seed_note(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 100'000; ++i) {
    const auto unix_ns = static_cast<std::int64_t>(random());
    ASSERT_EQ(parse_rfc3339(format_rfc3339(unix_ns)), unix_ns);
  }
}

TEST(Rfc3339, RefusesEveryOtherSpelling) {
  for (const char* text : {
           "",
           "2026-11-23T18:20:11Z",
           "2026-11-23T18:20:11.123Z",
           "2026-11-23 18:20:11.123456789Z",
           "2026-11-23T18:20:11.123456789z",
           "2026-11-23T18:20:11.123456789+00:00",
           "2026-11-23T18:20:11.12345678 Z",
           "+026-11-23T18:20:11.123456789Z",
       }) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(Rfc3339, RefusesInstantsThatDoNotExist) {
  for (const char* text : {
           "2026-00-23T18:20:11.123456789Z",
           "2026-13-23T18:20:11.123456789Z",
           "2026-11-00T18:20:11.123456789Z",
           "2026-11-31T18:20:11.123456789Z",
           "2026-02-29T18:20:11.123456789Z",
           "1900-02-29T18:20:11.123456789Z",
           "2000-02-30T18:20:11.123456789Z",
           "2026-11-23T24:00:00.000000000Z",
           "2026-11-23T18:60:11.123456789Z",
           "2026-11-23T18:20:60.123456789Z",
       }) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(Rfc3339, RefusesInstantsBeyondAnInt64) {
  EXPECT_FALSE(parse_rfc3339("1677-09-21T00:12:43.145224191Z"));
  EXPECT_FALSE(parse_rfc3339("2262-04-11T23:47:16.854775808Z"));
  EXPECT_FALSE(parse_rfc3339("0000-01-01T00:00:00.000000000Z"));
  EXPECT_FALSE(parse_rfc3339("9999-12-31T23:59:59.999999999Z"));
}

}  // namespace
}  // namespace samovar::chain
