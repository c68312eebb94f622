#pragma once

#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/program.h"

namespace kirchhoff::cli {

/// Every command with what it needs on its command line besides the option under test.
inline const std::map<std::string, std::vector<std::string>>& commands() {
  static const std::map<std::string, std::vector<std::string>> all = {
      {"completion", {"bash"}},
      {"config", {}},
      {"train", {}},
      {"finetune", {"--policy", "W3A3"}},
      {"evaluate", {}},
      {"network", {}},
      {"export", {}},
      {"policy", {"W6A4"}},
      {"map", {}},
      {"simulate", {}},
      {"explain", {"energy"}},
      {"cost-table", {}},
      {"doctor", {}},
      {"man", {"--out", "man1"}},
      {"noc", {}},
      {"search", {}},
      {"list", {"methods"}},
      {"serve", {"--stdio"}},
      {"compare", {"--out", "study"}},
      {"sweep", {"--out", "study"}},
      {"validate", {}},
      {"status", {"study"}},
      {"report", {"study"}},
      {"watch", {"study"}}};
  return all;
}

/// The options of a command that `--help-all` shows with a value called one of `values`.
inline std::set<std::string> declared_options(const std::string& command,
                                              const std::set<std::string>& values) {
  std::set<std::string> names;
  std::istringstream page(run_program({command, "--help-all"}, "/").output);
  for (std::string line; std::getline(page, line);) {
    std::istringstream words(line);
    std::string name, value;
    if (words >> name >> value && name.compare(0, 2, "--") == 0 && values.count(value) != 0)
      names.insert(name);
  }
  return names;
}

/// The command with an option; where it is needed anyway, in its place.
inline std::vector<std::string> with_option(const std::string& command, const std::string& name,
                                            const std::string& value) {
  std::vector<std::string> words = {command};
  const auto& needed = commands().at(command);
  for (std::size_t i = 0; i < needed.size(); ++i) {
    if (needed[i] == name) {
      ++i;
    } else {
      words.push_back(needed[i]);
    }
  }
  words.insert(words.end(), {name, value});
  return words;
}

}  // namespace kirchhoff::cli
