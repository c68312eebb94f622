#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "quant/network/network.h"
#include "quant/network/policy.h"

namespace kirchhoff::agent {

/// Choices per step: 2..8 bits.
inline constexpr int kActions = quant::kMaxSearchBits - quant::kMinBits + 1;
/// A step of an episode: what it chooses is a Slot.
enum class SlotId : int {};
/// One action in [0, kActions) per slot; action i means kMinBits + i bits.
using Actions = IndexedVector<SlotId, int>;

/// Layer index, Cout, Cin, map side, kernel side, stride, 0 for weights and 1 for activations,
/// previous action; each in [0, 1]. A method may add numbers of its own behind them.
inline constexpr std::size_t kStateSize = 8;
using State = std::vector<double>;

/// What one step of an episode chooses: the bits of a layer's weights or of a map that layers read.
struct Slot {
  quant::LayerId layer{};  ///< of a map: the first free layer that reads it
  bool activation = false;
};

/// Which widths a search chooses.
enum class Widths {
  kAll,
  kWeights,  ///< all activations stay at 8 bits
};

/// A layer whose weights are chosen, and where its widths come from.
struct FreeLayer {
  quant::LayerId layer{};
  SlotId weight{};
  /// Of the map that it reads. None where the first or the last layer reads it, too: 8 bits.
  std::optional<SlotId> activation;
};

/// The policies that a search may choose from, and the walk over the layers that builds one:
/// weights, then activations of every layer with weights but the first and the last, which stay at
/// 8/8. Layers that read one map have one activation width; the first of them chooses it.
class PolicySpace {
 public:
  /// Throws InputError for a network without a free layer.
  explicit PolicySpace(const quant::Network& network, Widths widths = Widths::kAll);

  const quant::Network& network() const { return network_; }
  /// The steps of an episode, in order.
  const IndexedVector<SlotId, Slot>& slots() const { return slots_; }
  /// The layers that they choose for, in order.
  const std::vector<FreeLayer>& free_layers() const { return free_layers_; }
  /// What the agent sees before step taken.size(), having taken these actions. The layer's features
  /// are min-max normalised over all layers with weights; a feature that is the same everywhere is
  /// 0.
  State state(const Actions& taken) const;
  /// The policy that a whole episode of actions describes.
  quant::Policy policy(const Actions& actions) const;
  /// The episode of actions that describes a policy of this space.
  Actions actions(const quant::Policy& policy) const;
  /// 8 bits everywhere.
  const quant::Policy& reference() const { return reference_; }

  /// The bits that a slot has in a policy of this space.
  int bits(const quant::Policy& policy, SlotId slot) const;
  /// Changes them, of every layer that reads the map.
  void set_bits(quant::Policy& policy, SlotId slot, int bits) const;

 private:
  static constexpr std::size_t kLayerFeatures = 6;
  void find_slots(Widths widths);
  void find_features();

  const quant::Network network_;
  const quant::Policy reference_;
  IndexedVector<SlotId, Slot> slots_;
  std::vector<FreeLayer> free_layers_;
  /// Whose widths a slot chooses, those without weights included.
  IndexedVector<SlotId, std::vector<quant::LayerId>> layers_of_slot_;
  IndexedVector<quant::LayerId, std::array<double, kLayerFeatures>> features_;
};

}  // namespace kirchhoff::agent
