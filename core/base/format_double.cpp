// The shortest decimal of a double, by exact arithmetic on big integers (Steele and White's free-format algorithm,
// "Dragon4", with the scale estimate of Burger and Dybvig).
//
// A double stands for the interval of all numbers that round to it. The value and the distances to both ends are kept
// as exact fractions over one denominator; digits are taken off the front until what is left is smaller than the
// way to an end, so that any continuation would read back as the same double.
//
// Rejected: std::to_chars, whose tables add 52 KiB (compressed) to the wasm download; snprintf with %.17g in a loop,
// which adds 11 KiB and reads the locale. This one is slower than either (some microseconds for extreme
// exponents) and prints a few hundred numbers a run.
#include <array>
#include <bit>
#include <cstdint>

#include "base/text.h"

namespace samovar::base {

namespace {

// BigUint: an unsigned integer of up to 1280 bits: the largest double, and the smallest one's denominator
// times a power of ten, have less than 1140.
class BigUint {
 public:
  explicit BigUint(uint64_t value) {
    words_[0] = static_cast<uint32_t>(value);
    words_[1] = static_cast<uint32_t>(value >> 32);
    size_ = words_[1] != 0 ? 2 : words_[0] != 0 ? 1 : 0;
  }

  void multiply(uint32_t factor) {
    uint64_t carry = 0;
    for (size_t i = 0; i < size_; ++i) {
      carry += uint64_t{words_[i]} * factor;
      words_[i] = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
    if (carry != 0) words_[size_++] = static_cast<uint32_t>(carry);
  }

  void multiply_by_power_of_ten(int exponent) {
    constexpr uint32_t kBillion = 1'000'000'000;
    for (; exponent >= 9; exponent -= 9) multiply(kBillion);
    for (; exponent > 0; --exponent) multiply(10);
  }

  void shift_left(int bits) {
    for (; bits >= 31; bits -= 31) multiply(uint32_t{1} << 31);
    if (bits > 0) multiply(uint32_t{1} << bits);
  }

  void add(const BigUint& other) {
    uint64_t carry = 0;
    for (size_t i = 0; i < size_ || i < other.size_ || carry != 0; ++i) {
      carry += uint64_t{i < size_ ? words_[i] : 0} + (i < other.size_ ? other.words_[i] : 0);
      words_[i] = static_cast<uint32_t>(carry);
      carry >>= 32;
      if (i >= size_) size_ = i + 1;
    }
  }

  // `other` must not be larger.
  void subtract(const BigUint& other) {
    uint64_t borrow = 0;
    for (size_t i = 0; i < size_; ++i) {
      const uint64_t less = uint64_t{i < other.size_ ? other.words_[i] : 0} + borrow;
      borrow = words_[i] < less ? 1 : 0;
      words_[i] = static_cast<uint32_t>(words_[i] - less);
    }
    while (size_ > 0 && words_[size_ - 1] == 0) --size_;
  }

  // Negative, zero or positive as this is less than, equal to or greater than `other`.
  int compare(const BigUint& other) const {
    if (size_ != other.size_) return size_ < other.size_ ? -1 : 1;
    for (size_t i = size_; i-- > 0;) {
      if (words_[i] != other.words_[i]) return words_[i] < other.words_[i] ? -1 : 1;
    }
    return 0;
  }

 private:
  std::array<uint32_t, 40> words_{};
  size_t size_ = 0;  // words in use; the highest of them is not zero
};

struct Decimal {
  std::array<char, 18> digits;
  int count = 0;
  int exponent = 0;  // the value is 0.d1d2d3… times ten to this power
};

// A double's significand and exponent: mantissa * 2^exponent. `narrow` says that the next smaller double is
// only half as far away as the next larger one (at a power of two).
struct Parts {
  uint64_t mantissa;
  int exponent;
  bool narrow;
};

Parts parts_of(uint64_t bits) {
  const uint64_t fraction = bits & ((uint64_t{1} << 52) - 1);
  const int exponent = static_cast<int>(bits >> 52 & 0x7FF);
  if (exponent == 0) return {fraction, -1074, false};
  return {fraction | uint64_t{1} << 52, exponent - 1075, fraction == 0 && exponent > 1};
}

// How many decimal digits stand before the point of a number with its highest bit at 2^bit, or one less. (1233/4096
// is just below the decimal logarithm of 2, and an arithmetic shift rounds down.)
int scale_of(int bit) {
  return bit * 1233 >> 12;
}

Decimal shortest_digits(const Parts& parts) {
  const bool even = parts.mantissa % 2 == 0;  // then the ends of the interval belong to it: reading rounds to even
  const int extra = parts.narrow ? 2 : 1;
  BigUint rest(parts.mantissa), whole(1), below(1), above(1);
  rest.shift_left(extra + (parts.exponent > 0 ? parts.exponent : 0));
  whole.shift_left(extra + (parts.exponent < 0 ? -parts.exponent : 0));
  below.shift_left(parts.exponent > 0 ? parts.exponent : 0);
  above.shift_left((parts.exponent > 0 ? parts.exponent : 0) + extra - 1);

  const auto reaches_one = [&] {
    BigUint end = rest;
    end.add(above);
    const int order = end.compare(whole);
    return even ? order >= 0 : order > 0;
  };
  Decimal out;
  out.exponent = scale_of(parts.exponent + std::bit_width(parts.mantissa) - 1);
  if (out.exponent >= 0) {
    whole.multiply_by_power_of_ten(out.exponent);
  } else {
    for (BigUint* number : {&rest, &below, &above}) number->multiply_by_power_of_ten(-out.exponent);
  }
  while (reaches_one()) {
    whole.multiply(10);
    ++out.exponent;
  }
  while (true) {
    for (BigUint* number : {&rest, &below, &above}) number->multiply(10);
    char digit = 0;
    for (; rest.compare(whole) >= 0; ++digit) rest.subtract(whole);
    const int order = rest.compare(below);
    const bool low_enough = even ? order <= 0 : order < 0;
    const bool high_enough = reaches_one();
    if (low_enough || high_enough) {
      BigUint twice = rest;
      twice.add(rest);
      const int half = twice.compare(whole);
      const bool up = low_enough && high_enough ? half > 0 || (half == 0 && digit % 2 != 0) : high_enough;
      out.digits[static_cast<size_t>(out.count++)] = static_cast<char>('0' + digit + (up ? 1 : 0));
      return out;
    }
    out.digits[static_cast<size_t>(out.count++)] = static_cast<char>('0' + digit);
  }
}

// Lays digits out as ECMAScript's Number::toString does.
void append_layout(std::string& out, const Decimal& decimal) {
  const int n = decimal.exponent, k = decimal.count;
  const auto digits = [&](int from, int to) {
    out.append(&decimal.digits[static_cast<size_t>(from)], static_cast<size_t>(to - from));
  };
  if (n > 21 || n <= -6) {
    digits(0, 1);
    if (k > 1) {
      out += '.';
      digits(1, k);
    }
    out += n > 0 ? "e+" : "e-";
    append_number(out, static_cast<int64_t>(n > 0 ? n - 1 : 1 - n));
  } else if (n <= 0) {
    out += "0.";
    out.append(static_cast<size_t>(-n), '0');
    digits(0, k);
  } else if (k <= n) {
    digits(0, k);
    out.append(static_cast<size_t>(n - k), '0');
  } else {
    digits(0, n);
    out += '.';
    digits(n, k);
  }
}

}  // namespace

std::string format_double(double value) {
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  const bool negative = bits >> 63 != 0;
  const uint64_t magnitude = bits & ~(uint64_t{1} << 63);
  constexpr uint64_t kInfinity = uint64_t{0x7FF} << 52;
  if (magnitude > kInfinity) return "NaN";
  if (magnitude == kInfinity) return negative ? "-Inf" : "+Inf";
  std::string out = negative ? "-" : "";
  if (magnitude == 0) return out + "0";
  append_layout(out, shortest_digits(parts_of(magnitude)));
  return out;
}

}  // namespace samovar::base
