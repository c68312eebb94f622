#include "agent/methods/adaptive/adaptive.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "agent/planning/bit_budget.h"
#include "agent/planning/slot_probes.h"
#include "agent/planning/solution_costs.h"

namespace kirchhoff::agent {
namespace {

/// By how many deviations a policy may do better than predicted.
constexpr double kHope = 2.0;
/// Solutions of the knapsack that are looked at, and of them simulated, before each measurement.
constexpr std::size_t kSolutions = 400, kSimulated = 40;

}  // namespace

Adaptive::Adaptive(Environment& environment, std::optional<quant::GradientLoss> gradient)
    : PlannedSearch(environment), gradient_(gradient) {}

std::optional<Actions> Adaptive::most_promising(Trial& trial, const LossBelief& belief,
                                                const LayerCosts& costs,
                                                const std::map<Actions, double>& measured,
                                                double incumbent) const {
  for (const double within : predicted_limits(reward().threshold, costs.choices().size())) {
    std::vector<std::pair<double, Actions>> hopes;
    std::size_t looked_at = 0;
    BitBudget(belief.means(), costs, within).each([&](const Actions& actions, double) {
      if (measured.count(actions) == 0) {
        const LossBelief::Loss loss = belief.loss(actions);
        hopes.emplace_back(loss.mean - kHope * loss.deviation, actions);
      }
      return ++looked_at < kSolutions;
    });
    std::sort(hopes.begin(), hopes.end());
    std::size_t simulated = 0;
    for (const auto& [hope, actions] : hopes) {
      if (hope >= incumbent || simulated++ == kSimulated) break;
      if (trial.cost(actions) <= reward().threshold) return actions;
    }
  }
  return std::nullopt;
}

Sensitivities Adaptive::probed_law(Trial& trial, const Measure& measure) const {
  SlotProbes probes(space());
  trial.expect(probes_of(probes.upcoming()));
  while (const std::optional<Actions> probe = probes.next()) probes.learn(measure(*probe, true));
  return probes.law();
}

Sensitivities Adaptive::scaled_gradients(Trial& trial, const Measure& measure) const {
  Sensitivities law = trial.gradient_sensitivities(*gradient_);
  const LayerCosts solution = costs_around_solution(space(), trial.limit(), law);
  const double predicted = predicted_loss(law, solution.base());
  const double factor = measure(solution.base(), false) / predicted;
  if (!std::isfinite(factor) || factor <= 0.0) return law;
  for (auto& slot : law) {
    for (double& loss : slot) loss *= factor;
  }
  return law;
}

void Adaptive::plan(Trial& trial) {
  std::map<Actions, double> measured;
  double incumbent = std::numeric_limits<double>::infinity();
  Actions best;
  const auto measure = [&](const Actions& actions, bool probe) {
    const Outcome outcome = trial.measure({actions, probe, {}, 0});
    const double loss = outcome.score->divergence;
    measured[actions] = loss;
    if (outcome.feasible && loss < incumbent) {
      incumbent = loss;
      best = actions;
    }
    return loss;
  };

  const Actions top(space().slots().size(), kActions - 1);
  if (trial.cost(top) <= reward().threshold) {
    measure(top, false);
    return;
  }
  LossBelief belief(gradient_ ? scaled_gradients(trial, measure) : probed_law(trial, measure));
  for (const auto& [actions, loss] : measured) belief.learn(actions, loss);

  LayerCosts costs = costs_around_solution(space(), trial.limit(), belief.means());
  if (measured.count(costs.base()) == 0) belief.learn(costs.base(), measure(costs.base(), false));
  for (;;) {
    const std::optional<Actions> next = most_promising(trial, belief, costs, measured, incumbent);
    if (next) {
      belief.learn(*next, measure(*next, false));
    } else if (best != costs.base()) {
      costs = LayerCosts(width_choices(space()), trial.limit(), best);
    } else {
      return;
    }
  }
}

}  // namespace kirchhoff::agent
