#pragma once

#include <algorithm>
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

/// Not additive: the slowest layer decides half of the latency, weights fill cells of two bits.
class CoupledCost final : public CostModel {
 public:
  Cost cost(const quant::Policy& policy) override {
    Cost cost{0.0, 0.0, 0.0, 0.0};
    const auto layers = static_cast<double>(policy.layers.size());
    double slowest = 0.0;
    for (std::size_t l = 1; l + 1 < policy.layers.size(); ++l) {
      slowest = std::max(slowest, policy.layers[l].activation / 8.0);
    }
    for (const quant::LayerBits& bits : policy.layers) {
      const double cells = (bits.weight + 1) / 2 / (4.0 * layers);
      cost.latency += bits.activation / (16.0 * layers);
      cost.energy += cells * bits.activation / 8.0;
      cost.power += cells;
    }
    cost.latency += slowest / 2.0;
    cost.cost = (cost.latency + cost.energy + cost.power) / 3.0;
    return cost;
  }
};

/// As SeparableAccuracy, and what a layer loses by its activations makes its own weights and the
/// next layer's activations lose more.
class InteractingAccuracy final : public AccuracyModel {
 public:
  Score score(const quant::Policy& policy) override {
    double loss = 0.0, before = 0.0;
    for (std::size_t l = 0; l < policy.layers.size(); ++l) {
      const double sensitivity = 20.0 * static_cast<double>(1 + l * 2 % 5);
      const double weight = sensitivity * std::pow(4.0, -policy.layers[l].weight);
      const double activation = 2.0 * sensitivity * std::pow(4.0, -policy.layers[l].activation);
      loss += weight + activation + std::sqrt(weight * activation) + std::sqrt(before * activation);
      before = activation;
    }
    return {90.0 - loss, loss};
  }
};

/// As SeparableAccuracy, but the activations of the second layer below 5 bits and the weights of
/// the fourth below 4 bits leave nothing but guessing.
class CliffAccuracy final : public AccuracyModel {
 public:
  Score score(const quant::Policy& policy) override {
    if (policy.layers[1].activation < 5 || policy.layers[3].weight < 4) return {10.0, 3.0};
    const Score score = separable_.score(policy);
    return {score.accuracy_pct, 0.02 * score.divergence};
  }

 private:
  SeparableAccuracy separable_;
};

}  // namespace kirchhoff::agent
