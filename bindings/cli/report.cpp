#include "cli/report.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/json.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cli/table.h"

namespace samovar::cli {

namespace {

using base::JsonValue;
using experiments::Run;
using experiments::UnitList;

constexpr size_t kLineWidth = 100;  // of a list before it is cut short
constexpr size_t kListLines = 20;   // of a list of objects

std::string with_commas(std::string digits) {
  const size_t begin = digits.starts_with('-') ? 1 : 0;
  const size_t end = std::min(digits.find_first_of(".e"), digits.size());
  for (size_t i = end; i > begin + 3;) digits.insert(i -= 3, ",");
  return digits;
}

// Three decimals at most for what is 1 or more, four digits for what is less, and no zeros at the end.
std::string rounded(double value) {
  char text[64];
  std::snprintf(text, sizeof text, std::fabs(value) >= 1 && std::fabs(value) < 1e15 ? "%.3f" : "%.4g", value);
  std::string out = text;
  if (out.find('.') != out.npos && out.find('e') == out.npos) {
    out.erase(out.find_last_not_of('0') + 1);
    if (out.ends_with('.')) out.pop_back();
  }
  return with_commas(out);
}

std::string format_bytes(int64_t bytes) {
  constexpr std::string_view kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; std::fabs(value) >= 1024 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 || value == std::floor(value) ? "%.0f" : "%.1f", value);
  return std::string(text) + " " + std::string(kUnits[unit]);
}

// One of what `unit`, a plural noun or a symbol, counts: "goroutines" as "goroutine", "Ps" as "P"; "ms" stays.
std::string_view singular(std::string_view unit) {
  if (unit.find('/') != unit.npos || unit == "s" || unit == "ms") return unit;
  for (const std::string_view hiss : {"shes", "ches", "sses", "xes"}) {
    if (unit.ends_with(hiss)) return unit.substr(0, unit.size() - 2);
  }
  return unit.ends_with('s') && !unit.ends_with("ss") ? unit.substr(0, unit.size() - 1) : unit;
}

std::string format_ns(uint64_t ns) { return base::format_duration(static_cast<int64_t>(ns)); }
std::string format_count(uint64_t value) { return with_commas(base::format_number(value)); }

std::string unit_for(const UnitList& units, std::string_view field) {
  for (const auto& [name, unit] : units) {
    if (name == field) return unit;
  }
  return "";
}

std::string one_line(const JsonValue& value, std::string_view unit);

// Inside lists whole numbers stay plain digits: somebody may copy a block's nonce.
std::string element(const JsonValue& value) {
  return value.as_integer() ? value.text() : one_line(value, "");
}

std::string list_line(const JsonValue& list, std::string_view unit) {
  std::string out;
  size_t shown = 0;
  for (const JsonValue& item : list.items()) {
    const std::string next = (shown > 0 ? " " : "") + element(item);
    if (shown > 0 && width_of(out) + width_of(next) > kLineWidth) break;
    out += next;
    ++shown;
  }
  if (list.items().empty()) return "none";
  if (!unit.empty()) out.append(" ").append(list.items().size() == 1 && list.items()[0].text() == "1" ? singular(unit) : unit);
  if (shown < list.items().size()) {
    out += " … (" + base::format_number(static_cast<uint64_t>(list.items().size())) + " in all; --json has them)";
  }
  return out;
}

std::string object_line(const JsonValue& object, std::string_view unit) {
  std::string out;
  for (size_t i = 0; i < object.items().size(); ++i) {
    if (i > 0) out += "  ";
    out += printable(object.keys()[i]) + "=" + element(object.items()[i]);
  }
  if (!unit.empty() && !object.items().empty()) out.append(" ").append(unit);
  return out;
}

std::string one_line(const JsonValue& value, std::string_view unit) {
  switch (value.kind()) {
    case JsonValue::Kind::kNull:
      return "-";
    case JsonValue::Kind::kBoolean:
      return value.as_boolean() ? "yes" : "no";
    case JsonValue::Kind::kNumber:
      return format_quantity(value.text(), unit);
    case JsonValue::Kind::kString:
      return printable(value.text()) + (unit.empty() ? "" : " " + std::string(unit));
    case JsonValue::Kind::kArray:
      return list_line(value, unit);
    case JsonValue::Kind::kObject:
      return object_line(value, unit);
  }
  return "";
}

// A list of objects (blocks, goroutines) takes a line each, below its name.
void add_objects(std::string& out, const std::string& name, const JsonValue& list) {
  out += "  " + name + "\n";
  for (size_t i = 0; i < list.items().size(); ++i) {
    if (i == kListLines) {
      out +=
          "    … (" + base::format_number(static_cast<uint64_t>(list.items().size())) + " in all; --json has them)\n";
      return;
    }
    out += "    " + one_line(list.items()[i], "") + "\n";
  }
}

std::string result_section(const Run& run) {
  const auto result = base::parse_json(run.result_json(), nullptr, SIZE_MAX);
  if (!result || result->items().empty()) return "";
  Table table;
  std::string lists;
  for (size_t i = 0; i < result->items().size(); ++i) {
    const JsonValue& value = result->items()[i];
    const std::string name = printable(result->keys()[i]);
    const bool objects = value.is_array() && !value.items().empty() && value.items()[0].is_object();
    if (objects) {
      add_objects(lists, name, value);
    } else {
      table.add({name, one_line(value, unit_for(run.units(), result->keys()[i]))});
    }
  }
  return "\nResult\n" + table.to_string(2) + lists;
}

std::string parameter_section(const Run& run) {
  Table table;
  for (const auto& entry : run.parameters().entries()) {
    std::string value;
    switch (entry.spec.type) {
      case experiments::ParameterType::kInteger:
        value = entry.spec.name == "seed" ? base::format_number(entry.number)
                                          : format_quantity(base::format_number(entry.number), entry.spec.unit);
        break;
      case experiments::ParameterType::kDuration:
        value = base::format_duration(entry.number);
        break;
      case experiments::ParameterType::kBoolean:
        value = entry.number != 0 ? "yes" : "no";
        break;
      case experiments::ParameterType::kText:
      case experiments::ParameterType::kChoice:
        value = printable(entry.text);
        break;
    }
    table.add({std::string(entry.spec.name), value});
  }
  return "\nParameters\n" + table.to_string(2);
}

std::string histogram_line(const std::vector<uint64_t>& counts) {
  observe::TimeHistogram histogram;
  histogram.add_counts(counts);
  if (histogram.total() == 0) return "none";
  const auto quantile = [&](double q) { return format_ns(histogram.quantile_ns(q)); };
  return "half below " + quantile(0.5) + ", 99% below " + quantile(0.99) + ", all below " + quantile(1) + " (" +
         format_count(histogram.total()) + " samples)";
}

// Edges lie a byte above a size: what is less than 17 B has at most 16.
std::string sizes_line(const observe::MetricSet::Metric& metric) {
  uint64_t total = 0;
  for (const uint64_t count : metric.counts) total += count;
  if (total == 0) return "none";
  const auto quantile = [&](double q) {
    const uint64_t rank = std::max<uint64_t>(1, static_cast<uint64_t>(std::ceil(q * static_cast<double>(total))));
    uint64_t seen = 0;
    for (size_t i = 0; i < metric.edges.size(); ++i) {
      seen += metric.counts[i];
      if (seen >= rank) return "at most " + format_bytes(static_cast<int64_t>(metric.edges[i]) - 1);
    }
    return "above " + format_bytes(static_cast<int64_t>(metric.edges.back()) - 1);
  };
  return "half " + quantile(0.5) + ", 99% " + quantile(0.99) + ", the largest " + quantile(1) + " (" + format_count(total) + " objects)";
}

std::string metrics_section(const Run& run) {
  Table table;
  for (const auto& metric : run.metrics().metrics()) {
    std::string value;
    switch (metric.kind) {
      case observe::MetricKind::kUint64:
        value = format_count(metric.count);
        break;
      case observe::MetricKind::kFloat64:
        value = rounded(metric.real);
        break;
      case observe::MetricKind::kHistogram:
        value = metric.edges.empty() ? histogram_line(metric.counts) : sizes_line(metric);
        break;
    }
    table.add({std::string(metric.name), value});
  }
  return "\nMetrics\n" + table.to_string(2);
}

std::string memory_section(const Run& run) {
  const gc::Collector* collector = run.collector();
  if (collector == nullptr) return "";
  const heap::HeapFigures heap = collector->heap_figures();
  const gc::CollectorFigures figures = collector->figures();
  const auto bytes = [](uint64_t value) { return format_bytes(static_cast<int64_t>(value)); };
  Table table;
  table.add({"collections", format_count(figures.cycles) + " (" + format_count(figures.forced) + " forced), world stopped " + format_ns(figures.pause_ns) + " in all"});
  table.add({"marking", "assists " + format_ns(figures.assist_ns) + ", workers " + format_ns(figures.dedicated_ns) + ", idle Ps " + format_ns(figures.idle_ns)});
  table.add({"allocated", bytes(heap.allocated_bytes) + " in " + format_count(heap.allocated_objects + heap.tiny_allocs) + " objects"});
  table.add({"left at the end", bytes(heap.object_bytes()) + " in " + format_count(heap.objects()) + " objects, " + bytes(heap.in_use_bytes) + " of spans"});
  return "\nHeap\n" + table.to_string(2);
}

std::string cost_section(const Run& run) {
  const experiments::Cost cost = run.cost();
  Table table;
  table.add({"wall time", format_ns(cost.wall_ns)});
  if (run.virtual_time()) {
    table.add({"virtual time", format_ns(cost.virtual_ns)});
    table.add({"digest", run.digest()});
  }
  table.add({"events", format_count(cost.events_recorded) + " recorded, " + format_count(cost.events_dropped) + " dropped"});
  table.add({"clock resolution", format_ns(cost.clock_resolution_ns)});
  table.add({"goroutine memory", format_bytes(static_cast<int64_t>(cost.goroutine_bytes))});
  return "\nCost\n" + table.to_string(2);
}

}  // namespace

