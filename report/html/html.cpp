#include "report/html/html.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "report/best_policies.h"
#include "report/html/gnuplot.h"
#include "report/html/measured.h"
#include "report/html/sections.h"

namespace kirchhoff::report::html {
namespace {

namespace fs = std::filesystem;

/// Reports of `simulate --json` in a folder that is no run, by name.
std::vector<std::string> reports_in(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().extension() == ".json" && entry.is_regular_file()) {
      files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string title_of(const PageContents& contents) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const Study& study : contents.studies) add(study_name(study));
  for (const Sweep& sweep : contents.sweeps) {
    for (const std::string& network : sweep.networks()) add("sweep of " + network);
  }
  for (const ChipReport& chip : contents.chips) {
    if (contents.studies.empty()) add(chip.network);
  }
  return fmt::format("Kirchhoff: {}", fmt::join(names, ", "));
}

}  // namespace

void write_page(const std::vector<std::string>& arguments,
                const std::vector<std::string>& cost_tables, const UsualSettings& usual,
                const std::string& out) {
  // Before the simulations, which may take minutes.
  require_gnuplot();
  PageContents contents;
  contents.usual_settings = usual;
  std::vector<std::string> reports;
  for (const std::string& argument : arguments) {
    if (fs::is_regular_file(argument)) {
      reports.push_back(argument);
      continue;
    }
    if (is_sweep(argument)) {
      contents.sweeps.push_back(load_sweep(argument));
      continue;
    }
    const bool run =
        fs::exists(argument + "/compare.json") || fs::exists(argument + "/config.json");
    const std::vector<std::string> found = run ? std::vector<std::string>() : reports_in(argument);
    if (found.empty()) {
      contents.folders.push_back(argument);  // or an error that says what is wrong with it
    } else {
      reports.insert(reports.end(), found.begin(), found.end());
    }
  }
  if (!contents.folders.empty()) contents.studies = load_studies(contents.folders);
  contents.groups = groups_of(contents.studies);
  contents.tasks = task_table(contents.studies);
  for (const std::string& report : reports) {
    contents.chips.push_back(load_chip_report(report, fs::path(report).stem().string()));
  }
  contents.given_chips = contents.chips.size();
  simulate_best(contents.studies, contents.groups, contents.best, contents.presets);
  for (const BestPolicy& one : contents.best) {
    if (one.simulated.error.empty()) continue;
    contents.troubles.push_back(fmt::format("Layers of {} at th {}: {}", one.group->method,
                                            one.group->th, one.simulated.error));
  }
  measure(contents, cost_tables);

  Page page(title_of(contents));
  // What matters most comes first, how it was made last.
  add_sweeps(page, contents);
  // A sweep is a page of its own; beside it stands what else was given.
  if (contents.sweeps.empty() || !contents.studies.empty() || !contents.chips.empty()) {
    add_verdict(page, contents);
    add_search(page, contents);
    add_policies(page, contents);
    add_chips(page, contents);
    add_tables(page, contents);
    add_runs(page, contents);
  }
  write_file_atomically(out, page.render());
  fmt::print("Page: {}\n", out);
}

}  // namespace kirchhoff::report::html
