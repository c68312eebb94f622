#include "report/report.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/printable.h"
#include "base/quote.h"
#include "report/best_policies.h"
#include "report/figures.h"
#include "report/groups.h"
#include "report/study.h"
#include "report/sweep.h"
#include "report/sweep_tables.h"
#include "report/table_files.h"
#include "report/tables.h"
#include "report/tables_json.h"
#include "report/verdict.h"

namespace kirchhoff::report {

namespace {

void write_files(const std::string& out, const std::vector<Table>& tables,
                 const std::vector<FigureData>& figures) {
  write_tables(out, tables);
  for (const FigureData& figure : figures) {
    write_file_atomically(fmt::format("{}/{}.csv", out, figure.name), figure.csv.to_text());
  }
}

}  // namespace

void print_report(const std::vector<std::string>& folders, const std::string& out,
                  const std::string& json) {
  const auto sweep = std::find_if(folders.begin(), folders.end(), is_sweep);
  if (sweep != folders.end()) {
    if (folders.size() > 1) {
      throw InputError(
          fmt::format("{}: is a sweep: its tables stand alone; a page (--html) takes "
                      "several folders",
                      shown_path(*sweep)));
    }
    return print_sweep(load_sweep(*sweep), out, json);
  }
  const std::vector<Study> studies = load_studies(folders);
  const std::vector<Group> groups = groups_of(studies);
  std::vector<BestPolicy> best;
  std::vector<PresetFigures> presets;
  simulate_best(studies, groups, best, presets);

  Table task = task_table(studies);
  std::vector<Table> tables = {
      verdict_table(groups, task), cost_table(groups),         effort_table(groups),
      wall_table(studies),         bits_table(groups),         efficiency_table(best, presets),
      pareto_table(studies),       hypervolume_table(studies), loss_table(groups),
      duel_table(groups),          times_table(groups),        bias_table(groups)};
  tables.push_back(std::move(task));
  const std::vector<FigureData> figures = {episode_figure(studies), bits_figure(best),
                                           layer_figure(best), wall_figure(studies),
                                           front_figure(studies)};
  if (!out.empty()) write_files(out, tables, figures);
  if (!json.empty()) write_file_atomically(json, tables_json(tables));
  for (const Table& table : tables) std::fputs(printable(table.markdown()).c_str(), stdout);
  if (!out.empty()) fmt::print("Tables and figure data: {}\n", out);
  for (const BestPolicy& one : best) {
    if (one.simulated.error.empty()) continue;
    fmt::print("No layers of {} at th {} in fig10.csv: {}\n", one.group->method, one.group->th,
               one.simulated.error);
  }
}

}  // namespace kirchhoff::report
