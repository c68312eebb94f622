#include "cli/report/report.h"

#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/report/best_policies.h"
#include "cli/report/figures.h"
#include "cli/report/groups.h"
#include "cli/report/html/html.h"
#include "cli/report/study.h"
#include "cli/report/tables.h"
#include "traces/atomic_file.h"
#include "traces/error.h"
#include "traces/printable.h"

namespace kirchhoff::cli {
void print_report(const std::vector<std::string>& folders, const std::string& out) {
  const std::vector<Study> studies = load_studies(folders);
  const std::vector<Group> groups = groups_of(studies);
  std::vector<BestPolicy> best;
  std::vector<IsaacFigures> isaac;
  simulate_best(studies, groups, best, isaac);

  const std::vector<Table> tables = {cost_table(groups),
                                     effort_table(groups),
                                     wall_table(studies),
                                     bits_table(groups),
                                     efficiency_table(best, isaac),
                                     pareto_table(studies),
                                     hypervolume_table(studies),
                                     loss_table(groups),
                                     duel_table(groups),
                                     times_table(groups)};
  const std::vector<FigureData> figures = {episode_figure(studies), bits_figure(best),
                                           layer_figure(best), wall_figure(studies),
                                           front_figure(studies)};
  std::error_code error;
  std::filesystem::create_directories(out, error);
  if (error) throw RunError(fmt::format("{}: cannot create: {}", out, error.message()));
  for (const Table& table : tables) {
    const std::string markdown = table.markdown();
    write_file_atomically(fmt::format("{}/{}.md", out, table.name), markdown);
    write_file_atomically(fmt::format("{}/{}.csv", out, table.name), table.csv());
    std::fputs(printable(markdown).c_str(), stdout);
  }
  for (const FigureData& figure : figures) {
    write_file_atomically(fmt::format("{}/{}.csv", out, figure.name), figure.csv.to_text());
  }
  fmt::print("Tables and figure data: {}\n", out);
  for (const BestPolicy& one : best) {
    if (one.simulated.error.empty()) continue;
    fmt::print("No layers of {} at th {} in fig10.csv: {}\n", one.group->method, one.group->th,
               one.simulated.error);
  }
}

int report_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> folders, cost_tables;
  std::string out, page;
  Options options("report",
                  "Prints tables of finished comparisons and searches, and writes them and the "
                  "data of the paper's figures; or draws them, and the chip, on a page.");
  options.example("kirchhoff report study --out tables");
  options.words(folders, "DIR");
  options.output_folder("out", out, "where to write them (default: report, in the first folder)",
                        {".md", ".csv"});
  options.section("Page");
  options.output(
      "html", page,
      "write one HTML file with plots and tables instead (needs gnuplot); DIR may also be "
      "a file that simulate --json has written, or a folder of such");
  options.texts("cost-table", cost_tables, "FILE",
                "costs by bits for the page (kirchhoff cost-table) instead of simulating them");
  if (!options.parse(arguments)) return 0;
  if (page.empty()) {
    if (!cost_tables.empty())
      Options::refuse("cost-table", cost_tables.front(), "needs --html FILE");
    // What is no folder is no comparison either, which loading it says.
    if (std::filesystem::is_directory(folders.front()))
      options.settle_output("out", folders.front() + "/report");
    print_report(folders, out);
    return 0;
  }
  html::write_page(folders, cost_tables, page);
  if (!out.empty()) print_report(folders, out);
  return 0;
}

}  // namespace kirchhoff::cli
