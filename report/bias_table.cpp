#include <optional>

#include <fmt/format.h>

#include "report/tables.h"

namespace kirchhoff::report {
namespace {

std::optional<double> less(std::optional<double> one, std::optional<double> other) {
  if (!one || !other) return std::nullopt;
  return *one - *other;
}

/// W8A8's accuracy less that of the best episode, on the images that the search looked at.
std::optional<double> loss_as_searched(const Answer& run) {
  return less(run.number("w8a8_accuracy_pct"), run.number("best_accuracy_pct"));
}

/// Likewise of the answer, on the whole validation split. Empty without a final stage.
std::optional<double> loss_on_whole_split(const Answer& run) {
  return less(run.number("final_w8a8_accuracy_pct"), run.number("final_accuracy_pct"));
}

std::optional<double> loss_on_test(const Answer& run) {
  return less(run.number("test_w8a8_pct"), run.number("test_best_pct"));
}

}  // namespace

Table bias_table(const std::vector<Group>& groups) {
  Table table{
      "bias",
      "How much searches flatter their best episode, in points",
      {"network", "dataset", "th", "method", "runs", "loss as searched",
       "answer's loss on the whole split", "difference", "loss on test", "difference to test"},
      {},
      {}};
  for (const Group& group : groups) {
    if (group.answers.empty()) continue;
    const auto beyond = [](std::optional<double> (*other)(const Answer&)) {
      return [other](const Answer& run) { return less(other(run), loss_as_searched(run)); };
    };
    table.rows.push_back(
        {group.study->label, group.study->dataset, fixed(std::optional<double>(group.th), 2),
         group.method, fmt::format("{}/{}", group.answers.size(), group.runs),
         fixed(group.mean(loss_as_searched), 3), fixed(group.mean(loss_on_whole_split), 3),
         fixed(group.mean(beyond(loss_on_whole_split)), 3), fixed(group.mean(loss_on_test), 3),
         fixed(group.mean(beyond(loss_on_test)), 3)});
  }
  table.notes.emplace_back(
      table.rows.empty()
          ? "No search has found a policy."
          : "Accuracy lost against W8A8 on the same images: of the best episode, on the images "
            "that the search looked at and on the test set; of the answer, on the whole "
            "validation split. A positive difference: the score that won was flattered, as the "
            "best of many noisy ones is. The answer has been chosen again and given the bits that "
            "there was room for, so where the search looked at the whole split the first "
            "difference is what that gained. Mean ± standard error over the seeds.");
  return table;
}

}  // namespace kirchhoff::report
