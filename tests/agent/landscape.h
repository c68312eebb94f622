#pragma once

#include <cmath>

#include "agent/models.h"
#include "quant/network/network.h"

namespace kirchhoff::agent {

/// Latency grows with the activation bits, power with the weight bits, energy with both: additive
/// over the layers, 1 at W8A8.
class AdditiveCost final : public CostModel {
 public:
  Cost cost(const quant::Policy& policy) override {
    ++calls;
    Cost cost{0.0, 0.0, 0.0, 0.0};
    const auto layers = static_cast<double>(policy.layers.size());
    for (const quant::LayerBits& bits : policy.layers) {
      cost.latency += bits.activation / (8.0 * layers);
      cost.energy += bits.weight * bits.activation / (64.0 * layers);
      cost.power += bits.weight / (8.0 * layers);
    }
    cost.cost = (cost.latency + cost.energy + cost.power) / 3.0;
    return cost;
  }
  int calls = 0;
};

/// 90 % less a loss per slot that quarters with every bit; later layers are more sensitive.
class SeparableAccuracy final : public AccuracyModel {
 public:
  Score score(const quant::Policy& policy) override {
    ++calls;
    double loss = 0.0;
    for (std::size_t l = 0; l < policy.layers.size(); ++l) {
      const double sensitivity = 20.0 * static_cast<double>(l + 1);
      loss += sensitivity * std::pow(4.0, -policy.layers[l].weight);
      loss += 2.0 * sensitivity * std::pow(4.0, -policy.layers[l].activation);
    }
    return {90.0 - loss, loss};
  }
  int calls = 0;
};

}  // namespace kirchhoff::agent
