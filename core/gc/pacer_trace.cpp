#include "gc/pacer_trace.h"

#include "base/text.h"
#include "gc/pacer.h"

namespace samovar::gc {

namespace {

std::string mb(uint64_t bytes) { return std::to_string(bytes >> 20); }

// Go converts to int, which cuts off; and it has integers for what may be below zero.
std::string percent(double share) { return std::to_string(static_cast<int64_t>(share * 100)); }

}  // namespace

// The digits are those of base::format_double; the layout differs below 0.0001, and in exponents, which have two digits at least.
std::string format_as_go(double value) {
  std::string text = base::format_double(value);
  const size_t sign = text.starts_with('-') ? 1 : 0;
  const size_t e = text.find('e');
  if (e != text.npos) {
    if (text.size() - e == 3) text.insert(e + 2, 1, '0');
    return text;
  }
  if (!std::string_view(text).substr(sign).starts_with("0.0000")) return text;
  const size_t first = text.find_first_not_of("0.", sign);
  const size_t exponent = first - sign - 1;
  std::string out = text.substr(0, sign) + text[first];
  if (first + 1 < text.size()) out += '.' + text.substr(first + 1);
  return out + "e-0" + std::to_string(exponent);
}

std::string pacer_lines(const PacerTrace& trace) {
  std::string out = "pacer: assist ratio=" + format_as_go(trace.assist_ratio) + " (scan " + mb(trace.heap_scan) + " MB in " + mb(trace.heap_start) + "->" + mb(trace.goal) +
                    " MB) workers=" + std::to_string(trace.dedicated) + "+" + format_as_go(trace.fractional) + "\n";
  if (!trace.ended) return out;
  out += "pacer: " + percent(trace.utilization) + "% CPU (" + percent(kBackgroundUtilization) + " exp.) for " + std::to_string(trace.heap_work) + "+" +
         std::to_string(trace.stack_work) + "+" + std::to_string(trace.globals_work) + " B work (" + std::to_string(trace.expected_work) + " B exp.) in " +
         std::to_string(trace.triggered) + " B -> " + std::to_string(trace.heap_end) + " B (\u2206goal " +
         std::to_string(static_cast<int64_t>(trace.heap_end) - static_cast<int64_t>(trace.goal_at_end)) + ", cons/mark " + format_as_go(trace.cons_mark) + ")\n";
  return out;
}

}  // namespace samovar::gc
