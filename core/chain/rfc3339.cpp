#include "chain/rfc3339.h"

namespace samovar::chain {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd.dddddddddZ";  // d: a digit

struct Date {
  std::int64_t year;
  int month;  // 1..12
  int day;    // 1..31
};

// In Hinnant's calendar a year begins in March, so that the leap day is its last, and time is cut
// into eras of 400 years, which all have the same number of days.
constexpr std::int64_t kDaysPerEra = 146'097;
constexpr std::int64_t kDaysToEpoch = 719'468;  // from 0000-03-01 to 1970-01-01

constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

constexpr Date civil_from_days(std::int64_t days) {
  days += kDaysToEpoch;
  const std::int64_t era = floor_div(days, kDaysPerEra);
  const std::int64_t day_of_era = days - era * kDaysPerEra;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;  // March is 0
  const int day = static_cast<int>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  const int month = static_cast<int>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

constexpr std::int64_t days_from_civil(const Date& date) {
  const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const std::int64_t era = floor_div(year, 400);
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t shifted_month = date.month > 2 ? date.month - 3 : date.month + 9;
  const std::int64_t day_of_year = (153 * shifted_month + 2) / 5 + date.day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * kDaysPerEra + day_of_era - kDaysToEpoch;
}

static_assert(days_from_civil({1970, 1, 1}) == 0);
static_assert(days_from_civil({2000, 3, 1}) == 11'017);

void put_number(char* at, std::int64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i, value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

std::int64_t number_in(std::string_view digits) {
  std::int64_t value = 0;
  for (char c : digits) value = value * 10 + (c - '0');
  return value;
}

bool has_shape(std::string_view text) {
  if (text.size() != kShape.size()) return false;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == 'd' ? !is_digit : text[i] != kShape[i]) return false;
  }
  return true;
}

// Seconds times 1e9 plus nanoseconds, if an int64 holds it.
std::optional<std::int64_t> join(std::int64_t seconds, std::int64_t nanos) {
  // Before 1970 the product alone may lie just outside although the sum does not.
  if (seconds < 0 && nanos > 0) {
    ++seconds;
    nanos -= kNanosPerSecond;
  }
  std::int64_t total = 0;
  if (__builtin_mul_overflow(seconds, kNanosPerSecond, &total)) return std::nullopt;
  if (__builtin_add_overflow(total, nanos, &total)) return std::nullopt;
  return total;
}

}  // namespace

std::string format_rfc3339(std::int64_t unix_ns) {
  const std::int64_t seconds = floor_div(unix_ns, kNanosPerSecond);
  // Not unix_ns - seconds * 1e9: that product overflows for the very first instants.
  const std::int64_t rest = unix_ns % kNanosPerSecond;
  const std::int64_t nanos = rest < 0 ? rest + kNanosPerSecond : rest;
  const std::int64_t days = floor_div(seconds, kSecondsPerDay);
  const std::int64_t second_of_day = seconds - days * kSecondsPerDay;
  const Date date = civil_from_days(days);
  std::string text(kShape);
  put_number(&text[0], date.year, 4);
  put_number(&text[5], date.month, 2);
  put_number(&text[8], date.day, 2);
  put_number(&text[11], second_of_day / 3600, 2);
  put_number(&text[14], second_of_day / 60 % 60, 2);
  put_number(&text[17], second_of_day % 60, 2);
  put_number(&text[20], nanos, 9);
  return text;
}

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  if (!has_shape(text)) return std::nullopt;
  const Date date = {number_in(text.substr(0, 4)), static_cast<int>(number_in(text.substr(5, 2))),
                     static_cast<int>(number_in(text.substr(8, 2)))};
  const std::int64_t hour = number_in(text.substr(11, 2));
  const std::int64_t minute = number_in(text.substr(14, 2));
  const std::int64_t second = number_in(text.substr(17, 2));
  if (date.month < 1 || date.month > 12 || date.day < 1 || date.day > 31) return std::nullopt;
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const std::int64_t days = days_from_civil(date);
  // 30 February becomes a day in March: a date exists if it survives the way back.
  if (civil_from_days(days).month != date.month) return std::nullopt;
  return join(days * kSecondsPerDay + hour * 3600 + minute * 60 + second, number_in(text.substr(20, 9)));
}

}  // namespace samovar::chain
