#include "agent/planning/bit_budget.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>
#include <tuple>
#include <utility>

namespace kirchhoff::agent {
namespace {

constexpr std::size_t kBins = 4096;
constexpr double kNone = std::numeric_limits<double>::infinity();
/// Rounding of the sums of costs is no excess.
constexpr double kTolerance = 1e-12;
/// By how much of what the rest loses a beginning is held back where there are many layers: more
/// than bins are wrong by, so that the search goes on with what it has begun.
constexpr double kHeldBack = 0.02;

}  // namespace

BitBudget::BitBudget(const Sensitivities& losses, const LayerCosts& costs, double limit)
    : choices_(costs.choices()),
      slots_(losses.size()),
      room_(limit - costs.base_cost() + kTolerance) {
  for (std::size_t layer = 0; layer < choices_.size(); ++layer) {
    const WidthChoice& choice = choices_[layer];
    double least = kNone;
    for (auto pair = choice.first_pair(); pair < kWidthPairs; pair += choice.pair_step()) {
      least = std::min(least, costs.change(layer, pair));
    }
    std::vector<Pair>& pairs = pairs_.emplace_back();
    for (std::size_t pair = 0; pair < kWidthPairs; ++pair) {
      double loss = losses[choice.weight][pair / kActions];
      // A map that several layers read loses once.
      if (choice.activation && !choice.shares) {
        loss += losses[*choice.activation][pair % kActions];
      }
      pairs.push_back({loss, costs.change(layer, pair) - least});
    }
    room_ -= least;
    least_.emplace_back(choice.shares ? kActions : 1, std::vector<double>(kBins + 1, 0.0));
  }
  if (!feasible()) return;
  for (std::size_t layer = pairs_.size(); layer-- > 0;) {
    const WidthChoice& choice = choices_[layer];
    for (std::size_t width = 0; width < least_[layer].size(); ++width) {
      for (std::size_t bin = 0; bin <= kBins; ++bin) {
        // The most room that rounds down to this bin, so that the bound is never above the truth.
        const double room = room_ * static_cast<double>(bin + 1) / kBins;
        double& least = least_[layer][width][bin];
        least = kNone;
        for (auto p = choice.first_pair(width); p < kWidthPairs; p += choice.pair_step_behind()) {
          const Pair& pair = pairs_[layer][p];
          if (pair.cost > room) continue;
          least = std::min(least, pair.loss + rest(layer + 1, p, room - pair.cost));
        }
      }
    }
  }
}

double BitBudget::rest(std::size_t layer, std::size_t before, double room) const {
  if (layer == pairs_.size()) return 0.0;
  const std::vector<double>& least = least_[layer][choices_[layer].shares ? before % kActions : 0];
  if (room_ <= 0.0) return least[0];
  const auto bin = static_cast<std::size_t>(room / room_ * kBins);
  return least[std::min(bin, kBins)];
}

double BitBudget::loss_of_decided(const Actions& taken, std::size_t layers, double& room) const {
  double loss = 0.0;
  for (std::size_t layer = 0; layer < layers; ++layer) {
    const WidthChoice& choice = choices_[layer];
    if (!taken.has(choice.weight)) continue;
    if (choice.activation && !taken.has(*choice.activation)) continue;
    const Pair& pair = pairs_[layer][choice.pair(taken)];
    loss += pair.loss;
    room -= pair.cost;
  }
  return loss;
}

std::vector<BitBudget::Beginning> BitBudget::open_choices(const Actions& taken, std::size_t layers,
                                                          double room) const {
  std::vector<Beginning> open = {{room, 0.0, 0}};
  for (std::size_t layer = 0; layer < layers; ++layer) {
    const WidthChoice& choice = choices_[layer];
    const bool weight = taken.has(choice.weight);
    const bool activation = !choice.activation || taken.has(*choice.activation);
    if (weight && activation) {
      for (Beginning& beginning : open) beginning.pair = choice.pair(taken);
      continue;
    }
    std::vector<Beginning> next;
    for (const Beginning& beginning : open) {
      for (auto p = choice.first_pair(beginning.pair); p < kWidthPairs;
           p += choice.pair_step_behind()) {
        if (weight && p / kActions != static_cast<std::size_t>(taken[choice.weight])) continue;
        const Pair& pair = pairs_[layer][p];
        if (pair.cost > beginning.room) continue;
        next.push_back({beginning.room - pair.cost, beginning.loss + pair.loss, p});
      }
    }
    // Of those that the next choice does not tell apart only what no other beats is of interest.
    const bool apart = layer + 1 < choices_.size() && choices_[layer + 1].shares;
    if (!apart) {
      for (Beginning& beginning : next) beginning.pair = 0;
    }
    std::sort(next.begin(), next.end(), [](const Beginning& a, const Beginning& b) {
      return std::tuple(a.pair % kActions, b.room, a.loss) <
             std::tuple(b.pair % kActions, a.room, b.loss);
    });
    open.clear();
    for (const Beginning& beginning : next) {
      const bool same_width =
          !open.empty() && open.back().pair % kActions == beginning.pair % kActions;
      if (!same_width || beginning.loss < open.back().loss) open.push_back(beginning);
    }
  }
  return open;
}

std::size_t BitBudget::touched(const Actions& taken) const {
  std::size_t layers = 0;
  while (layers < choices_.size() &&
         (choices_[layers].shares || taken.has(choices_[layers].weight))) {
    ++layers;
  }
  return layers;
}

double BitBudget::room_left(const Actions& taken) const {
  if (room_ <= 0.0) return 0.0;
  double room = room_;
  loss_of_decided(taken, touched(taken), room);
  return room / room_;
}

Actions BitBudget::solution() const {
  Actions taken;
  while (taken.size() < slots_) {
    Actions best;
    double least = kNone;
    for (int action = 0; action < kActions; ++action) {
      Actions next = taken;
      next.push_back(action);
      const double loss = least_loss(next);
      if (!best.empty() && loss >= least) continue;
      best = std::move(next);
      least = loss;
    }
    taken = std::move(best);
  }
  return taken;
}

double BitBudget::least_loss(const Actions& taken) const {
  if (!feasible()) return kNone;
  const std::size_t layers = touched(taken);
  double room = room_;
  const double loss = loss_of_decided(taken, layers, room);
  if (room < 0.0) return kNone;
  double least = kNone;
  for (const Beginning& beginning : open_choices(taken, layers, room)) {
    least = std::min(least, beginning.loss + rest(layers, beginning.pair, beginning.room));
  }
  return loss + least;
}

void BitBudget::each(const std::function<bool(const Actions& actions, double loss)>& visit) const {
  if (!feasible()) return;
  // Best first; of few layers with a bound that is never above the truth.
  const double factor = choices_.size() > kFewLayers ? 1.0 + kHeldBack : 1.0;
  std::priority_queue<Node> open;
  std::set<Pairs> visited;
  open.push({rest(0, 0, room_), 0.0, room_, {}});
  while (!open.empty()) {
    const Node node = open.top();
    open.pop();
    const std::size_t layer = node.pairs.size();
    if (layer == pairs_.size()) {
      if (!visit(actions_of(node), node.loss)) return;
      visited.insert(node.pairs);
      continue;
    }
    for_each_next(node, factor, [&](Node&& next) { open.push(std::move(next)); });
    if (open.size() > kMostOpen) {
      open = {};
      return each_of_beam(visited, visit);
    }
  }
}

void BitBudget::each_of_beam(
    const std::set<Pairs>& visited,
    const std::function<bool(const Actions& actions, double loss)>& visit) const {
  const auto better = [](const Node& a, const Node& b) { return b < a; };
  std::vector<Node> beam = {{rest(0, 0, room_), 0.0, room_, {}}};
  for (std::size_t layer = 0; layer < pairs_.size(); ++layer) {
    std::vector<Node> next;
    for (const Node& node : beam)
      for_each_next(node, 1.0, [&](Node&& one) { next.push_back(std::move(one)); });
    const std::size_t kept = std::min(next.size(), kBeam);
    std::partial_sort(next.begin(), next.begin() + static_cast<std::ptrdiff_t>(kept), next.end(),
                      better);
    next.resize(kept);
    beam = std::move(next);
  }
  for (const Node& node : beam) {
    if (visited.count(node.pairs) == 0 && !visit(actions_of(node), node.loss)) return;
  }
}

template <typename Take>
void BitBudget::for_each_next(const Node& node, double factor, const Take& take) const {
  const std::size_t layer = node.pairs.size();
  const WidthChoice& choice = choices_[layer];
  const std::size_t before = node.pairs.empty() ? 0 : node.pairs.back();
  for (auto pair = choice.first_pair(before); pair < kWidthPairs;
       pair += choice.pair_step_behind()) {
    const Pair& its = pairs_[layer][pair];
    const double room = node.room - its.cost;
    if (room < 0.0) continue;
    const double loss = node.loss + its.loss;
    Node next{loss + factor * rest(layer + 1, pair, room), loss, room, node.pairs};
    next.pairs.push_back(static_cast<std::uint8_t>(pair));
    take(std::move(next));
  }
}

Actions BitBudget::actions_of(const Node& node) const {
  Actions actions(slots_);
  for (std::size_t l = 0; l < node.pairs.size(); ++l) choices_[l].set_pair(actions, node.pairs[l]);
  return actions;
}

}  // namespace kirchhoff::agent
