#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/provenance.h"
#include "report/html/chip_report.h"

namespace kirchhoff::report::html {

/// Values of the options that searches and comparisons share, by name, when nobody says anything,
/// for a method.
using UsualSettings = std::function<std::map<std::string, std::string>(const std::string& method)>;

/// A key of a folder that is not what it would be by itself.
struct Difference {
  std::string key, value, usual, meaning;
};

/// What a result says about how it was made.
struct RecordedRun {
  std::string source;                ///< its folder or file
  bool searched = true;              ///< a search or comparison; otherwise one simulation
  std::vector<Session> sessions;     ///< that worked on it; none in folders of early versions
  std::string command;               ///< one that asks for the same
  std::string preset;                ///< of the chip: the one with the fewest differences
  std::vector<Difference> chip;      ///< to that preset
  std::vector<Difference> settings;  ///< to the program's defaults
  std::map<std::string, std::string> digests;  ///< of model, clips and images, by name
};

/// Of the folder of a search or comparison. InputError naming the file when it is broken.
RecordedRun recorded_run(const std::string& folder, const UsualSettings& usual);
/// Of a report that somebody asked simulate for.
RecordedRun recorded_run(const ChipReport& chip);

}  // namespace kirchhoff::report::html
