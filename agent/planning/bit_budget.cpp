#include "agent/planning/bit_budget.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>

namespace kirchhoff::agent {
namespace {

constexpr std::size_t kBins = 4096;
constexpr double kNone = std::numeric_limits<double>::infinity();
/// Rounding of the sums of costs is no excess.
constexpr double kTolerance = 1e-12;

}  // namespace

BitBudget::BitBudget(const Sensitivities& losses, const LayerCosts& costs, double limit)
    : room_(limit - costs.base_cost() + kTolerance) {
  for (std::size_t layer = 0; layer < costs.layers(); ++layer) {
    double least = kNone;
    for (std::size_t pair = 0; pair < kWidthPairs; ++pair) {
      least = std::min(least, costs.change(layer, pair));
    }
    std::vector<Pair>& pairs = pairs_.emplace_back();
    for (std::size_t pair = 0; pair < kWidthPairs; ++pair) {
      pairs.push_back({losses[weight_slot(layer)][pair / kActions] +
                           losses[activation_slot(layer)][pair % kActions],
                       costs.change(layer, pair) - least});
    }
    room_ -= least;
  }
  least_.assign(pairs_.size() + 1, std::vector<double>(kBins + 1, 0.0));
  if (!feasible()) return;
  for (std::size_t layer = pairs_.size(); layer-- > 0;) {
    for (std::size_t bin = 0; bin <= kBins; ++bin) {
      // The most room that rounds down to this bin, so that the bound is never above the truth.
      const double room = room_ * static_cast<double>(bin + 1) / kBins;
      double& least = least_[layer][bin];
      least = kNone;
      for (const Pair& pair : pairs_[layer]) {
        if (pair.cost > room) continue;
        least = std::min(least, pair.loss + rest(layer + 1, room - pair.cost));
      }
    }
  }
}

double BitBudget::rest(std::size_t layer, double room) const {
  if (layer == pairs_.size()) return 0.0;
  if (room_ <= 0.0) return least_[layer][0];
  const auto bin = static_cast<std::size_t>(room / room_ * kBins);
  return least_[layer][std::min(bin, kBins)];
}

double BitBudget::least_loss(const Actions& taken) const {
  if (!feasible()) return kNone;
  double loss = 0.0, room = room_;
  const std::size_t whole = taken.items().size() / 2;
  for (std::size_t layer = 0; layer < whole; ++layer) {
    const Pair& pair = pairs_[layer][width_pair(taken, layer)];
    loss += pair.loss;
    room -= pair.cost;
  }
  if (room < 0.0) return kNone;
  if (taken.size() % 2 == 0) return loss + rest(whole, room);
  double least = kNone;
  const auto first = static_cast<std::size_t>(taken.back()) * kActions;
  for (std::size_t activation = 0; activation < kActions; ++activation) {
    const Pair& pair = pairs_[whole][first + activation];
    if (pair.cost <= room) least = std::min(least, pair.loss + rest(whole + 1, room - pair.cost));
  }
  return loss + least;
}

void BitBudget::each(const std::function<bool(const Actions& actions, double loss)>& visit) const {
  if (!feasible()) return;
  // Best first with a bound that is never above the truth.
  struct Node {
    double bound, loss, room;
    std::vector<std::size_t> pairs;
    bool operator<(const Node& other) const {
      return bound != other.bound ? bound > other.bound : pairs > other.pairs;
    }
  };
  std::priority_queue<Node> open;
  open.push({rest(0, room_), 0.0, room_, {}});
  while (!open.empty()) {
    const Node node = open.top();
    open.pop();
    const std::size_t layer = node.pairs.size();
    if (layer == pairs_.size()) {
      Actions actions(static_cast<int>(2 * layer));
      for (std::size_t l = 0; l < layer; ++l) set_width_pair(actions, l, node.pairs[l]);
      if (!visit(actions, node.loss)) return;
      continue;
    }
    for (std::size_t pair = 0; pair < kWidthPairs; ++pair) {
      const Pair& choice = pairs_[layer][pair];
      const double room = node.room - choice.cost;
      if (room < 0.0) continue;
      const double loss = node.loss + choice.loss;
      Node next{loss + rest(layer + 1, room), loss, room, node.pairs};
      next.pairs.push_back(pair);
      open.push(std::move(next));
    }
  }
}

}  // namespace kirchhoff::agent
