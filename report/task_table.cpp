#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "agent/diagnosis/accuracy_error.h"
#include "agent/diagnosis/task_kind.h"
#include "base/error.h"
#include "quant/network/networks.h"
#include "report/tables.h"

namespace kirchhoff::report {
namespace {

/// The different policies that the searches of a study have tried, in a fixed order. What is no
/// policy that a search may choose is left out.
std::vector<agent::TriedPolicy> tried_policies(const Study& study,
                                               const agent::PolicySpace& space) {
  std::map<std::string, agent::TriedPolicy> found;
  const Csv& e = study.episodes;
  for (std::size_t row = 0; row < e.size(); ++row) {
    const std::string& text = e.text(row, "policy");
    const auto cost = e.number(row, "cost_ratio");
    if (!cost) continue;
    auto entry = found.find(text);
    if (entry == found.end()) {
      agent::TriedPolicy policy;
      try {
        policy.actions = space.actions(quant::policy_from_text(text, space.network()));
      } catch (const InputError&) {
        continue;
      }
      policy.cost = *cost;
      entry = found.emplace(text, std::move(policy)).first;
    }
    const auto accuracy = e.number(row, "accuracy_pct"),
               divergence = e.number(row, "divergence_nats");
    if (accuracy && divergence) entry->second.score = agent::Score{*accuracy, *divergence};
  }
  std::vector<agent::TriedPolicy> policies;
  for (auto& [text, policy] : found) policies.push_back(std::move(policy));
  return policies;
}

/// Standard errors in points at the images that searches looked at.
struct Errors {
  std::optional<double> images, accuracy, loss;
  bool paired = false;
};

Errors errors(const Study& study, const std::vector<const Group*>& groups) {
  Errors errors;
  const auto setting = study.settings.find("validation-images");
  if (setting == study.settings.end()) return errors;
  const double images = std::stod("0" + setting->second);
  if (images < 1.0) return errors;
  errors.images = images;
  const auto count = static_cast<std::size_t>(images);
  std::vector<double> paired, bounds;
  for (const Group* group : groups) {
    for (const Answer& run : group->finished) {
      const auto reference = run.number("w8a8_accuracy_pct"),
                 best = run.number("best_accuracy_pct");
      if (!reference) continue;
      errors.accuracy = agent::accuracy_error_points(*reference, count);
      if (const auto error = run.number("best_loss_error_points")) paired.push_back(*error);
      if (best) bounds.push_back(agent::difference_error_points(*reference, *best, count));
    }
  }
  errors.paired = !paired.empty();
  const Mean mean = mean_of(errors.paired ? paired : bounds);
  if (mean.count > 0) errors.loss = mean.value;
  return errors;
}

}  // namespace

Table task_table(const std::vector<Study>& studies) {
  Table table{"task",
              "What kind of task it is",
              {"network", "dataset", "th", "policies near th", "correlation of summed probes",
               "correlation of accuracy", "cost residual rms", "largest cost residual", "images",
               "accuracy error", "loss error", "advice"},
              {},
              {}};
  bool bounds = false;
  for (const Study& study : studies) {
    std::optional<agent::PolicySpace> space;
    try {
      space.emplace(quant::find_network(study.network_given), agent::widths_under(study.limit()));
    } catch (const InputError&) {
      continue;
    }
    const std::vector<agent::TriedPolicy> tried = tried_policies(study, *space);
    const std::vector<Group> groups = groups_of(study);
    std::map<double, std::vector<const Group*>> by_threshold;
    for (const Group& group : groups) {
      if (!group.finished.empty()) by_threshold[group.th].push_back(&group);
    }
    for (const auto& [th, at_th] : by_threshold) {
      const agent::TaskKind kind = agent::task_kind(*space, tried, th);
      const Errors error = errors(study, at_th);
      bounds = bounds || (error.loss && !error.paired);
      const auto residual = [&](double agent::CostResidual::*part) {
        return fixed(kind.costs ? std::optional<double>((*kind.costs).*part) : std::nullopt, 5);
      };
      table.rows.push_back({study.label, study.dataset, fixed(std::optional<double>(th), 2),
                            whole(static_cast<double>(kind.policies)), fixed(kind.summed_probes, 3),
                            fixed(kind.accuracy, 3), residual(&agent::CostResidual::rms),
                            residual(&agent::CostResidual::largest), whole(error.images),
                            fixed(error.accuracy, 2), fixed(error.loss, 2), agent::advice(kind)});
    }
  }
  if (table.rows.empty()) {
    table.notes.emplace_back("No search is finished.");
    return table;
  }
  table.notes.push_back(fmt::format(
      "Near th: different policies that any search measured, with a cost in [th - {}, th]. Rank "
      "correlations with their divergence from W8A8: of the sum of what every slot loses alone, "
      "and of the accuracy lost. Cost residual: cost ratio by a table of costs per layer, fitted "
      "to all policies but the one, less the simulated one. Errors: standard errors in points on "
      "the images that searches look at; of a loss against W8A8, from the images that only one of "
      "the two gets right{}. A knapsack: correlation from {}, residual up to {}.",
      agent::kNearThreshold, bounds ? ", or at most so much where these are not known" : "",
      agent::kLeastCorrelation, agent::kMostCostResidual));
  return table;
}

}  // namespace kirchhoff::report
