#include "cli/shells/completion.h"

#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/quote.h"
#include "cli/commands/command.h"
#include "cli/commands/declared_commands.h"
#include "cli/options/options.h"

namespace kirchhoff::cli {

int completion_command(const std::vector<std::string>& arguments) {
  Options options("completion",
                  "Prints a script with which bash, zsh or fish complete commands, options, names "
                  "and files.");
  options.example("kirchhoff completion bash");
  std::vector<std::string> shells;
  options.words(shells, "SHELL");
  if (!options.parse(arguments)) return 0;
  if (shells.size() > 1)
    throw InputError(fmt::format("completion: unexpected argument '{}'", quote(shells[1])));
  const std::vector<CommandLine> lines = command_lines();
  const std::string& shell = shells.front();
  std::string script;
  if (shell == "bash") {
    script = bash_completion(lines, declared_commands());
  } else if (shell == "zsh") {
    script = zsh_completion(lines, declared_commands());
  } else if (shell == "fish") {
    script = fish_completion(lines, declared_commands());
  } else {
    throw InputError(fmt::format("completion: {}: must be one of bash, zsh, fish", quote(shell)));
  }
  fmt::print("{}", script);
  return 0;
}

}  // namespace kirchhoff::cli
