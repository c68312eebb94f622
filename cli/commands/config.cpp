#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/atomic_file.h"
#include "base/json_input.h"
#include "base/json_text.h"
#include "base/printable.h"
#include "cli/commands/command.h"
#include "cli/options/hardware_options.h"
#include "cli/options/options.h"
#include "cosim/config_json.h"

namespace kirchhoff::cli {
namespace {

using Row = std::vector<std::string>;

std::string table_of(const std::vector<hw::ConfigEntry>& entries) {
  std::vector<Row> rows{{"key", "value", "unit", "from", "source", "meaning"}};
  for (const hw::ConfigEntry& entry : entries) {
    rows.push_back({entry.key, entry.value, entry.unit, entry.origin, entry.source, entry.meaning});
  }
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      text += i == 1 ? fmt::format("{:>{}}  ", row[i], widths[i])
                     : fmt::format("{:<{}}  ", row[i], widths[i]);
    }
    text += row.back() + "\n";
  }
  return text;
}

/// The reference page of the manual: a table per section.
std::string markdown_of(const std::vector<hw::ConfigEntry>& entries) {
  std::string text =
      "# Configuration keys\n\n"
      "Written by `kirchhoff config --markdown FILE`; defaults are those of preset `table4`. Every "
      "key "
      "is a flag of the\ncommands that simulate (`--adc.bits 6`) and a line of an INI file "
      "(`[adc]`, `bits = 6`).\n";
  const auto cell = [](const std::string& words) {
    std::string escaped;
    for (const char c : words) escaped += c == '|' ? std::string("\\|") : std::string(1, c);
    return escaped;
  };
  std::string section;
  for (const hw::ConfigEntry& entry : entries) {
    const std::string name = entry.key.substr(0, entry.key.find('.'));
    if (name != section) {
      section = name;
      text += fmt::format(
          "\n## {}\n\n| key | default | unit | allowed | meaning | source |\n"
          "|---|---|---|---|---|---|\n",
          name);
    }
    text +=
        fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", entry.key, cell(entry.value),
                    cell(entry.unit), cell(entry.allowed), cell(entry.meaning), cell(entry.source));
  }
  return text;
}

}  // namespace

int config_command(const std::vector<std::string>& arguments) {
  std::string json_path, ini_path, markdown_path;
  Options options("config",
                  "Prints the hardware configuration: every key with its value, unit, "
                  "source and meaning");
  options.example("kirchhoff config --preset isaac");
  HardwareOptions hardware(options);
  options.section("Output");
  options.output("json", json_path, "write the keys to a JSON file instead");
  options.output("ini", ini_path, "write a complete INI file for --config instead");
  options.output("markdown", markdown_path, "write the reference page of the keys instead");
  if (!options.parse(arguments)) return 0;
  hardware.load();

  const hw::ConfigLoader& loader = hardware.loader();
  if (options.given("json"))
    write_file_atomically(json_path, json_text(cosim::config_json(loader.entries())));
  if (options.given("ini")) write_file_atomically(ini_path, loader.to_ini());
  if (options.given("markdown"))
    write_file_atomically(markdown_path, markdown_of(loader.entries()));
  if (!options.given("json") && !options.given("ini") && !options.given("markdown")) {
    std::fputs(printable(table_of(loader.entries())).c_str(), stdout);
  }
  return 0;
}

}  // namespace kirchhoff::cli
