#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "base/atomic_file.h"
#include "base/json_input.h"
#include "base/json_text.h"
#include "base/printable.h"
#include "base/quote.h"
#include "base/refusal.h"
#include "cli/commands/command.h"
#include "cli/commands/config_page.h"
#include "cli/options/hardware_options.h"
#include "cli/options/options.h"
#include "cli/terminal/style.h"
#include "cosim/config_json.h"
#include "report/drawings/block_diagram.h"

namespace kirchhoff::cli {

int config_command(const std::vector<std::string>& arguments) {
  std::string json_path, ini_path, markdown_path, svg_path;
  std::vector<std::string> words;
  Options options(
      "config",
      "Prints the hardware configuration: value, unit and meaning of every key, or all that "
      "is known of a section or a few keys.");
  options.example("kirchhoff config adc --preset isaac");
  options.words(words, "SECTION|KEY", 0);
  HardwareOptions hardware(options);
  options.section("Output");
  options.json_output(json_path, "the keys");
  options.output("ini", ini_path, "write a complete INI file for --config instead");
  options.output("markdown", markdown_path, "write the reference page of the keys instead");
  options.output("svg", svg_path, "draw chip, tile and PE with their figures instead");
  if (!options.parse(arguments)) return 0;
  hardware.load();

  const hw::ConfigLoader& loader = hardware.loader();
  const std::vector<hw::ConfigEntry> entries = named_entries(loader.entries(), words);
  // A file with some of the keys would be read as the whole chip.
  const std::pair<const char*, const std::string*> whole[] = {
      {"ini", &ini_path}, {"markdown", &markdown_path}, {"svg", &svg_path}};
  for (const auto& [option, path] : whole) {
    if (!words.empty() && options.given(option))
      refuse_option(option, *path, "holds all keys: leave out " + quote(words.front()));
  }
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
