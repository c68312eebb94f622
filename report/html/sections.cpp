#include "report/html/sections.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace kirchhoff::report::html {

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

std::vector<Group> groups_of_study(const PageContents& contents, const Study& study) {
  std::vector<Group> own;
  std::copy_if(contents.groups.begin(), contents.groups.end(), std::back_inserter(own),
               [&](const Group& group) { return group.study == &study; });
  return own;
}

Table own_table(const PageContents& contents, const Study& study, Table table) {
  for (const char* name : {"network", "dataset"}) {
    const auto column = std::find(table.columns.begin(), table.columns.end(), name);
    if (column == table.columns.end()) continue;
    const auto place = column - table.columns.begin();
    table.columns.erase(column);
    for (auto& row : table.rows) row.erase(row.begin() + place);
  }
  if (contents.studies.size() > 1) table.name += "-" + study_id(contents, study);
  return table;
}

}  // namespace kirchhoff::report::html
