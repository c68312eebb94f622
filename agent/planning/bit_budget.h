#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <vector>

#include "agent/planning/layer_costs.h"
#include "agent/planning/sensitivity.h"

namespace kirchhoff::agent {

/// Free layers up to which few policies are nearly as good as the best one.
inline constexpr std::size_t kFewLayers = 16;

/// What the bits that a cost limit allows are worth when losses are sums over the slots and costs
/// are sums over the layers: a knapsack, solved by dynamic programming over the layers from the
/// last to the first. Between layers that read one map it goes on for every width of it.
class BitBudget {
 public:
  static constexpr std::size_t kMostOpen = 1'000'000, kBeam = 4096;

  /// `limit`: of the cost that `costs` predict. Keeps no references.
  BitBudget(const Sensitivities& losses, const LayerCosts& costs, double limit);

  /// Some policy is within the limit.
  bool feasible() const { return room_ >= 0.0; }
  /// The least loss of the policies within the limit that begin with these actions; infinite where
  /// there is none. At most one bin of the limit's room per layer (1/4096) too optimistic.
  double least_loss(const Actions& taken) const;
  /// What these actions leave of the room above the cheapest policy, as a part of it: 1 where the
  /// layers that they decide for have their cheapest widths, below 0 where no rest is within the
  /// limit. 0 of no room at all.
  double room_left(const Actions& taken) const;
  /// A policy that loses the least, as exactly as least_loss() knows that: costs are to be looked
  /// at once more. Where feasible().
  Actions solution() const;
  /// Calls `visit` for the policies within the limit, those with less loss first, until it returns
  /// false or there are no more. Of more than kFewLayers layers nearly in that order: there are too
  /// many that lose almost the same to sort them. Where even so kMostOpen beginnings are in
  /// question (50 layers), a beam of kBeam beginnings says which come next, and these are all.
  void each(const std::function<bool(const Actions& actions, double loss)>& visit) const;

 private:
  using Pairs = std::vector<std::uint8_t>;
  struct Pair {
    double loss = 0.0;
    double cost = 0.0;  ///< above the layer's cheapest pair
  };
  /// Choices of some layers: what they leave of the room, what they lose, the last one's pair.
  struct Beginning {
    double room = 0.0, loss = 0.0;
    std::size_t pair = 0;
  };
  /// A policy of the first layers; `bound`: what it loses with the best of the others.
  struct Node {
    double bound, loss, room;
    Pairs pairs;
    bool operator<(const Node& other) const {
      return bound != other.bound ? bound > other.bound : pairs > other.pairs;
    }
  };
  /// Policies of all layers but those visited, from the kBeam best of every number of layers.
  void each_of_beam(const std::set<Pairs>& visited,
                    const std::function<bool(const Actions& actions, double loss)>& visit) const;
  /// Calls take(next) for the node with every pair of the next layer within the limit.
  template <typename Take>
  void for_each_next(const Node& node, double factor, const Take& take) const;
  Actions actions_of(const Node& node) const;
  /// From `layer` on, with that much of the room left and that pair of the layer before.
  double rest(std::size_t layer, std::size_t before, double room) const;
  /// Layers from the first to the last that something was decided for; those behind have nothing
  /// decided, nor for a map that they share with one before.
  std::size_t touched(const Actions& taken) const;
  /// The loss of all choices that `taken` has made; takes their costs off the room.
  double loss_of_decided(const Actions& taken, std::size_t layers, double& room) const;
  /// What the choices among the first `layers` may become that `taken` leaves open.
  std::vector<Beginning> open_choices(const Actions& taken, std::size_t layers, double room) const;

  std::vector<WidthChoice> choices_;
  int slots_ = 0;
  std::vector<std::vector<Pair>> pairs_;  ///< by layer and pair of widths
  /// Loss from a layer on, by the width of the map that it shares with the one before (or 0), and
  /// by bins of room.
  std::vector<std::vector<std::vector<double>>> least_;
  double room_ = 0.0;  ///< above the cheapest policy
};

}  // namespace kirchhoff::agent
