#pragma once

#include <string>
#include <vector>

#include "cli/shells/completion.h"

namespace kirchhoff::cli {

/// kirchhoff.1: what the program is, its commands, what it reads from the environment, exit codes.
std::string manual_of_program(const std::vector<CommandLine>& lines);
/// kirchhoff-COMMAND.1, from what the command declares, without the keys of the hardware, which
/// `kirchhoff config` explains.
std::string manual_of(const CommandLine& line, const CommandDescription& command);

}  // namespace kirchhoff::cli
