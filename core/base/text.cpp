#include "base/text.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <vector>

namespace samovar::base {

namespace {

constexpr uint64_t kNanosecond = 1;
constexpr uint64_t kMicrosecond = 1'000;
constexpr uint64_t kMillisecond = 1'000'000;
constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kMinute = 60 * kSecond;
constexpr uint64_t kHour = 60 * kMinute;

struct Unit {
  std::string_view name;
  uint64_t ns;
};

// Longer names stand before the names that they start with. The two spellings of µ are U+00B5 and U+03BC.
constexpr Unit kUnits[] = {
    {"ns", kNanosecond},
    {"us", kMicrosecond},
    {"\xC2\xB5s", kMicrosecond},
    {"\xCE\xBCs", kMicrosecond},
    {"ms", kMillisecond},
    {"s", kSecond},
    {"m", kMinute},
    {"h", kHour},
};

template <class Integer>
void append_integer(std::string& out, Integer value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

// Appends `value / unit` with as many decimals as it has, none when it is whole.
void append_fraction(std::string& out, uint64_t value, uint64_t unit) {
  append_number(out, value / unit);
  uint64_t rest = value % unit;
  if (rest == 0) return;
  out += '.';
  for (uint64_t place = unit / 10; rest != 0; place /= 10) {
    out += static_cast<char>('0' + rest / place);
    rest %= place;
  }
}

// One number with its unit off the front of `text`, in nanoseconds; nothing when there is none or it is too large.
std::optional<uint64_t> take_quantity(std::string_view& text) {
  constexpr uint64_t kLimit = uint64_t{1} << 63;
  uint64_t whole = 0, fraction = 0;
  double scale = 1;
  size_t digits = 0, i = 0;
  const auto is_digit = [&] { return i < text.size() && text[i] >= '0' && text[i] <= '9'; };
  for (; is_digit(); ++i, ++digits) {
    if (whole > (kLimit - 9) / 10) return std::nullopt;
    whole = whole * 10 + static_cast<uint64_t>(text[i] - '0');
  }
  if (i < text.size() && text[i] == '.') {
    for (++i; is_digit(); ++i, ++digits) {
      if (scale > 1e15) continue;  // beyond what any unit can show in nanoseconds
      fraction = fraction * 10 + static_cast<uint64_t>(text[i] - '0');
      scale *= 10;
    }
  }
  if (digits == 0) return std::nullopt;
  const Unit* unit = nullptr;
  for (const Unit& candidate : kUnits) {
    if (text.substr(i).starts_with(candidate.name)) {
      unit = &candidate;
      break;
    }
  }
  if (unit == nullptr || whole > kLimit / unit->ns) return std::nullopt;
  text.remove_prefix(i + unit->name.size());
  // In doubles as Go does it, so that the same text means the same nanoseconds.
  const auto part = static_cast<uint64_t>(static_cast<double>(fraction) * (static_cast<double>(unit->ns) / scale));
  return whole * unit->ns + part;
}

char fold(char c) {
  return c == '-' ? '_' : c;
}

// Edits between two words: insert, remove, replace, exchange of neighbours (optimal string alignment).
size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool same = fold(a[i - 1]) == fold(b[j - 1]);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + (same ? 0 : 1)});
      const bool exchanged = i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) && fold(a[i - 2]) == fold(b[j - 1]);
      if (exchanged) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

void append_number(std::string& out, uint64_t value) {
  append_integer(out, value);
}
void append_number(std::string& out, int64_t value) {
  append_integer(out, value);
}

std::string format_number(uint64_t value) {
  std::string out;
  append_number(out, value);
  return out;
}

std::string format_number(int64_t value) {
  std::string out;
  append_number(out, value);
  return out;
}

std::string format_duration(int64_t ns) {
  std::string out;
  if (ns < 0) out += '-';
  // The magnitude of the most negative value does not fit int64_t; unsigned negation gives it.
  uint64_t value = ns < 0 ? 0 - static_cast<uint64_t>(ns) : static_cast<uint64_t>(ns);
  if (value == 0) return "0s";
  if (value < kSecond) {
    const bool nano = value < kMicrosecond, micro = value < kMillisecond;
    append_fraction(out, value, nano ? kNanosecond : micro ? kMicrosecond : kMillisecond);
    out += nano ? "ns" : micro ? "\xC2\xB5s" : "ms";
    return out;
  }
  if (value >= kHour) {
    append_number(out, value / kHour);
    out += 'h';
  }
  if (value >= kMinute) {
    append_number(out, value % kHour / kMinute);
    out += 'm';
  }
  append_fraction(out, value % kMinute, kSecond);
  out += 's';
  return out;
}

std::optional<int64_t> parse_integer(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<int64_t> parse_duration(std::string_view text) {
  if (const auto bare = parse_integer(text)) return bare;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  uint64_t total = 0;
  while (!text.empty()) {
    const auto quantity = take_quantity(text);
    if (!quantity || *quantity > std::numeric_limits<uint64_t>::max() - total) return std::nullopt;
    total += *quantity;
  }
  constexpr uint64_t kMax = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  if (total > kMax) return std::nullopt;
  return negative ? -static_cast<int64_t>(total) : static_cast<int64_t>(total);
}

std::string join(std::span<const std::string_view> words, std::string_view between) {
  std::string out;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += between;
    out += words[i];
  }
  return out;
}

std::string_view closest(std::string_view name, std::span<const std::string_view> candidates) {
  constexpr size_t kLongest = 64;  // a longer word is no slip of the fingers, and the table is quadratic
  if (name.empty() || name.size() > kLongest) return "";
  std::string_view best;
  size_t best_edits = std::max<size_t>(1, name.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const size_t distance = edits(name, candidate);
    if (distance < best_edits) {
      best = candidate;
      best_edits = distance;
    }
  }
  return best;
}

}  // namespace samovar::base
