#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "quant/network/network.h"
#include "quant/network/policy.h"

namespace kirchhoff::agent {

/// Choices per step: 2..8 bits.
inline constexpr int kActions = quant::kMaxSearchBits - quant::kMinBits + 1;
/// A step of an episode: what it chooses is a Slot.
enum class SlotId : int {};
/// Slots of the l-th free layer: its weights, then its activations.
constexpr SlotId weight_slot(std::size_t free_layer) { return to_id<SlotId>(2 * free_layer); }
constexpr SlotId activation_slot(std::size_t free_layer) {
  return following(weight_slot(free_layer));
}
/// One action in [0, kActions) per slot; action i means kMinBits + i bits.
using Actions = IndexedVector<SlotId, int>;

/// Layer index, Cout, Cin, map side, kernel side, stride, 0 for weights and 1 for activations,
/// previous action; each in [0, 1]. A method may add numbers of its own behind them.
inline constexpr std::size_t kStateSize = 8;
using State = std::vector<double>;

/// What one step of an episode chooses: the bits of a layer's weights or of its input activations.
struct Slot {
  quant::LayerId layer{};
  bool activation = false;
};

/// The policies that a search may choose from, and the walk over the layers that builds one:
/// weights, then activations of every layer but the first and the last, which stay at 8/8.
class PolicySpace {
 public:
  /// Throws InputError for a network without a free layer.
  explicit PolicySpace(const quant::Network& network);

  const quant::Network& network() const { return network_; }
  /// The steps of an episode, in order.
  const IndexedVector<SlotId, Slot>& slots() const { return slots_; }
  /// What the agent sees before step taken.size(), having taken these actions. The layer's features
  /// are min-max normalised over all layers of the network; a feature that is the same everywhere
  /// is 0.
  State state(const Actions& taken) const;
  /// The policy that a whole episode of actions describes.
  quant::Policy policy(const Actions& actions) const;
  /// The episode of actions that describes a policy of this space.
  Actions actions(const quant::Policy& policy) const;
  /// 8 bits everywhere.
  quant::Policy reference() const;

 private:
  static constexpr std::size_t kLayerFeatures = 6;
  const quant::Network network_;
  IndexedVector<SlotId, Slot> slots_;
  IndexedVector<quant::LayerId, std::array<double, kLayerFeatures>> features_;
};

}  // namespace kirchhoff::agent
