#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "agent/cost_limit.h"
#include "agent/planning/width_choices.h"

namespace kirchhoff::agent {

/// Costs as sums over the layers. On the chip they are not quite that, so the sums are those of
/// differences from one policy: exact where a single layer differs from it, or besides the map that
/// it reads a single one of those that read it.
class LayerCosts {
 public:
  /// Asks for the cost of every pair of widths of every free layer, with the others as in `base`.
  LayerCosts(std::vector<WidthChoice> choices, const CostLimit& limit, const Actions& base);

  /// Of the layers, in the order of the sums.
  const std::vector<WidthChoice>& choices() const { return choices_; }
  const Actions& base() const { return base_; }
  double base_cost() const { return base_cost_; }
  /// By how much that pair in that layer changes the cost of the base; of a layer that shares its
  /// map with the one before, by how much its weights do where the map has that width already.
  double change(std::size_t layer, std::size_t pair) const { return changes_[layer][pair]; }
  double predicted(const Actions& actions) const;

 private:
  std::vector<WidthChoice> choices_;
  Actions base_;
  double base_cost_;
  std::vector<std::array<double, kWidthPairs>> changes_;
};

}  // namespace kirchhoff::agent
