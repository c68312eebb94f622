#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/json_text.h"
#include "base/printable.h"
#include "base/quote.h"
#include "base/refusal.h"
#include "cli/commands/command.h"
#include "cli/commands/config_diff.h"
#include "cli/commands/config_page.h"
#include "cli/options/hardware_options.h"
#include "cli/options/options.h"
#include "cli/terminal/style.h"
#include "cosim/config_json.h"
#include "report/drawings/block_diagram.h"

namespace kirchhoff::cli {
namespace {

/// `--diff A [B] [SECTION|KEY...]`: without B, the chip that the other options describe.
ConfigDiff named_diff(std::vector<std::string> words, HardwareOptions& hardware) {
  if (words.empty()) {
    throw InputError(
        "config --diff: needs one or two chips, each a preset or an INI file, such as --diff "
        "table4 isaac");
  }
  const std::string where = "config --diff", first = words.front();
  hw::ConfigLoader loader;
  load_chip(loader, first, where);
  std::string second;
  if (words.size() > 1) {
    second = words[1] + (hardware.given() ? ", changed" : "");
    hardware.name_chip(words[1], where);
  } else {
    second = hardware.name();
  }
  hardware.load();
  words.erase(words.begin(), words.begin() + (words.size() > 1 ? 2 : 1));
  return config_diff(first, named_entries(loader.entries(), words), second,
                     named_entries(hardware.loader().entries(), words));
}

}  // namespace

int config_command(const std::vector<std::string>& arguments) {
  std::string json_path, ini_path, markdown_path, svg_path;
  std::vector<std::string> words;
  bool diff = false;
  Options options(
      "config",
      "Prints the hardware configuration: value, unit and meaning of every key, or all that "
      "is known of a section or a few keys.");
  options.example("kirchhoff config adc --preset isaac");
  options.words(words, "SECTION|KEY", 0);
  options.flag("diff", diff,
               "compares two chips, A B [SECTION|KEY...], each a preset or an INI file: the keys "
               "that differ, exit code 0 either way. Keys on the command line are B's; without B: "
               "the chip of the options below");
  HardwareOptions hardware(options);
  options.section("Output");
  options.json_output(json_path, "the keys");
  options.output("ini", ini_path, "write a complete INI file for --config instead");
  options.output("markdown", markdown_path, "write the reference page of the keys instead");
  options.output("svg", svg_path, "draw chip, tile and PE with their figures instead");
  if (!options.parse(arguments)) return 0;

  // A file with some of the keys would be read as the whole chip.
  const std::pair<const char*, const std::string*> whole[] = {
      {"ini", &ini_path}, {"markdown", &markdown_path}, {"svg", &svg_path}};
  for (const auto& [option, path] : whole) {
    if (!options.given(option)) continue;
    if (diff) refuse_option(option, *path, "holds one chip: leave out --diff");
    if (!words.empty())
      refuse_option(option, *path, "holds all keys: leave out " + quote(words.front()));
  }
  if (diff) {
    const ConfigDiff found = named_diff(words, hardware);
    if (options.given("json")) write_file_atomically(json_path, json_text(diff_json(found)));
    std::fputs(printable(diff_table(found)).c_str(), stdout);
    return 0;
  }
  hardware.load();
  const hw::ConfigLoader& loader = hardware.loader();
  const std::vector<hw::ConfigEntry> entries = named_entries(loader.entries(), words);
  if (options.given("json"))
    write_file_atomically(json_path, json_text(cosim::config_json(entries)));
  if (options.given("ini")) write_file_atomically(ini_path, loader.to_ini());
  if (options.given("markdown")) write_file_atomically(markdown_path, config_markdown(entries));
  if (options.given("svg"))
    write_file_atomically(svg_path, report::block_diagram(hardware.chip(), hardware.name()));
  if (options.given("ini") || options.given("markdown") || options.given("svg")) return 0;
  const std::string page =
      words.empty() ? config_table(entries, page_width()) : config_details(entries, page_width());
  std::fputs(printable(page).c_str(), stdout);
  return 0;
}

}  // namespace kirchhoff::cli
