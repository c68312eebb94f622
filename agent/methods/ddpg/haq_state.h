#pragma once

#include <array>
#include <cstddef>

#include "agent/policy_space.h"

namespace kirchhoff::agent {

/// HAQ's ten numbers (Wang et al. 2019, section 3.1), in the order of its code: 1 for a depthwise
/// layer, Cin, Cout, stride, kernel side, weights, pixels of the input map, index; what the step
/// before chose, over 8 bits; 0 for weights and 1 for activations. A fully connected layer has
/// stride 0, kernel 1 and as many pixels as inputs. The first eight are min-max normalised over all
/// layers with weights; one that is the same everywhere stays as it is.
class HaqState {
 public:
  static constexpr std::size_t kSize = 10;

  /// Keeps a reference to the space.
  explicit HaqState(const PolicySpace& space);
  /// What the agent sees before step taken.size(), having taken these actions.
  State state(const Actions& taken) const;

 private:
  static constexpr std::size_t kLayerFeatures = 8;
  const PolicySpace& space_;
  IndexedVector<quant::LayerId, std::array<double, kLayerFeatures>> features_;
};

}  // namespace kirchhoff::agent
