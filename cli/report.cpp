#include "cli/report/report.h"

#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/report/figures.h"
#include "cli/report/groups.h"
#include "cli/report/simulated.h"
#include "cli/report/study.h"
#include "cli/report/tables.h"
#include "traces/atomic_file.h"
#include "traces/error.h"

namespace kirchhoff::cli {
namespace {

/// Our W8A8, and ISAAC's own precision.
constexpr const char* kIsaacPolicies[] = {"W8A8", "W16A16"};

/// Simulates what the folders do not hold: the layers of the best policies, and preset isaac.
void simulate(const std::vector<Study>& studies, std::vector<BestPolicy>& best,
              std::vector<IsaacFigures>& isaac) {
  std::vector<SimulationRequest> requests;
  for (const BestPolicy& one : best) {
    requests.push_back({one.group->study->network_given, one.group->best().answer_text("policy"),
                        hardware_words(*one.group->study)});
  }
  for (const Study& study : studies) {
    for (const char* policy : kIsaacPolicies) {
      isaac.push_back({&study, policy, {}});
      requests.push_back({study.network_given, policy, {"--preset=isaac"}});
    }
  }
  const std::vector<SimulatedPolicy> simulated = simulate_policies(requests);
  auto next = simulated.begin();
  for (BestPolicy& one : best) one.simulated = *next++;
  for (IsaacFigures& one : isaac) one.simulated = *next++;
}

}  // namespace

void print_report(const std::vector<std::string>& folders, const std::string& out) {
  const std::vector<Study> studies = load_studies(folders);
  const std::vector<Group> groups = groups_of(studies);
  std::vector<BestPolicy> best;
  for (const Group& group : groups) {
    if (!group.answers.empty()) best.push_back({&group, {}});
  }
  std::vector<IsaacFigures> isaac;
  simulate(studies, best, isaac);

  const std::vector<Table> tables = {cost_table(groups),    effort_table(groups),
                                     wall_table(studies),   efficiency_table(best, isaac),
                                     pareto_table(studies), hypervolume_table(studies),
                                     loss_table(groups),    duel_table(groups)};
  const std::vector<FigureData> figures = {episode_figure(studies), bits_figure(best),
                                           layer_figure(best), wall_figure(studies)};
  std::error_code error;
  std::filesystem::create_directories(out, error);
  if (error) throw RunError(fmt::format("{}: cannot create: {}", out, error.message()));
  for (const Table& table : tables) {
    const std::string markdown = table.markdown();
    write_file_atomically(fmt::format("{}/{}.md", out, table.name), markdown);
    write_file_atomically(fmt::format("{}/{}.csv", out, table.name), table.csv());
    std::fputs(markdown.c_str(), stdout);
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
  std::vector<std::string> folders;
  std::string out;
  Options options("report",
                  "Prints tables of finished comparisons and searches, and writes them and the "
                  "data of the paper's figures.");
  options.example("kirchhoff report study --out tables");
  options.words(folders, "DIR");
  options.text("out", out, "DIR", "where to write them (default: report, in the first folder)");
  if (!options.parse(arguments)) return 0;
  print_report(folders, out.empty() ? folders.front() + "/report" : out);
  return 0;
}

}  // namespace kirchhoff::cli
