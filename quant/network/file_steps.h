#pragma once

#include <map>
#include <vector>

#include "quant/network/graph.h"

namespace kirchhoff::quant {

/// The integers of an operator's weights: every weight is one times the step of its output channel.
struct WeightSteps {
  int bits = 0;
  std::vector<float> of_channel;
};

/// Steps of the integers that a network's file was made for: it says where a map is rounded, and by
/// which steps its weights were.
struct FileSteps {
  std::map<ValueId, float> maps;
  std::map<NodeId, WeightSteps> weights;
  bool empty() const { return maps.empty() && weights.empty(); }
};

/// The number that an integer stands for: everywhere the same float32.
inline float real_number(float step, int integer) { return step * static_cast<float>(integer); }

}  // namespace kirchhoff::quant
