#include "cli/commands/config_diff.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/json_input.h"
#include "cli/terminal/wrapped.h"

namespace kirchhoff::cli {

ConfigDiff config_diff(const std::string& name_a, const std::vector<hw::ConfigEntry>& a,
                       const std::string& name_b, const std::vector<hw::ConfigEntry>& b) {
  ConfigDiff diff{name_a, name_b, {}};
  for (std::size_t i = 0; i < a.size(); ++i) {
    const hw::ConfigEntry& other = b.at(i);
    if (a[i].value != other.value)
      diff.keys.push_back({other.key, other.unit, a[i].value, other.value});
  }
  return diff;
}

std::string diff_table(const ConfigDiff& diff) {
  if (diff.keys.empty()) return fmt::format("no difference between {} and {}\n", diff.a, diff.b);
  std::vector<ConfigDiff::Key> lines = {{"key", "unit", diff.a, diff.b}};
  lines.insert(lines.end(), diff.keys.begin(), diff.keys.end());
  std::size_t widths[3] = {};
  for (const ConfigDiff::Key& line : lines) {
    const std::string* const cells[] = {&line.key, &line.a, &line.b};
    for (int c = 0; c < 3; ++c) widths[c] = std::max(widths[c], columns_of(*cells[c]));
  }
  const auto padded = [](const std::string& cell, std::size_t width) {
    return cell + std::string(width - columns_of(cell) + 2, ' ');
  };
  std::string table;
  for (const ConfigDiff::Key& line : lines) {
    std::string text = padded(line.key, widths[0]) + padded(line.a, widths[1]) +
                       padded(line.b, widths[2]) + line.unit;
    text.erase(text.find_last_not_of(' ') + 1);
    table += text + "\n";
  }
  return table;
}

nlohmann::ordered_json diff_json(const ConfigDiff& diff) {
  nlohmann::ordered_json keys = nlohmann::ordered_json::object();
  for (const ConfigDiff::Key& key : diff.keys) {
    keys[key.key] = {
        {"a", number_or_text(key.a)}, {"b", number_or_text(key.b)}, {"unit", key.unit}};
  }
  return {{"a", diff.a}, {"b", diff.b}, {"keys", keys}};
}

}  // namespace kirchhoff::cli
