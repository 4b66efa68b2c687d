// A table of text for the terminal: columns as wide as their widest cell.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace samovar::cli {

// The number of columns that UTF-8 text takes on a terminal, if each of its characters takes one.
inline size_t width_of(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

class Table {
 public:
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

  // The rows, each after `indent` blanks and with two between columns; nothing is left hanging at a line's end.
  std::string to_string(size_t indent) const {
    std::vector<size_t> widths;
    for (const auto& row : rows_) {
      widths.resize(std::max(widths.size(), row.size()));
      for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
    }
    std::string out;
    for (const auto& row : rows_) {
      std::string line(indent, ' ');
      for (size_t i = 0; i < row.size(); ++i) {
        line += row[i];
        line.append(widths[i] - width_of(row[i]) + 2, ' ');
      }
      line.erase(line.find_last_not_of(' ') + 1);
      out += line;
      out += '\n';
    }
    return out;
  }

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace samovar::cli
