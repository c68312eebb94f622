#include "agent/planning/layer_costs.h"

namespace kirchhoff::agent {

LayerCosts::LayerCosts(const CostLimit& limit, const Actions& base)
    : base_(base), base_cost_(limit.cost(base).cost), changes_(base.items().size() / 2) {
  for (std::size_t layer = 0; layer < changes_.size(); ++layer) {
    for (std::size_t pair = 0; pair < kWidthPairs; ++pair) {
      Actions actions = base;
      set_width_pair(actions, layer, pair);
      changes_[layer][pair] = limit.cost(actions).cost - base_cost_;
    }
  }
}

double LayerCosts::predicted(const Actions& actions) const {
  double cost = base_cost_;
  for (std::size_t layer = 0; layer < changes_.size(); ++layer) {
    cost += changes_[layer][width_pair(actions, layer)];
  }
  return cost;
}

}  // namespace kirchhoff::agent
