#include <map>

#include <fmt/format.h>

#include "report/published.h"
#include "report/tables.h"

namespace kirchhoff::report {
namespace {

struct Lowered {
  double episodes = 0.0, decrements = 0.0;
};

/// By run: what its wall did.
std::map<PlannedRun, Lowered> lowered_episodes(const Study& study) {
  std::map<PlannedRun, Lowered> runs;
  const Csv& e = study.episodes;
  for (std::size_t row = 0; row < e.size(); ++row) {
    const double decrements = e.number(row, "decrements").value_or(0.0);
    if (decrements <= 0.0) continue;
    Lowered& run = runs[run_of_episode(e, row)];
    run.episodes += 1.0;
    run.decrements += decrements;
  }
  return runs;
}

void add_published(Table& table, const Study& study, double th) {
  const auto known = [](double value) {
    return value < 0.0 ? std::nullopt : std::optional<double>(value);
  };
  for (const PublishedBits& row : kPublishedBits) {
    if (study.network != row.network || study.dataset != row.dataset || th != row.th) continue;
    table.rows.push_back({study.label, row.dataset, fixed(std::optional<double>(th), 2),
                          fmt::format("paper: {}", row.method),
                          fixed(known(row.mean_weight_bits), 2),
                          fixed(known(row.lowered_episodes), 1), fixed(std::nullopt, 2)});
  }
}

}  // namespace

Table bits_table(const std::vector<Group>& groups) {
  Table table{"bits",
              "Weight bits of the answers, and episodes that lost bits to a wall (Figs. 9 and 11)",
              {"network", "dataset", "th", "method", "mean weight bits", "lowered episodes",
               "decrements in each"},
              {},
              {}};
  std::map<PlannedRun, Lowered> lowered;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const Group& group = groups[i];
    if (i == 0 || group.study != groups[i - 1].study) lowered = lowered_episodes(*group.study);
    const auto by_run = [&](const auto& value) {
      return group.mean_of_finished([&](const Answer& run) -> std::optional<double> {
        return value(lowered[{group.method, group.th, run.seed()}]);
      });
    };
    if (!group.finished.empty()) {
      const Mean episodes = by_run([](const Lowered& run) { return std::optional(run.episodes); });
      const Mean decrements = by_run([](const Lowered& run) -> std::optional<double> {
        if (run.episodes == 0.0) return std::nullopt;
        return run.decrements / run.episodes;
      });
      const Mean bits =
          group.mean([](const Answer& answer) { return answer.answer("mean_weight_bits"); });
      table.rows.push_back({group.study->label, group.study->dataset,
                            fixed(std::optional<double>(group.th), 2), group.method, fixed(bits, 2),
                            fixed(episodes, 1), fixed(decrements, 2)});
    }
    const bool last = i + 1 == groups.size() || groups[i + 1].study != group.study ||
                      groups[i + 1].th != group.th;
    if (last) add_published(table, *group.study, group.th);
  }
  table.notes.emplace_back(
      table.rows.empty() ? "No search is finished."
                         : "Mean ± standard error over the seeds. Bits over all layers, the fixed "
                           "ones included. Rows \"paper\": as printed there.");
  return table;
}

}  // namespace kirchhoff::report
