#include "agent/planning/layer_costs.h"

#include <utility>

namespace kirchhoff::agent {

LayerCosts::LayerCosts(std::vector<WidthChoice> choices, const CostLimit& limit,
                       const Actions& base)
    : choices_(std::move(choices)),
      base_(base),
      base_cost_(limit.cost(base)),
      changes_(choices_.size()) {
  for (std::size_t layer = 0; layer < choices_.size(); ++layer) {
    const WidthChoice& choice = choices_[layer];
    for (auto pair = choice.first_pair(); pair < kWidthPairs; pair += choice.pair_step()) {
      Actions actions = base;
      choice.set_pair(actions, pair);
      double without = base_cost_;
      if (choice.shares) {
        Actions map_only = actions;
        map_only[choice.weight] = base[choice.weight];
        without = limit.cost(map_only);
      }
      changes_[layer][pair] = limit.cost(actions) - without;
    }
  }
}

double LayerCosts::predicted(const Actions& actions) const {
  double cost = base_cost_;
  for (std::size_t layer = 0; layer < changes_.size(); ++layer) {
    cost += changes_[layer][choices_[layer].pair(actions)];
  }
  return cost;
}

}  // namespace kirchhoff::agent
