#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "agent/policy_space.h"

namespace kirchhoff::agent {

/// Weight bits and activation bits of one layer: weight action * kActions + activation action.
inline constexpr std::size_t kWidthPairs = std::size_t{kActions} * kActions;

/// A free layer where costs and losses are sums over the layers: its widths are one choice of a
/// pair.
struct WidthChoice {
  SlotId weight{};
  std::optional<SlotId> activation;  ///< none: 8 bits, whatever is chosen
  bool shares = false;               ///< that activation slot with the choice before

  std::size_t pair(const Actions& actions) const {
    const int bits = activation ? actions[*activation] : kActions - 1;
    return static_cast<std::size_t>(actions[weight] * kActions + bits);
  }
  void set_pair(Actions& actions, std::size_t pair) const {
    actions[weight] = static_cast<int>(pair) / kActions;
    if (activation) actions[*activation] = static_cast<int>(pair) % kActions;
  }

  /// The pairs that there are, whatever the choice before: first_pair(), and so on by pair_step().
  std::size_t first_pair() const { return activation ? 0 : kActions - 1; }
  std::size_t pair_step() const { return activation ? 1 : kActions; }
  /// Those that go with the pair `before` of the choice before.
  std::size_t first_pair(std::size_t before) const {
    return shares ? before % kActions : first_pair();
  }
  std::size_t pair_step_behind() const { return shares ? kActions : pair_step(); }
};

/// One for each free layer. Those that share a slot follow one another; but for that the layers'
/// order is the network's.
std::vector<WidthChoice> width_choices(const PolicySpace& space);

}  // namespace kirchhoff::agent
