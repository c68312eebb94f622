#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/shells/completion.h"

namespace kirchhoff::cli {
namespace {

/// Within single quotes of an argument of _arguments: what ends a field, a description or the
/// quotes.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out;
}

std::string action_of(const OptionDescription& option) {
  switch (completes(option)) {
    case Completes::kChoices:
      return fmt::format("({})", fmt::join(option.choices, " "));
    case Completes::kNames:
      return fmt::format("{{_kirchhoff_names {}}}", listed_kind(option));
    case Completes::kFolders:
      return "_files -/";
    case Completes::kFiles:
      return "_files";
    case Completes::kNothing:
      break;
  }
  return " ";
}

}  // namespace

std::string zsh_completion(const std::vector<CommandLine>& lines,
                           const std::vector<CommandDescription>& commands) {
  std::string script =
      "#compdef kirchhoff\n"
      "# Completion of kirchhoff in zsh: put it as _kirchhoff into a folder of $fpath.\n\n"
      "# Names that the program knows, and files.\n"
      "_kirchhoff_names() {\n"
      "  local -a names\n"
      "  names=(${(f)\"$($words_program list $1 2> /dev/null | cut -d ' ' -f 1)\"})\n"
      "  compadd -a names\n"
      "  _files\n"
      "}\n\n"
      "_kirchhoff() {\n"
      "  local words_program=$words[1]\n"
      "  local -a commands\n"
      "  commands=(\n";
  for (const CommandLine& line : lines)
    script += fmt::format("    '{}:{}'\n", line.name, escaped(line.summary));
  script +=
      "  )\n"
      "  if (( CURRENT == 2 )); then\n"
      "    _describe command commands\n"
      "    return\n"
      "  fi\n"
      "  local command=$words[2]\n"
      "  shift words\n"
      "  (( CURRENT-- ))\n"
      "  case $command in\n"
      "    help)\n      _describe command commands\n      ;;\n";
  for (const CommandDescription& command : commands) {
    script += fmt::format("    {})\n      _arguments", command.command);
    for (const OptionDescription& option : command.options) {
      script += fmt::format(" \\\n        '{}--{}{}[{}]", option.repeated ? "*" : "", option.name,
                            option.value_name.empty() ? "" : "=", escaped(option.meaning));
      if (!option.value_name.empty())
        script += fmt::format(":{}:{}", escaped(option.value_name), action_of(option));
      script += "'";
    }
    if (!command.words_name.empty())
      script += fmt::format(" \\\n        '*:{}:_files'", escaped(command.words_name));
    script += "\n      ;;\n";
  }
  return script + "  esac\n}\n\n_kirchhoff \"$@\"\n";
}

}  // namespace kirchhoff::cli
