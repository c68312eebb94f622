#pragma once

#include <vector>

#include "agent/planning/sensitivity.h"
#include "agent/policy_space.h"

namespace kirchhoff::agent {

/// What is believed of the losses of policies while some are measured. The loss of a policy is
/// taken to be a sum over the slots, times a factor that all policies share, plus an error of a
/// tenth; the terms are normally distributed around a law, neighbouring widths of a slot together,
/// and every measurement conditions them (a Kalman filter of a constant state).
class LossBelief {
 public:
  /// Around the law through these losses (probe_sensitivities), which may be wrong by a half.
  explicit LossBelief(const Sensitivities& law);

  /// The loss of a policy was measured.
  void learn(const Actions& actions, double loss);

  struct Loss {
    double mean = 0.0;
    double deviation = 0.0;  ///< of what is believed, without the error of the sum
  };
  Loss loss(const Actions& actions) const;
  /// The means, never less with fewer bits.
  Sensitivities means() const;

 private:
  /// Numbers that the loss of a policy is the weighted sum of, with their weights.
  struct Term {
    std::size_t index;
    double weight;
  };
  static std::size_t place(SlotId slot, std::size_t action);
  std::vector<Term> terms(const Actions& actions) const;
  double& covariance(std::size_t one, std::size_t other) {
    return covariance_[one * mean_.size() + other];
  }
  double covariance(std::size_t one, std::size_t other) const {
    return covariance_[one * mean_.size() + other];
  }

  const Sensitivities law_;
  std::vector<double> mean_;  ///< by slot and action below the last; then the shared factor less 1
  std::vector<double> covariance_;
};

}  // namespace kirchhoff::agent
