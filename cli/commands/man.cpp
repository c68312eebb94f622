#include <filesystem>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "cli/commands/command.h"
#include "cli/commands/declared_commands.h"
#include "cli/options/options.h"
#include "cli/shells/manual.h"

namespace kirchhoff::cli {

int man_command(const std::vector<std::string>& arguments) {
  Options options("man", "Writes manual pages: kirchhoff.1 and one for every command.");
  options.example("kirchhoff man --out man1 && man -l man1/kirchhoff-search.1");
  std::string out;
  options.output_folder("out", out, "folder of the pages", {".1"});
  options.require("out");
  if (!options.parse(arguments)) return 0;
  std::filesystem::create_directories(out);
  const auto write = [&](const std::string& name, const std::string& page) {
    write_file_atomically((std::filesystem::path(out) / (name + ".1")).string(), page);
  };
  const std::vector<CommandLine> lines = command_lines();
  write("kirchhoff", manual_of_program(lines));
  const std::vector<CommandDescription> commands = declared_commands();
  for (std::size_t i = 0; i < commands.size(); ++i)
    write("kirchhoff-" + lines.at(i).name, manual_of(lines.at(i), commands[i]));
  return 0;
}

}  // namespace kirchhoff::cli
