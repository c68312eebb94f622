#include <algorithm>
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
               "of them method", "simulator", "accuracy"},
              {},
              {"Means over the seeds ± standard error; runs side by side slow each other down."}};
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
    const auto shown = [&](const char* key) { return fixed(mean_of(seconds[key]), 1); };
    table.rows.push_back({study.network, study.dataset, fixed(std::optional<double>(group.th), 2),
                          group.method, fmt::format("{}", fmt::join(seeds, ", ")),
                          fmt::format("{}/{}", finished, group.runs), shown("wall_s"),
                          shown("method_s"), shown("simulator_s"), shown("accuracy_s")});
  }
  return table;
}

Table difference_table(const std::vector<Difference>& differences, const std::string& name,
                       const std::string& title, const std::string& usual) {
  Table table{name, title, {"key", "value", usual}, {}, {}};
  // Keys of the chip say what they mean; settings do so in the help of their command.
  const bool meanings = !differences.front().meaning.empty();
  if (meanings) table.columns.emplace_back("meaning");
  for (const Difference& one : differences) {
    table.rows.push_back({one.key, one.value, one.usual});
    if (meanings) table.rows.back().emplace_back(one.meaning);
  }
  return table;
}

/// Folders that differ in method, th and seed only.
struct Kind {
  RecordedRun first;
  std::size_t folders = 0;
};

/// More command lines than these are folded.
constexpr std::size_t kCommandsShown = 4;

bool alike(const RecordedRun& a, const RecordedRun& b) {
  const auto equal = [](const Difference& x, const Difference& y) {
    return x.key == y.key && x.value == y.value;
  };
  return a.preset == b.preset && a.digests == b.digests &&
         std::equal(a.chip.begin(), a.chip.end(), b.chip.begin(), b.chip.end(), equal) &&
         std::equal(a.settings.begin(), a.settings.end(), b.settings.begin(), b.settings.end(),
                    equal);
}

std::string described(const Kind& kind) {
  const RecordedRun& run = kind.first;
  std::string text = run.folder;
  if (kind.folders > 1) text += fmt::format(" and {} more", kind.folders - 1);
  text += fmt::format(": chip of preset {}, ", run.preset);
  text += run.chip.empty() ? "unchanged" : fmt::format("{} keys changed", run.chip.size());
  text += run.settings.empty()
              ? "; settings at their defaults."
              : fmt::format("; {} settings not at their defaults.", run.settings.size());
  if (!run.digests.empty()) {
    text += " Digests:";
    for (const auto& [name, digest] : run.digests) text += fmt::format(" {} {},", name, digest);
    text.back() = '.';
  }
  return text;
}

}  // namespace

void add_runs(Page& page, const PageContents& contents) {
  page.section("runs", "Runs");
  std::vector<Kind> kinds;
  std::string commands;
  for (const std::string& folder : contents.folders) {
    RecordedRun run = recorded_run(folder);
    commands += (commands.empty() ? "" : "\n") + run.command;
    const auto same = std::find_if(kinds.begin(), kinds.end(),
                                   [&](const Kind& kind) { return alike(kind.first, run); });
    if (same == kinds.end()) {
      kinds.push_back({std::move(run), 1});
    } else {
      ++same->folders;
    }
  }
  if (!kinds.empty()) {
    page.paragraph(
        "Command lines that ask for these runs. A folder keeps the settings, not the words: "
        "these are put together from them.");
    page.code(commands, contents.folders.size() > kCommandsShown
                            ? fmt::format("{} command lines", contents.folders.size())
                            : "");
  }
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const RecordedRun& run = kinds[i].first;
    page.paragraph(described(kinds[i]));
    const auto add = [&](const std::vector<Difference>& differences, const std::string& name,
                         const std::string& title, const std::string& usual) {
      if (differences.empty()) return;
      page.table(difference_table(differences, fmt::format("{}-{}", name, i + 1), title, usual));
    };
    add(run.chip, "chip-differences", "Chip: what differs from preset " + run.preset, run.preset);
    add(run.settings, "setting-differences", "Settings that differ from the defaults", "default");
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
