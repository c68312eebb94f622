#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "agent/planning/layer_costs.h"
#include "agent/planning/sensitivity.h"

namespace kirchhoff::agent {

/// What the bits that a cost limit allows are worth when losses are sums over the slots and costs
/// are sums over the layers: a knapsack, solved by dynamic programming over the layers from the
/// last to the first.
class BitBudget {
 public:
  /// `limit`: of the cost that `costs` predict. Keeps no references.
  BitBudget(const Sensitivities& losses, const LayerCosts& costs, double limit);

  /// Some policy is within the limit.
  bool feasible() const { return room_ >= 0.0; }
  /// The least loss of the policies within the limit that begin with these actions; infinite where
  /// there is none. At most one bin of the limit's room per layer (1/4096) too optimistic.
  double least_loss(const Actions& taken) const;
  /// Calls `visit` for the policies within the limit, those with less loss first, until it returns
  /// false or there are no more.
  void each(const std::function<bool(const Actions& actions, double loss)>& visit) const;

 private:
  struct Pair {
    double loss = 0.0;
    double cost = 0.0;  ///< above the layer's cheapest pair
  };
  /// From `layer` on, with that much of the room left.
  double rest(std::size_t layer, double room) const;

  std::vector<std::vector<Pair>> pairs_;    ///< by layer and pair of widths
  std::vector<std::vector<double>> least_;  ///< loss from a layer on, by bins of room
  double room_ = 0.0;                       ///< above the cheapest policy
};

}  // namespace kirchhoff::agent
