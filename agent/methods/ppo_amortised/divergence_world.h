#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "agent/planning/sensitivity.h"
#include "agent/policy_space.h"

namespace kirchhoff::agent {

/// The divergences of all policies as a search imagines them from those that it has measured: a
/// Gaussian process. A policy's divergence is the sum of what its slots lose by a law, with three
/// relative errors: of every slot at every width, of all policies together, and of each policy
/// alone, which policies share the more the fewer slots they differ in (what slots do to each
/// other). Its mean and deviation are in closed form.
class DivergenceWorld {
 public:
  /// Policies whose errors are known at most; beyond, the least divergent ones are kept.
  static constexpr std::size_t kMostPolicies = 600;

  /// Around what slots are said to lose alone, in nats.
  explicit DivergenceWorld(const Sensitivities& law);

  /// The divergence of a policy was measured, in nats.
  void learn(const Actions& actions, double divergence);

  double mean(const Actions& actions) const;
  /// Of what is believed; next to nothing where the policy was measured.
  double deviation(const Actions& actions) const;
  /// What a policy may diverge by with some luck: the mean less so many deviations, above 0.
  double hope(const Actions& actions, double deviations) const;
  /// What slots lose as far as it adds up, never less with fewer bits.
  Sensitivities sums() const;

 private:
  using Widths = std::vector<std::uint8_t>;  ///< actions, packed
  struct Policy {
    Widths widths;
    double divergence = 0.0;
    double predicted = 0.0;       ///< by the law
    std::vector<double> weights;  ///< what each slot has of that
  };
  Policy policy_of(const Actions& actions) const;
  double kernel(const Policy& one, const Policy& other) const;
  static Widths widths_of(const Actions& actions);
  double of_likeness(const Widths& one, const Widths& other) const;
  void keep_the_least_divergent();
  /// Adds the last policy to the factor.
  void factorise_last();
  /// Coefficients and tables of the mean.
  void solve();
  std::size_t row(std::size_t policy) const { return policy * (policy + 1) / 2; }

  Sensitivities law_;
  std::vector<double> likeness_;  ///< by the number of slots that differ
  std::vector<double> nearness_;  ///< by the bits between two widths
  std::vector<Policy> policies_;
  std::vector<double> factor_;  ///< of the covariance, lower triangle row by row
  std::vector<double> half_;    ///< factor^-1 * errors
  std::vector<double> coefficients_;
  double coefficient_sum_ = 0.0;
  Sensitivities slot_errors_;  ///< relative to the law
};

}  // namespace kirchhoff::agent
