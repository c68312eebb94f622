#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/report/html/recorded_run.h"
#include "cli/report/html/sections.h"
#include "cli/report/html/text.h"
#include "cli/version.h"

namespace kirchhoff::cli::html {
namespace {

/// Seeds and times of every method.
Table times_table(const PageContents& contents) {
  Table table{"times",
              "Seeds and times",
              {"network", "dataset", "th", "method", "seeds", "finished", "seconds per search",
               "of them agent", "simulator", "accuracy"},
              {},
              {"Means over the seeds ± standard error, as far as the runs took their time alone."}};
  for (const Group& group : contents.groups) {
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
    const auto shown = [&](const char* key) { return significant(mean_of(seconds[key]), 3); };
    table.rows.push_back({study.network, study.dataset, fixed(std::optional<double>(group.th), 2),
                          group.method, fmt::format("{}", fmt::join(seeds, ", ")),
                          fmt::format("{}/{}", finished, group.runs), shown("wall_s"),
                          shown("method_s"), shown("simulator_s"), shown("accuracy_s")});
  }
  return table;
}

Table difference_table(const std::vector<Difference>& differences, const std::string& name,
                       const std::string& title, const std::string& usual) {
  Table table{name, title, {"key", "value", usual, "meaning"}, {}, {}};
  for (const Difference& one : differences) {
    table.rows.push_back({one.key, one.value, one.usual, one.meaning});
  }
  return table;
}

}  // namespace

void add_runs(Page& page, const PageContents& contents) {
  page.section("runs", "Runs");
  // Runs that differ in method, th and seed only are told apart by their command lines; the rest is
  // said once.
  std::size_t number_of = 0;
  std::string commands;
  std::vector<RecordedRun> runs;
  for (const std::string& folder : contents.folders) runs.push_back(recorded_run(folder));
  for (const RecordedRun& run : runs) commands += run.command + "\n";
  if (!runs.empty()) {
    page.paragraph(
        "Command lines that ask for these runs. A folder keeps the settings, not the words: "
        "these are put together from them.");
    page.code(commands.substr(0, commands.size() - 1));
  }
  std::set<std::string> said;
  for (const RecordedRun& run : runs) {
    ++number_of;
    std::string text = fmt::format("{}: chip of preset {}", run.folder, run.preset);
    text += run.chip.empty() ? ", unchanged" : fmt::format(" but for {} keys", run.chip.size());
    text += run.settings.empty()
                ? "; all settings at their defaults."
                : fmt::format("; {} settings are not at their defaults.", run.settings.size());
    for (const auto& [name, digest] : run.digests) {
      text += fmt::format(" Digest of the {}: {}.", name, digest);
    }
    page.paragraph(text);
    const auto once = [&](const std::vector<Difference>& differences, const std::string& name,
                          const std::string& title, const std::string& usual) {
      if (differences.empty()) return;
      const Table table =
          difference_table(differences, fmt::format("{}-{}", name, number_of), title, usual);
      if (said.insert(table.csv()).second) page.table(table);
    };
    once(run.chip, "chip-differences", "Chip: what differs from preset " + run.preset, run.preset);
    once(run.settings, "setting-differences", "Settings that differ from the defaults", "default");
  }
  if (!contents.groups.empty()) page.table(times_table(contents));
  page.paragraph(
      fmt::format("Page and simulations: kirchhoff {}. Folders do not say which version "
                  "searched.",
                  kVersion));
  for (const std::string& trouble : contents.troubles) page.missing(trouble);
  if (contents.folders.empty()) {
    page.missing(
        "Runs: command line, settings, seeds and times need the folder of a search or comparison.");
  }
}

}  // namespace kirchhoff::cli::html
