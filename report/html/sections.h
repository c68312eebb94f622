#pragma once

#include <string>
#include <vector>

#include "report/html/chip_report.h"
#include "report/html/page.h"
#include "report/html/recorded_run.h"
#include "report/sweep.h"
#include "report/tables.h"
#include "sim/cost_table.h"

namespace kirchhoff::report::html {

/// A cost table and what its costs are weighted with.
struct Staircase {
  std::string network;
  sim::CostTable table;
  double alpha = 0.0, beta = 0.0, gamma = 0.0;
};

/// Everything that a page shows.
struct PageContents {
  std::vector<std::string> folders;  ///< of searches and comparisons, as they were given
  UsualSettings usual_settings;
  std::vector<Study> studies;
  std::vector<Group> groups;
  Table tasks;  ///< task_table() of all studies
  std::vector<BestPolicy> best;
  std::vector<PresetFigures> presets;
  std::vector<Sweep> sweeps;
  std::vector<ChipReport> chips;
  std::size_t given_chips = 0;  ///< the first of them; the others were simulated for the page
  std::vector<Staircase> staircases;
  std::vector<std::string> troubles;  ///< what could not be simulated, and why
};

/// Sweeps, where there are any.
void add_sweeps(Page& page, const PageContents& contents);
// Each adds its section, or a line that says what it would need.
void add_verdict(Page& page, const PageContents& contents);
void add_search(Page& page, const PageContents& contents);
void add_policies(Page& page, const PageContents& contents);
void add_chips(Page& page, const PageContents& contents);
void add_tables(Page& page, const PageContents& contents);
void add_runs(Page& page, const PageContents& contents);

/// "lenet5 on mnist".
std::string study_name(const Study& study);
/// Unique on the page where studies differ in their chip only, too: "lenet5-mnist",
/// "lenet5-mnist-2".
std::string study_id(const PageContents& contents, const Study& study);
/// The groups of a study, in their order.
std::vector<Group> groups_of_study(const PageContents& contents, const Study& study);
/// A table of one study as it stands below the study's name: without the columns that say it again,
/// its CSV named after the study where the page has several.
Table own_table(const PageContents& contents, const Study& study, Table table);

}  // namespace kirchhoff::report::html
