#include "cli/commands/declared_commands.h"

#include "cli/commands/command.h"

namespace kirchhoff::cli {

std::vector<CommandDescription> declared_commands() {
  std::vector<CommandDescription> declared;
  const DescribeCommands listening(
      [&](const CommandDescription& command) { declared.push_back(command); });
  for (const Command& command : all_commands()) command.run({});
  return declared;
}

std::vector<CommandLine> command_lines() {
  std::vector<CommandLine> lines;
  for (const Command& command : all_commands()) lines.push_back({command.name, command.summary});
  return lines;
}

}  // namespace kirchhoff::cli
