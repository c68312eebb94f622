#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/shells/completion.h"

namespace kirchhoff::cli {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string values_of(const OptionDescription& option) {
  switch (completes(option)) {
    case Completes::kChoices:
      return fmt::format(" -x -a {}", quoted(fmt::format("{}", fmt::join(option.choices, " "))));
    case Completes::kNames:
      return fmt::format(" -r -F -a '(__kirchhoff_names {})'", listed_kind(option));
    case Completes::kFolders:
      return " -x -a '(__fish_complete_directories)'";
    case Completes::kFiles:
      return " -r -F";
    case Completes::kNothing:
      break;
  }
  return " -x";
}

}  // namespace

std::string fish_completion(const std::vector<CommandLine>& lines,
                            const std::vector<CommandDescription>& commands) {
  std::string script =
      "# Completion of kirchhoff in fish: put it as kirchhoff.fish into a folder of "
      "completions.\n\n"
      "# Names that the program knows.\n"
      "function __kirchhoff_names\n"
      "    set -l program (commandline -opc)[1]\n"
      "    $program list $argv[1] 2>/dev/null | string replace -r ' .*' ''\n"
      "end\n\n";
  for (const CommandLine& line : lines) {
    script += fmt::format("complete -c kirchhoff -n __fish_use_subcommand -f -a {} -d {}\n",
                          line.name, quoted(line.summary));
  }
  for (const CommandDescription& command : commands) {
    for (const OptionDescription& option : command.options) {
      script +=
          fmt::format("complete -c kirchhoff -n '__fish_seen_subcommand_from {}' -l {}{} -d {}\n",
                      command.command, option.name,
                      option.value_name.empty() ? "" : values_of(option), quoted(option.meaning));
    }
  }
  return script;
}

}  // namespace kirchhoff::cli
