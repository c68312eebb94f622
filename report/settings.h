#pragma once

#include <map>
#include <string>
#include <vector>

namespace kirchhoff::report {

/// Options and keys by name, as they were given.
using Settings = std::map<std::string, std::string>;

/// A setting that two requests for one folder do not share. "nothing": not given.
struct SettingDifference {
  std::string key, wanted, had;
};
/// By key. What is wanted now is compared as it would be written, in valid UTF-8.
std::vector<SettingDifference> differences(const Settings& now, const Settings& earlier);

}  // namespace kirchhoff::report
