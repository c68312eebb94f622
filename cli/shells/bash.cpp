#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/shells/completion.h"

namespace kirchhoff::cli {
namespace {

/// The body of the case of `command:--option`.
std::string completion_of(const OptionDescription& option) {
  switch (completes(option)) {
    case Completes::kChoices:
      return fmt::format("_kirchhoff_words \"{}\"", fmt::join(option.choices, " "));
    case Completes::kNames:
      return fmt::format("_kirchhoff_names {}", listed_kind(option));
    case Completes::kFolders:
      return "_kirchhoff_folders";
    case Completes::kFiles:
      return "_kirchhoff_files";
    case Completes::kNothing:
      break;
  }
  return ":";
}

constexpr char kHelpers[] =
    R"bash(# Completion of kirchhoff in bash: source it, or put it into a folder of bash-completion.

_kirchhoff_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}
_kirchhoff_files() {
  compopt -o filenames 2> /dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}
_kirchhoff_folders() {
  compopt -o filenames 2> /dev/null
  mapfile -t COMPREPLY < <(compgen -d -- "$cur")
}
# Names that the program knows, and files.
_kirchhoff_names() {
  local names
  names=$("${COMP_WORDS[0]}" list "$1" 2> /dev/null | cut -d ' ' -f 1)
  compopt -o filenames 2> /dev/null
  mapfile -t COMPREPLY < <(compgen -W "$names" -- "$cur"; compgen -f -- "$cur")
}

_kirchhoff() {
  local cur=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  # "--name=value" is three words.
  if [ "$cur" = "=" ]; then
    cur=
  elif [ "$option" = "=" ]; then
    option=${COMP_WORDS[COMP_CWORD - 2]}
  fi
)bash";

}  // namespace

std::string bash_completion(const std::vector<CommandLine>& lines,
                            const std::vector<CommandDescription>& commands) {
  std::vector<std::string> names;
  for (const CommandLine& line : lines) names.push_back(line.name);
  std::string script = kHelpers;
  script += fmt::format(
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    _kirchhoff_words \"{} help version --help --version\"\n    return\n  fi\n",
      fmt::join(names, " "));
  script += fmt::format(
      "  if [ \"${{COMP_WORDS[1]}}\" = help ]; then\n    _kirchhoff_words \"{}\"\n    return\n  "
      "fi\n",
      fmt::join(names, " "));
  // Values: options of several commands that complete alike share a line.
  script += "  case ${COMP_WORDS[1]}:$option in\n";
  std::map<std::string, std::vector<std::string>> alike;
  for (const CommandDescription& command : commands) {
    for (const OptionDescription& option : command.options) {
      if (option.value_name.empty()) continue;
      alike[completion_of(option)].push_back(command.command + ":--" + option.name);
    }
  }
  for (const auto& [body, patterns] : alike) {
    script += fmt::format("    {})\n      {}\n      return\n      ;;\n",
                          fmt::join(patterns, " | \\\n      "), body);
  }
  script += "  esac\n  case ${COMP_WORDS[1]} in\n";
  for (const CommandDescription& command : commands) {
    std::string options;
    for (const OptionDescription& option : command.options)
      options += (options.empty() ? "--" : " --") + option.name;
    script += fmt::format("    {}) _kirchhoff_words \"{}\" ;;\n", command.command, options);
  }
  return script + "  esac\n}\ncomplete -F _kirchhoff kirchhoff\n";
}

}  // namespace kirchhoff::cli
