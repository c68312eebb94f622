#pragma once

#include <vector>

#include "cli/options/description.h"
#include "cli/shells/completion.h"

namespace kirchhoff::cli {

/// What all commands declare, in the order of `kirchhoff --help`.
std::vector<CommandDescription> declared_commands();

/// Their names and summaries, in the same order.
std::vector<CommandLine> command_lines();

}  // namespace kirchhoff::cli
