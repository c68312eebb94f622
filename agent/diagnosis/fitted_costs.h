#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "agent/diagnosis/tried_policy.h"

namespace kirchhoff::agent {

/// How far costs are from a sum over the layers.
struct CostResidual {
  std::size_t policies = 0;         ///< whose cost was predicted from the others'
  double rms = 0.0, largest = 0.0;  ///< of predicted less simulated cost ratio
};

/// A table of what every layer adds at every pair of widths to the cost of W8A8, fitted by least
/// squares to the costs of policies: the table that the integer program of `ilp` and a file of
/// `kirchhoff cost-table` suppose. It holds the pairs that are among the policies.
class FittedCosts {
 public:
  /// Different policies of the space.
  FittedCosts(const PolicySpace& space, const std::vector<TriedPolicy>& policies);

  /// Of those of the policies that `wanted` picks: each one's cost beside what the table would say
  /// that is fitted to all the others (the residual over 1 - h, h being the policy's leverage). A
  /// fit with as many entries as policies is exact and says nothing; so policies count that the
  /// others say more about than they themselves, h <= 0.5. Empty when there is none.
  template <typename Wanted>
  std::optional<CostResidual> residual(const Wanted& wanted) const {
    std::vector<std::size_t> picked;
    for (std::size_t i = 0; i < policies_.size(); ++i) {
      if (wanted(policies_[i])) picked.push_back(i);
    }
    return residual_of(picked);
  }

 private:
  /// Layer and its pair of widths.
  using Pair = std::pair<std::size_t, std::size_t>;
  std::optional<CostResidual> residual_of(const std::vector<std::size_t>& picked) const;
  void fit();

  const std::vector<TriedPolicy>& policies_;
  std::map<Pair, std::size_t> columns_;
  std::vector<std::vector<std::size_t>> rows_;  ///< the columns that a policy's cost is the sum of
  std::vector<double> inverse_;                 ///< of the normal equations, column after column
  std::vector<double> costs_;                   ///< by column
};

}  // namespace kirchhoff::agent
