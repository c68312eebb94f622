#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/version.h"
#include "report/html/recorded_run.h"
#include "report/html/sections.h"
#include "report/html/text.h"

namespace kirchhoff::report::html {
namespace {

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
  return a.searched == b.searched && a.preset == b.preset && a.digests == b.digests &&
         std::equal(a.chip.begin(), a.chip.end(), b.chip.begin(), b.chip.end(), equal) &&
         std::equal(a.settings.begin(), a.settings.end(), b.settings.begin(), b.settings.end(),
                    equal);
}

std::string counted(std::size_t count, const std::string& noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string described(const Kind& kind) {
  const RecordedRun& run = kind.first;
  std::string text = run.source;
  if (kind.folders > 1) text += fmt::format(" and {} more", kind.folders - 1);
  text += fmt::format(": chip of preset {}, ", run.preset);
  text += run.chip.empty() ? "unchanged" : counted(run.chip.size(), "key") + " changed";
  if (run.searched) {
    text += run.settings.empty()
                ? "; settings at their defaults"
                : "; " + counted(run.settings.size(), "setting") + " not at the default";
  }
  text += ".";
  if (!run.digests.empty()) {
    text += " Digests:";
    for (const auto& [name, digest] : run.digests) text += fmt::format(" {} {},", name, digest);
    text.back() = '.';
  }
  return text;
}

/// The command lines behind the page, each with what is known about it.
class Commands {
 public:
  void add(const RecordedRun& run) {
    ++runs_;
    if (run.sessions.empty()) {
      if (!run.command.empty()) put_together_.push_back(run.command);
      return;
    }
    for (const Session& session : run.sessions) {
      versions_.insert(session.version);
      // A run that was interrupted says the same again.
      if (text_.find(session.command + "\n") == std::string::npos) text_ += session.command + "\n";
    }
  }

  void show(Page& page) const {
    const std::string folded = runs_ > kCommandsShown ? fmt::format("{} runs", runs_) : "";
    if (!text_.empty()) {
      page.paragraph(
          fmt::format("Command lines of these runs, by kirchhoff {}.", fmt::join(versions_, ", ")));
      page.code(text_.substr(0, text_.size() - 1), folded);
    }
    if (!put_together_.empty()) {
      page.paragraph(
          "Command lines that ask for these runs. Their folders keep the settings, not the words: "
          "these are put together from them.");
      page.code(fmt::format("{}", fmt::join(put_together_, "\n")), folded);
    }
  }

 private:
  std::size_t runs_ = 0;
  std::string text_;  ///< a line each
  std::set<std::string> versions_;
  std::vector<std::string> put_together_;
};

}  // namespace

void add_runs(Page& page, const PageContents& contents) {
  page.section("runs", "Runs");
  std::vector<Kind> kinds;
  Commands commands;
  const auto add_run = [&](RecordedRun run) {
    commands.add(run);
    const auto same = std::find_if(kinds.begin(), kinds.end(),
                                   [&](const Kind& kind) { return alike(kind.first, run); });
    if (same == kinds.end()) {
      kinds.push_back({std::move(run), 1});
    } else {
      ++same->folders;
    }
  };
  for (const std::string& folder : contents.folders)
    add_run(recorded_run(folder, contents.usual_settings));
  for (std::size_t i = 0; i < contents.given_chips; ++i) add_run(recorded_run(contents.chips[i]));
  commands.show(page);
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
  for (const Study& study : contents.studies) {
    Table times = times_table(groups_of_study(contents, study));
    if (contents.studies.size() > 1) times.title = study_name(study) + ": seeds and times";
    page.table(own_table(contents, study, std::move(times)), true);
  }
  page.paragraph(
      fmt::format("This page, and what was simulated for it: kirchhoff {}.", full_version()));
  for (const std::string& trouble : contents.troubles) page.missing(trouble);
  if (contents.folders.empty()) {
    page.missing("Runs: seeds and times need the folder of a search or comparison.");
  }
}

}  // namespace kirchhoff::report::html
