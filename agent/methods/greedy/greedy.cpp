#include "agent/methods/greedy/greedy.h"

#include <algorithm>
#include <set>

#include "agent/planning/width_choices.h"
#include "agent/wall.h"

namespace kirchhoff::agent {

Greedy::Greedy(Environment& environment, const std::string& sensitivity, int episodes)
    : PlannedSearch(environment),
      sensitivity_(sensitivity),
      gradient_(gradient_loss(sensitivity)),
      probed_(gradient_ ? std::vector<int>() : probed_actions(space(), episodes)) {}

void Greedy::plan(Trial& trial) {
  const double reference = trial.reference_accuracy_pct();
  const auto probe = [&](const Actions& actions) {
    return loss(*trial.measure({actions, true, {}, 0}).score, sensitivity_, reference);
  };
  trial.expect(probes_of(probe_policies(space(), probed_)));
  const Sensitivities sensitivities = gradient_ ? trial.gradient_sensitivities(*gradient_)
                                                : probe_sensitivities(space(), probed_, probe);

  const CostLimit limit = trial.limit();
  std::set<Actions> measured;
  const auto measure = [&](const Actions& actions) {
    for (const Actions& policy : {filled(limit, sensitivities, actions), actions}) {
      if (measured.insert(policy).second) trial.measure({policy, false, {}, 0});
    }
  };

  Actions actions(space().slots().size(), kActions - 1);
  if (limit.allows(actions)) return measure(actions);
  for (;;) {
    std::vector<Reduction> next = reductions(limit, sensitivities, actions);
    if (next.empty()) next = changes_of_a_layer(limit, sensitivities, actions);
    if (next.empty()) {
      return measure(lower_to_threshold(space(), actions, WallOrder::kJoint, limit).actions);
    }
    actions = next.front().actions;
    if (next.front().cost > limit.threshold) continue;
    for (const Reduction& reduction : next) {
      if (reduction.cost <= limit.threshold) measure(reduction.actions);
    }
    return;
  }
}

std::vector<Greedy::Reduction> Greedy::reductions(const CostLimit& limit,
                                                  const Sensitivities& sensitivities,
                                                  const Actions& from) const {
  const double cost = limit.cost(from);
  std::vector<Reduction> reductions;
  for (const SlotId s : from.ids()) {
    Reduction reduction{from, 0.0, 0.0, 0.0};
    while (reduction.actions[s] > 0 && reduction.saved <= 0.0) {
      --reduction.actions[s];
      reduction.cost = limit.cost(reduction.actions);
      reduction.saved = cost - reduction.cost;
    }
    if (reduction.saved <= 0.0) continue;
    reduction.lost =
        predicted_loss(sensitivities, reduction.actions) - predicted_loss(sensitivities, from);
    reductions.push_back(reduction);
  }
  sort(reductions);
  return reductions;
}

std::vector<Greedy::Reduction> Greedy::changes_of_a_layer(const CostLimit& limit,
                                                          const Sensitivities& sensitivities,
                                                          const Actions& from) const {
  const double cost = limit.cost(from);
  std::vector<Reduction> changes;
  for (const WidthChoice& choice : width_choices(space())) {
    for (auto pair = choice.first_pair(); pair < kWidthPairs; pair += choice.pair_step()) {
      Reduction change{from, 0.0, 0.0, 0.0};
      choice.set_pair(change.actions, pair);
      change.cost = limit.cost(change.actions);
      change.saved = cost - change.cost;
      if (change.saved <= 0.0) continue;
      change.lost =
          predicted_loss(sensitivities, change.actions) - predicted_loss(sensitivities, from);
      changes.push_back(change);
    }
  }
  sort(changes);
  return changes;
}

void Greedy::sort(std::vector<Reduction>& reductions) {
  std::stable_sort(reductions.begin(), reductions.end(),
                   [](const Reduction& one, const Reduction& other) {
                     const double left = one.lost * other.saved, right = other.lost * one.saved;
                     return left != right ? left < right : one.saved > other.saved;
                   });
}

Actions Greedy::filled(const CostLimit& limit, const Sensitivities& sensitivities,
                       Actions actions) const {
  for (;;) {
    const double before = predicted_loss(sensitivities, actions);
    Actions best;
    double best_gain = -1.0;
    for (const SlotId s : actions.ids()) {
      for (Actions next = actions; ++next[s] < kActions;) {
        const double gain = before - predicted_loss(sensitivities, next);
        if (gain > best_gain && limit.allows(next)) {
          best = next;
          best_gain = gain;
          break;
        }
        // Wider ones come into question only where they may be cheaper.
        if (limit.monotone() || limit.allows(next)) break;
      }
    }
    if (best.empty()) return actions;
    actions = best;
  }
}

}  // namespace kirchhoff::agent
