#include "agent/diagnosis/task_kind.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "agent/diagnosis/rank_correlation.h"
#include "agent/planning/sensitivity.h"
#include "agent/search_methods.h"

namespace kirchhoff::agent {
namespace {

/// The slot that alone has fewer than 8 bits.
std::optional<SlotId> probed_slot(const Actions& actions) {
  const auto less = [](int action) { return action != kActions - 1; };
  if (std::count_if(actions.begin(), actions.end(), less) != 1) return std::nullopt;
  return to_id<SlotId>(std::find_if(actions.begin(), actions.end(), less) - actions.begin());
}

/// What every slot loses alone, as greedy and ilp see it; empty unless some width was probed of
/// all.
std::optional<Sensitivities> probes(const PolicySpace& space,
                                    const std::vector<TriedPolicy>& tried) {
  std::map<Actions, double> divergences;
  std::map<int, int> slots;  // probed, by action
  for (const TriedPolicy& policy : tried) {
    const auto slot = probed_slot(policy.actions);
    if (!slot || !policy.score) continue;
    if (divergences.emplace(policy.actions, policy.score->divergence).second) {
      ++slots[policy.actions[*slot]];
    }
  }
  std::vector<int> everywhere;
  for (const auto& [action, count] : slots) {
    if (count == space.slots().size()) everywhere.push_back(action);
  }
  if (everywhere.empty()) return std::nullopt;
  return probe_sensitivities(space, everywhere,
                             [&](const Actions& actions) { return divergences.at(actions); });
}

/// "ilp or greedy": the methods that suppose one of these.
template <typename Suits>
std::string methods(const Suits& suits) {
  std::string names;
  for (const SearchMethodType& type : search_method_types()) {
    if (suits(type.supposes)) names += (names.empty() ? "" : " or ") + type.name;
  }
  return names.empty() ? "none" : names;
}

std::string of_losses_and_costs(const TaskKind& kind) {
  const auto supposing = [](Supposes what) {
    return methods([what](Supposes its) { return its == what; });
  };
  if (!kind.probed) {
    return fmt::format("unknown: takes probes of every slot, as {} make them",
                       methods([](Supposes its) { return its != Supposes::kNothing; }));
  }
  if (kind.policies < kLeastPolicies || !kind.summed_probes) {
    return fmt::format("unknown: takes {} different policies measured near th", kLeastPolicies);
  }
  if (*kind.summed_probes < kLeastCorrelation) {
    return "no knapsack: slots interact; compare methods that try whole policies";
  }
  if (!kind.costs || kind.costs->policies < kLeastPolicies) {
    return fmt::format("losses add up, costs unknown: takes more policies of any cost; use {}",
                       supposing(Supposes::kSummedLosses));
  }
  if (kind.costs->rms > kMostCostResidual) {
    return fmt::format("losses add up, costs do not: use {}", supposing(Supposes::kSummedLosses));
  }
  return fmt::format("a knapsack: use {}", supposing(Supposes::kSummedLossesAndCosts));
}

}  // namespace

TaskKind task_kind(const PolicySpace& space, const std::vector<TriedPolicy>& tried,
                   double threshold) {
  TaskKind kind;
  const auto near = [&](const TriedPolicy& policy) {
    return policy.cost <= threshold && policy.cost >= threshold - kNearThreshold;
  };
  const std::optional<Sensitivities> alone = probes(space, tried);
  kind.probed = alone.has_value();
  std::vector<double> sums, divergences, losses;
  for (const TriedPolicy& policy : tried) {
    if (!near(policy) || !policy.score || probed_slot(policy.actions)) continue;
    ++kind.policies;
    if (alone) sums.push_back(predicted_loss(*alone, policy.actions));
    divergences.push_back(policy.score->divergence);
    losses.push_back(-policy.score->accuracy_pct);
  }
  if (kind.policies >= kLeastPolicies) {
    if (alone) kind.summed_probes = rank_correlation(sums, divergences);
    kind.accuracy = rank_correlation(losses, divergences);
  }
  kind.costs = FittedCosts(space, tried).residual(near);
  return kind;
}

std::string advice(const TaskKind& kind) {
  std::string text = of_losses_and_costs(kind);
  if (kind.accuracy && *kind.accuracy < kLeastAgreement) {
    text += "; accuracies near th are noise on these images: rank by divergence";
  }
  return text;
}

}  // namespace kirchhoff::agent
