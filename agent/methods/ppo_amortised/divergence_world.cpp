#include "agent/methods/ppo_amortised/divergence_world.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <utility>

#include "base/portable_math.h"

namespace kirchhoff::agent {
namespace {

/// Relative deviations of the law: of a slot's width, of all policies, of a policy alone.
constexpr double kOfAWidth = 1.0, kOfAll = 0.2, kOfAPolicy = 0.09;
/// Relative error that nothing explains.
constexpr double kUnexplained = 0.03;
/// How alike widths of a slot are that lie a bit apart, and policies that differ in one slot.
constexpr double kNextWidth = 0.2, kNextPolicy = 0.93;
/// No mean is less than this part of the law.
constexpr double kLeastMean = 0.05;

}  // namespace

DivergenceWorld::Widths DivergenceWorld::widths_of(const Actions& actions) {
  return {actions.begin(), actions.end()};
}

DivergenceWorld::DivergenceWorld(const Sensitivities& law) : law_(law), slot_errors_(law.size()) {
  for (double alike = 1.0; likeness_.size() <= static_cast<std::size_t>(law.size());
       alike *= kNextPolicy) {
    likeness_.push_back(alike);
  }
  for (double alike = 1.0; nearness_.size() < kActions; alike *= kNextWidth)
    nearness_.push_back(alike);
  for (auto& slot : slot_errors_) slot.fill(0.0);
}

DivergenceWorld::Policy DivergenceWorld::policy_of(const Actions& actions) const {
  Policy policy{
      widths_of(actions), 0.0, std::max(predicted_loss(law_, actions), kLeastDivergence), {}};
  for (const SlotId slot : actions.ids()) {
    policy.weights.push_back(law_[slot][static_cast<std::size_t>(actions[slot])] /
                             policy.predicted);
  }
  return policy;
}

double DivergenceWorld::of_likeness(const Widths& one, const Widths& other) const {
  const std::uint8_t* const left = one.data();
  const std::uint8_t* const right = other.data();
  const std::size_t slots = one.size();
  unsigned differ = 0;
  for (std::size_t s = 0; s < slots; ++s) differ += left[s] != right[s] ? 1 : 0;
  return likeness_[static_cast<std::size_t>(differ)];
}

double DivergenceWorld::kernel(const Policy& one, const Policy& other) const {
  double of_widths = 0.0;
  for (std::size_t s = 0; s < one.weights.size(); ++s) {
    const int bits = std::abs(one.widths[s] - other.widths[s]);
    of_widths += one.weights[s] * other.weights[s] * nearness_[static_cast<std::size_t>(bits)];
  }
  return kOfAWidth * kOfAWidth * of_widths + kOfAll * kOfAll +
         kOfAPolicy * kOfAPolicy * of_likeness(one.widths, other.widths);
}

void DivergenceWorld::learn(const Actions& actions, double divergence) {
  Policy policy = policy_of(actions);
  policy.divergence = divergence;
  policies_.push_back(std::move(policy));
  if (policies_.size() > kMostPolicies) {
    keep_the_least_divergent();
  } else {
    factorise_last();
  }
  solve();
}

void DivergenceWorld::keep_the_least_divergent() {
  std::vector<Policy> all = std::move(policies_);
  std::stable_sort(all.begin(), all.end(), [](const Policy& one, const Policy& other) {
    return one.divergence < other.divergence;
  });
  all.resize(kMostPolicies / 2);
  policies_.clear();
  factor_.clear();
  half_.clear();
  for (Policy& policy : all) {
    policies_.push_back(std::move(policy));
    factorise_last();
  }
}

void DivergenceWorld::factorise_last() {
  const std::size_t last = policies_.size() - 1;
  const Policy& policy = policies_[last];
  const double floor = kLeastDivergence / policy.predicted;
  double rest = kernel(policy, policy) + kUnexplained * kUnexplained + floor * floor;
  double half = policy.divergence / policy.predicted - 1.0;
  factor_.resize(row(last + 1));
  double* const its = factor_.data() + row(last);
  for (std::size_t i = 0; i < last; ++i) {
    const double* const other = factor_.data() + row(i);
    double value = kernel(policy, policies_[i]);
    for (std::size_t j = 0; j < i; ++j) value -= its[j] * other[j];
    its[i] = value / other[i];
    rest -= its[i] * its[i];
    half -= its[i] * half_[i];
  }
  its[last] = std::sqrt(std::max(rest, 1e-12));
  half_.push_back(half / its[last]);
}

void DivergenceWorld::solve() {
  const std::size_t count = policies_.size();
  coefficients_ = half_;
  for (std::size_t i = count; i-- > 0;) {
    const double* const its = factor_.data() + row(i);
    coefficients_[i] /= its[i];
    for (std::size_t j = 0; j < i; ++j) coefficients_[j] -= its[j] * coefficients_[i];
  }
  coefficient_sum_ = std::accumulate(coefficients_.begin(), coefficients_.end(), 0.0);
  for (const SlotId slot : law_.ids()) {
    slot_errors_[slot].fill(0.0);
    for (std::size_t i = 0; i < count; ++i) {
      const double part = kOfAWidth * kOfAWidth * coefficients_[i] *
                          policies_[i].weights[static_cast<std::size_t>(slot)];
      const int action = policies_[i].widths[static_cast<std::size_t>(slot)];
      for (int a = 0; a < kActions; ++a) {
        slot_errors_[slot][static_cast<std::size_t>(a)] +=
            part * nearness_[static_cast<std::size_t>(std::abs(a - action))];
      }
    }
  }
}

double DivergenceWorld::mean(const Actions& actions) const {
  double predicted = 0.0, mean = 0.0;
  for (const SlotId slot : actions.ids()) {
    const auto action = static_cast<std::size_t>(actions[slot]);
    const double loss = law_[slot][action];
    predicted += loss;
    mean += loss * slot_errors_[slot][action];
  }
  double alike = 0.0;
  const Widths widths = widths_of(actions);
  for (std::size_t i = 0; i < policies_.size(); ++i) {
    alike += coefficients_[i] * of_likeness(widths, policies_[i].widths);
  }
  mean += predicted * (1.0 + kOfAll * kOfAll * coefficient_sum_ + kOfAPolicy * kOfAPolicy * alike);
  return std::max({mean, kLeastMean * predicted, kLeastDivergence});
}

double DivergenceWorld::deviation(const Actions& actions) const {
  const Policy policy = policy_of(actions);
  double rest = kernel(policy, policy);
  std::vector<double> its(policies_.size());
  for (std::size_t i = 0; i < policies_.size(); ++i) {
    const double* const other = factor_.data() + row(i);
    double value = kernel(policy, policies_[i]);
    for (std::size_t j = 0; j < i; ++j) value -= its[j] * other[j];
    its[i] = value / other[i];
    rest -= its[i] * its[i];
  }
  return policy.predicted * std::sqrt(std::max(rest, 0.0));
}

double DivergenceWorld::hope(const Actions& actions, double deviations) const {
  return std::max(mean(actions) - deviations * deviation(actions), kLeastDivergence);
}

Sensitivities DivergenceWorld::sums() const {
  Sensitivities sums(law_.size());
  const double shared = 1.0 + kOfAll * kOfAll * coefficient_sum_;
  for (const SlotId slot : law_.ids()) {
    double least = 0.0;
    for (std::size_t a = kActions; a-- > 0;) {
      const double factor = std::max(kLeastMean, shared + slot_errors_[slot][a]);
      least = std::max(least, factor * law_[slot][a]);
      sums[slot][a] = least;
    }
  }
  return sums;
}

}  // namespace kirchhoff::agent