std::string printable(std::string_view text) {
  std::string quoted;
  base::append_json_string(quoted, text);
  if (quoted.size() == text.size() + 2) return std::string(text);  // nothing had to be escaped
  return quoted;
}

std::string format_quantity(std::string_view literal, std::string_view unit) {
  const std::string text(literal);
  const auto whole = base::parse_integer(literal);
  if (unit == "ns" && whole) return base::format_duration(*whole);
  if ((unit == "B" || unit == "bytes") && whole) return format_bytes(*whole);
  const std::string number = whole ? with_commas(text) : rounded(std::strtod(text.c_str(), nullptr));
  return unit.empty() ? number : number + " " + std::string(number == "1" ? singular(unit) : unit);
}

std::string report(const Run& run) {
  std::string out(run.spec().title);
  out.append(": ").append(experiments::name_of(run.outcome().state));
  out.append(" after ").append(run.virtual_time() ? format_ns(run.cost().virtual_ns) + " of virtual time" : format_ns(run.cost().wall_ns));
  const int64_t procs = run.parameters().integer("procs");
  out.append(", ").append(base::format_number(procs)).append(procs == 1 ? " P, " : " Ps, ");
  out.append(run.virtual_time() ? "simulated threads\n" : "real threads\n");
  return out + result_section(run) + memory_section(run) + parameter_section(run) + metrics_section(run) + cost_section(run);
}

}  // namespace samovar::cli
