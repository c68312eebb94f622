#include "cli/shells/completion.h"

#include <map>

namespace kirchhoff::cli {

std::string listed_kind(const OptionDescription& option) {
  static const std::map<std::string, std::string> kinds = {
      {"network", "networks"}, {"networks", "networks"}, {"dataset", "datasets"},
      {"preset", "presets"},   {"method", "methods"},    {"methods", "methods"}};
  const auto found = kinds.find(option.name);
  return found == kinds.end() ? "" : found->second;
}

Completes completes(const OptionDescription& option) {
  if (!option.choices.empty()) return Completes::kChoices;
  if (!listed_kind(option).empty()) return Completes::kNames;
  if (option.value_name == "DIR") return Completes::kFolders;
  if (option.value_name.find("FILE") != std::string::npos) return Completes::kFiles;
  return Completes::kNothing;
}

}  // namespace kirchhoff::cli
