#include "agent/planning/loss_belief.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace kirchhoff::agent {
namespace {

/// 8 bits lose nothing by definition.
constexpr std::size_t kUncertain = kActions - 1;
/// Deviations, relative to the law; and how alike neighbouring widths are.
constexpr double kOfTheLaw = 0.5, kOfTheFactor = 0.3, kOfASum = 0.1;
constexpr double kOfNeighbours = 0.6;
/// Of a loss that is next to nothing: a measured one is never quite exact.
constexpr double kLeastDeviation = 1e-6;

}  // namespace

LossBelief::LossBelief(const Sensitivities& law)
    : law_(law), mean_(place(law.end_id(), 0) + 1, 0.0), covariance_(mean_.size() * mean_.size()) {
  for (const SlotId slot : law.ids()) {
    const std::size_t first = place(slot, 0);
    for (std::size_t a = 0; a < kUncertain; ++a) {
      mean_[first + a] = law[slot][a];
      double alike = kOfTheLaw * kOfTheLaw;
      for (std::size_t b = a; b < kUncertain; ++b, alike *= kOfNeighbours) {
        covariance(first + a, first + b) = covariance(first + b, first + a) =
            alike * law[slot][a] * law[slot][b];
      }
    }
  }
  covariance(mean_.size() - 1, mean_.size() - 1) = kOfTheFactor * kOfTheFactor;
}

/// In mean_.
std::size_t LossBelief::place(SlotId slot, std::size_t action) {
  return static_cast<std::size_t>(slot) * kUncertain + action;
}

std::vector<LossBelief::Term> LossBelief::terms(const Actions& actions) const {
  std::vector<Term> terms;
  for (const SlotId slot : actions.ids()) {
    const auto action = static_cast<std::size_t>(actions[slot]);
    if (action < kUncertain) terms.push_back({place(slot, action), 1.0});
  }
  terms.push_back({mean_.size() - 1, predicted_loss(law_, actions)});
  return terms;
}

LossBelief::Loss LossBelief::loss(const Actions& actions) const {
  const std::vector<Term> all = terms(actions);
  Loss loss;
  double variance = 0.0;
  for (const Term& one : all) {
    loss.mean += one.weight * mean_[one.index];
    for (const Term& other : all) {
      variance += one.weight * other.weight * covariance(one.index, other.index);
    }
  }
  loss.deviation = std::sqrt(std::max(0.0, variance));
  return loss;
}

void LossBelief::learn(const Actions& actions, double measured) {
  const std::vector<Term> all = terms(actions);
  const Loss before = loss(actions);
  const double error = kOfASum * std::max(before.mean, measured) + kLeastDeviation;
  const double variance = before.deviation * before.deviation + error * error;
  std::vector<double> gain(mean_.size(), 0.0);
  for (std::size_t i = 0; i < mean_.size(); ++i) {
    for (const Term& term : all) gain[i] += term.weight * covariance(i, term.index);
  }
  for (std::size_t i = 0; i < mean_.size(); ++i) {
    mean_[i] += gain[i] / variance * (measured - before.mean);
    for (std::size_t j = 0; j < mean_.size(); ++j) covariance(i, j) -= gain[i] * gain[j] / variance;
  }
}

Sensitivities LossBelief::means() const {
  Sensitivities means(law_.size());
  const double factor = std::max(0.0, 1.0 + mean_.back());
  for (const SlotId slot : law_.ids()) {
    double least = 0.0;
    means[slot].fill(0.0);
    for (std::size_t a = kUncertain; a-- > 0;) {
      least = std::max(least, mean_[place(slot, a)] + (factor - 1.0) * law_[slot][a]);
      means[slot][a] = least;
    }
  }
  return means;
}

}  // namespace kirchhoff::agent
