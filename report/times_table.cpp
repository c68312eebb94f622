#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/tables.h"

namespace kirchhoff::report {

Table times_table(const std::vector<Group>& groups) {
  Table table{
      "times",
      "Seeds and times",
      {"network", "dataset", "th", "method", "seeds", "finished", "seconds per search",
       "seconds in the method", "seconds in the simulator", "seconds in the accuracy engine"},
      {},
      {"Measured: no repetition gives these times again. Means over the seeds ± standard "
       "error; runs side by side slow each other down."}};
  for (const Group& group : groups) {
    const Study& study = *group.study;
    std::set<std::string> seeds;
    std::size_t finished = 0;
    for (std::size_t row = 0; row < study.runs.size(); ++row) {
      if (study.runs.text(row, "method") != group.method ||
          study.runs.number(row, "th") != group.th) {
        continue;
      }
      seeds.insert(study.runs.text(row, "seed"));
      const std::string& status = study.runs.text(row, "status");
      if (status == "done" || status == "no policy") ++finished;
    }
    std::map<std::string, std::vector<double>> seconds;
    for (std::size_t row = 0; row < study.times.size(); ++row) {
      if (study.times.text(row, "method") != group.method ||
          study.times.number(row, "th") != group.th) {
        continue;
      }
      for (const char* key : {"wall_s", "method_s", "simulator_s", "accuracy_s"}) {
        if (const auto value = study.times.number(row, key)) seconds[key].push_back(*value);
      }
    }
    const auto shown = [&](const char* key) { return fixed(mean_of(seconds[key]), 1); };
    table.rows.push_back({study.label, study.dataset, fixed(std::optional<double>(group.th), 2),
                          group.method, fmt::format("{}", fmt::join(seeds, ", ")),
                          fmt::format("{}/{}", finished, group.runs), shown("wall_s"),
                          shown("method_s"), shown("simulator_s"), shown("accuracy_s")});
  }
  return table;
}

}  // namespace kirchhoff::report
