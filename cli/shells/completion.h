#pragma once

#include <string>
#include <vector>

#include "cli/options/description.h"

namespace kirchhoff::cli {

/// A command's name and what it does in a line.
struct CommandLine {
  std::string name, summary;
};

/// What completes a value.
enum class Completes {
  kNothing,
  kChoices,  ///< of the option
  kNames,    ///< what `kirchhoff list KIND` lists, and files
  kFiles,
  kFolders
};
Completes completes(const OptionDescription& option);
/// KIND of kNames: "networks".
std::string listed_kind(const OptionDescription& option);

/// Scripts that complete commands, options and their values: names come from the program that is
/// being called, the rest from what the commands declare. To be sourced by bash, to lie as
/// `_kirchhoff` in zsh's fpath, to lie in fish's folder of completions.
std::string bash_completion(const std::vector<CommandLine>& lines,
                            const std::vector<CommandDescription>& commands);
std::string zsh_completion(const std::vector<CommandLine>& lines,
                           const std::vector<CommandDescription>& commands);
std::string fish_completion(const std::vector<CommandLine>& lines,
                            const std::vector<CommandDescription>& commands);

}  // namespace kirchhoff::cli
