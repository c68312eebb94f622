#pragma once

#include <map>
#include <string>
#include <vector>

namespace kirchhoff::cli::html {

/// A key of a folder that is not what it would be by itself.
struct Difference {
  std::string key, value, usual, meaning;
};

/// What the folder of a search or comparison says about how it was made.
struct RecordedRun {
  std::string folder;
  std::string command;  ///< one that asks for the same; folders do not keep the original words
  std::string preset;   ///< of the chip: the one with the fewest differences
  std::vector<Difference> chip;                ///< to that preset
  std::vector<Difference> settings;            ///< to the program's defaults
  std::map<std::string, std::string> digests;  ///< of model, clips and images, by name
};

/// InputError naming the file when it is broken.
RecordedRun recorded_run(const std::string& folder);

}  // namespace kirchhoff::cli::html
