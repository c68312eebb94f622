#include "report/report.h"

#include <filesystem>

#include "base/refusal.h"
#include "cli/commands/command.h"
#include "cli/options/options.h"
#include "cli/options/search_options.h"
#include "cli/options/workload_options.h"
#include "report/html/diff.h"
#include "report/html/html.h"

namespace kirchhoff::cli {
namespace {

/// The options that search and compare share, with what they are when nobody says anything.
std::map<std::string, std::string> default_settings(const std::string& method) {
  SearchSettings settings;
  settings.search.method = method;
  Options options("search", "");
  declare_workload_options(options, settings.workload);
  declare_search_settings(options, settings);
  settle_search_settings(options, settings);
  return options.values();
}

}  // namespace

int report_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> folders, cost_tables;
  std::string out, page, json;
  bool diff = false;
  Options options("report",
                  "Prints tables of finished comparisons and searches, and writes them and the "
                  "data of the paper's figures; or draws them, and the chip, on a page.");
  options.example("kirchhoff report study --out tables");
  options.words(folders, "DIR");
  options.output_folder("out", out, "where to write them (default: report, in the first folder)",
                        {".md", ".csv"});
  options.json_output(json, "the tables");
  options.section("Page");
  options.output(
      "html", page,
      "write one HTML file with plots and tables instead (needs gnuplot); DIR may also be "
      "a file that simulate --json has written, or a folder of such");
  options.texts("cost-table", cost_tables, "FILE",
                "costs by bits for the page (kirchhoff cost-table) instead of simulating them");
  options.flag("diff", diff,
               "put two beside each other instead, in tables or on the page: the policies that "
               "they found, costs per layer, chips");
  if (!options.parse(arguments)) return 0;
  if (diff) {
    if (!out.empty()) refuse_option("out", out, "does not go with --diff");
    if (!cost_tables.empty())
      refuse_option("cost-table", cost_tables.front(), "does not go with --diff");
    report::html::write_diff(folders, default_settings, page, json);
    return 0;
  }
  if (page.empty()) {
    if (!cost_tables.empty()) refuse_option("cost-table", cost_tables.front(), "needs --html FILE");
    // What is no folder is no comparison either, which loading it says.
    if (std::filesystem::is_directory(folders.front()))
      options.settle_output("out", folders.front() + "/report");
    report::print_report(folders, out, json);
    return 0;
  }
  report::html::write_page(folders, cost_tables, default_settings, page);
  if (!out.empty() || !json.empty()) report::print_report(folders, out, json);
  return 0;
}

}  // namespace kirchhoff::cli
