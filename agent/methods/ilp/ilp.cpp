#include "agent/methods/ilp/ilp.h"

#include <algorithm>

#include "agent/methods/ilp/bit_program.h"
#include "agent/planning/layer_costs.h"
#include "agent/wall.h"

namespace kirchhoff::agent {
namespace {

constexpr int kPasses = 4;
constexpr int kRoundsPerPass = 30;
/// Slots up to which bits of three different ones are exchanged: their number grows with the cube.
constexpr int kMostForThree = 48;

}  // namespace

std::set<Actions> neighbours(const Actions& from) {
  std::set<Actions> found;
  const bool few = from.size() <= kMostForThree;
  // `sign` = 1: one slot gains, up to two bits are paid for it; -1: the other way round.
  for (const int sign : {1, -1}) {
    const auto shifted = [&](Actions actions, SlotId slot, int by) {
      actions[slot] += by * sign;
      return actions;
    };
    const auto keep = [&](const Actions& actions) {
      const auto [low, high] = std::minmax_element(actions.begin(), actions.end());
      if (*low >= 0 && *high < kActions) found.insert(actions);
    };
    for (const SlotId one : from.ids()) {
      const Actions first = shifted(from, one, 1);
      if (sign > 0) keep(first);
      for (const SlotId other : from.ids()) {
        if (other == one) continue;
        const Actions second = shifted(first, other, -1);
        keep(second);
        for (const SlotId third : IdRange(other, from.end_id())) {
          if (third != one && (third == other || few)) keep(shifted(second, third, -1));
        }
      }
    }
  }
  return found;
}

Ilp::Ilp(Environment& environment, const std::string& sensitivity, int episodes)
    : PlannedSearch(environment),
      sensitivity_(sensitivity),
      rank_by_(environment.rank_by()),
      gradient_(gradient_loss(sensitivity)),
      probed_(gradient_ ? std::vector<int>() : probed_actions(space(), episodes)) {}

void Ilp::plan(Trial& trial) {
  const double reference = trial.reference_accuracy_pct();
  std::map<Actions, Outcome> probes;
  const auto measure = [&](const Actions& actions) {
    const Outcome& outcome =
        probes.emplace(actions, trial.measure({actions, true, {}, 0})).first->second;
    return loss(*outcome.score, sensitivity_, reference);
  };
  trial.expect(probes_of(probe_policies(space(), probed_)));
  const Sensitivities sensitivities = gradient_ ? trial.gradient_sensitivities(*gradient_)
                                                : probe_sensitivities(space(), probed_, measure);
  climb(trial, sensitivities, probes, solve(trial, sensitivities));
}

Actions Ilp::solve(Trial& trial, const Sensitivities& sensitivities) const {
  const Actions top(space().slots().size(), kActions - 1);
  if (trial.cost(top) <= reward().threshold) return top;
  const Walled walled = lower_to_threshold(space(), top, WallOrder::kJoint, trial.limit());
  Actions best = walled.actions;
  Actions base = top;
  for (int pass = 0; pass < kPasses; ++pass) {
    const std::optional<Actions> found = solve_around(trial, sensitivities, base);
    if (found && predicted_loss(sensitivities, *found) < predicted_loss(sensitivities, best)) {
      best = *found;
    }
    if (base == best) break;
    base = best;
  }
  return best;
}

std::optional<Actions> Ilp::solve_around(Trial& trial, const Sensitivities& sensitivities,
                                         const Actions& base) const {
  const std::vector<WidthChoice> widths = width_choices(space());
  const LayerCosts costs(widths, trial.limit(), base);
  const double room = reward().threshold - costs.base_cost();
  std::vector<BitProgram::Layer> layers(widths.size());
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const WidthChoice& layer = widths[l];
    layers[l].shares = layer.shares;
    for (auto pair = layer.first_pair(); pair < kWidthPairs; pair += layer.pair_step()) {
      double loss = sensitivities[layer.weight][pair / kActions];
      // A map that several layers read loses once.
      if (layer.activation && !layer.shares) {
        loss += sensitivities[*layer.activation][pair % kActions];
      }
      layers[l].choices.push_back({loss, costs.change(l, pair), static_cast<int>(pair % kActions)});
    }
  }
  BitProgram program(layers);

  std::optional<Actions> best;
  double best_loss = 0.0;
  double limit = room;
  for (int round = 0; round < kRoundsPerPass; ++round) {
    const auto choices = program.solve(limit);
    if (!choices) break;
    // Every solution is new, so that the limits close in on the threshold from both sides.
    program.forbid(*choices);
    Actions actions = base;
    double predicted_cost = 0.0;
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const std::size_t choice = (*choices)[l];
      widths[l].set_pair(actions, widths[l].first_pair() + choice * widths[l].pair_step());
      predicted_cost += layers[l].choices[choice].cost;
    }
    const double added_cost = trial.cost(actions) - costs.base_cost();
    const double loss = predicted_loss(sensitivities, actions);
    // Nothing within this limit predicts less, and the limit is as good as the costs are known.
    if (best && loss >= best_loss) break;
    if (added_cost <= room) {
      best = actions;
      best_loss = loss;
    }
    limit = room - (added_cost - predicted_cost);
  }
  return best;
}

void Ilp::climb(Trial& trial, const Sensitivities& sensitivities,
                const std::map<Actions, Outcome>& probes, const Actions& from) const {
  struct Base {
    Actions actions;
    Outcome outcome;
    std::optional<std::vector<Actions>> next;  ///< its neighbours, the most promising one last
  };
  std::vector<Base> bases;  // best first
  std::set<Actions> tried = {from};
  const auto add = [&](const Actions& actions, const Outcome& outcome) {
    const auto place = std::find_if(bases.begin(), bases.end(), [&](const Base& base) {
      return better(*outcome.score, outcome.cost, *base.outcome.score, base.outcome.cost, rank_by_);
    });
    bases.insert(place, {actions, outcome, std::nullopt});
  };
  const auto measure = [&](const Actions& actions) {
    add(actions, trial.measure({actions, false, {}, 0}));
  };
  const auto neighbours_of = [&](const Base& base) {
    std::vector<std::pair<double, Actions>> order;
    for (const Actions& actions : neighbours(base.actions)) {
      order.emplace_back(predicted_loss(sensitivities, actions), actions);
    }
    std::sort(order.rbegin(), order.rend());
    std::vector<Actions> next;
    for (auto& [predicted, actions] : order) next.push_back(std::move(actions));
    return next;
  };
  /// Of the best policy that has one: an untried neighbour within the threshold.
  const auto untried = [&]() -> std::optional<Actions> {
    for (Base& base : bases) {
      if (!base.next) base.next = neighbours_of(base);
      while (!base.next->empty()) {
        const Actions actions = base.next->back();
        base.next->pop_back();
        if (!tried.insert(actions).second) continue;
        if (trial.cost(actions) <= reward().threshold) return actions;
      }
    }
    return std::nullopt;
  };

  for (const auto& [actions, outcome] : probes) {
    tried.insert(actions);
    if (outcome.feasible) add(actions, outcome);
  }
  if (probes.count(from) == 0) measure(from);
  while (const std::optional<Actions> actions = untried()) measure(*actions);
}

}  // namespace kirchhoff::agent
