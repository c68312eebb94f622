#include "agent/greedy.h"

#include <algorithm>
#include <set>

namespace kirchhoff::agent {

Greedy::Greedy(Environment& environment, const std::string& sensitivity, int episodes)
    : PlannedSearch(environment),
      sensitivity_(sensitivity),
      probed_(probed_actions(space(), episodes)) {}

void Greedy::plan(Trial& trial) {
  const double reference = trial.reference_accuracy_pct();
  const Sensitivities sensitivities =
      probe_sensitivities(space(), probed_, [&](const Actions& actions) {
        return loss(*trial.measure({actions, true, {}, 0}).score, sensitivity_, reference);
      });

  const double threshold = reward().threshold;
  std::set<Actions> measured;
  const auto measure = [&](const Actions& actions) {
    for (const Actions& policy : {filled(trial, sensitivities, actions), actions}) {
      if (measured.insert(policy).second) trial.measure({policy, false, {}, 0});
    }
  };

  Actions actions(space().slots().size(), kActions - 1);
  if (trial.cost(actions).cost <= threshold) return measure(actions);
  for (;;) {
    const std::vector<Reduction> next = reductions(trial, sensitivities, actions);
    if (next.empty()) return;
    actions = next.front().actions;
    if (next.front().cost > threshold) continue;
    for (const Reduction& reduction : next) {
      if (reduction.cost <= threshold) measure(reduction.actions);
    }
    return;
  }
}

std::vector<Greedy::Reduction> Greedy::reductions(Trial& trial, const Sensitivities& sensitivities,
                                                  const Actions& from) const {
  const double cost = trial.cost(from).cost;
  std::vector<Reduction> reductions;
  for (std::size_t s = 0; s < from.size(); ++s) {
    Reduction reduction{from, 0.0, 0.0, 0.0};
    while (reduction.actions[s] > 0 && reduction.saved <= 0.0) {
      --reduction.actions[s];
      reduction.cost = trial.cost(reduction.actions).cost;
      reduction.saved = cost - reduction.cost;
    }
    if (reduction.saved <= 0.0) continue;
    reduction.lost =
        predicted_loss(sensitivities, reduction.actions) - predicted_loss(sensitivities, from);
    reductions.push_back(reduction);
  }
  std::stable_sort(reductions.begin(), reductions.end(),
                   [](const Reduction& one, const Reduction& other) {
                     const double left = one.lost * other.saved, right = other.lost * one.saved;
                     return left != right ? left < right : one.saved > other.saved;
                   });
  return reductions;
}

Actions Greedy::filled(Trial& trial, const Sensitivities& sensitivities, Actions actions) const {
  for (;;) {
    const double before = predicted_loss(sensitivities, actions);
    Actions best;
    double best_gain = -1.0;
    for (std::size_t s = 0; s < actions.size(); ++s) {
      if (actions[s] == kActions - 1) continue;
      Actions next = actions;
      ++next[s];
      const double gain = before - predicted_loss(sensitivities, next);
      if (gain > best_gain && trial.cost(next).cost <= reward().threshold) {
        best = next;
        best_gain = gain;
      }
    }
    if (best.empty()) return actions;
    actions = best;
  }
}

}  // namespace kirchhoff::agent
