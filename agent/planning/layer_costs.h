#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "agent/cost_limit.h"
#include "agent/policy_space.h"

namespace kirchhoff::agent {

/// Weight bits and activation bits of one layer: index = weight action * kActions + activation
/// action.
inline constexpr std::size_t kWidthPairs = std::size_t{kActions} * kActions;

/// Of the l-th free layer.
inline std::size_t width_pair(const Actions& actions, std::size_t layer) {
  return static_cast<std::size_t>(actions[weight_slot(layer)] * kActions +
                                  actions[activation_slot(layer)]);
}
inline void set_width_pair(Actions& actions, std::size_t layer, std::size_t pair) {
  actions[weight_slot(layer)] = static_cast<int>(pair) / kActions;
  actions[activation_slot(layer)] = static_cast<int>(pair) % kActions;
}

/// Costs as sums over the layers. On the chip they are not quite that, so the sums are those of
/// differences from one policy: exact where a single layer differs from it.
class LayerCosts {
 public:
  /// Asks for the cost of every pair of widths of every free layer, with the others as in `base`.
  LayerCosts(const CostLimit& limit, const Actions& base);

  std::size_t layers() const { return changes_.size(); }
  const Actions& base() const { return base_; }
  double base_cost() const { return base_cost_; }
  /// By how much that pair in that layer changes the cost of the base.
  double change(std::size_t layer, std::size_t pair) const { return changes_[layer][pair]; }
  double predicted(const Actions& actions) const;

 private:
  Actions base_;
  double base_cost_;
  std::vector<std::array<double, kWidthPairs>> changes_;
};

}  // namespace kirchhoff::agent
