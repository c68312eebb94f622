#include "report/html/sections.h"

#include <fmt/format.h>

namespace kirchhoff::report::html {

std::vector<std::vector<const Group*>> plots_of_groups(const std::vector<const Group*>& groups) {
  std::vector<std::vector<const Group*>> plots;
  if (groups.empty()) return plots;
  // Six methods in two plots are three and three, not five and one.
  const std::size_t count = (groups.size() + kMethodsPerPlot - 1) / kMethodsPerPlot;
  for (std::size_t i = 0; i < count; ++i) {
    const auto at = [&](std::size_t part) {
      return groups.begin() + static_cast<std::ptrdiff_t>(groups.size() * part / count);
    };
    plots.emplace_back(at(i), at(i + 1));
  }
  return plots;
}

std::string study_name(const Study& study) {
  return fmt::format("{} on {}", study.label, study.dataset);
}

std::string study_id(const PageContents& contents, const Study& study) {
  std::string id = study.network + "-" + study.dataset;
  int same = 0;
  for (const Study& other : contents.studies) {
    if (other.network == study.network && other.dataset == study.dataset) ++same;
    if (&other == &study) break;
  }
  if (same > 1) id += fmt::format("-{}", same);
  return id;
}

}  // namespace kirchhoff::report::html
