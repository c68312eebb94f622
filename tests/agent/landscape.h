#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "agent/cost_limit.h"
#include "agent/models.h"
#include "base/rng.h"
#include "quant/network/networks.h"

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

/// A threshold on a landscape whose cheapest policy has 2 bits wherever there is a choice. Keeps
/// references.
inline CostLimit limit_of(const PolicySpace& space, CostModel& costs, double threshold) {
  CostLimit limit;
  limit.threshold = threshold;
  limit.cost = [&](const Actions& actions) { return costs.cost(space.policy(actions)).cost; };
  limit.cheapest = [&](Actions taken) {
    taken.resize(space.slots().size(), 0);
    return taken;
  };
  limit.monotone = [] { return true; };
  return limit;
}

/// 90 % less a loss per slot that quarters with every bit; later layers are more sensitive.
class SeparableAccuracy final : public AccuracyModel {
 public:
  Score score(const quant::Policy& policy) override {
    ++calls;
    double loss = 0.0;
    for (const quant::LayerId l : policy.layers.ids()) {
      const double sensitivity = 20.0 * (1.0 + index(l));
      loss += sensitivity * std::pow(4.0, -policy.layers[l].weight);
      loss += 2.0 * sensitivity * std::pow(4.0, -policy.layers[l].activation);
    }
    return {90.0 - loss, loss};
  }
  int calls = 0;
};

/// As the landscape that is given, with gradients whose predictions are too small everywhere, but
/// for that what slots lose alone. Keeps a reference.
class GradientAccuracy final : public AccuracyModel {
 public:
  explicit GradientAccuracy(AccuracyModel& model) : model_(model) {}
  Score score(const quant::Policy& policy) override { return model_.score(policy); }
  std::optional<Sensitivities> gradient_sensitivities(quant::GradientLoss loss) override {
    ++asked;
    const double factor = loss == quant::GradientLoss::kFisher ? 0.1 : 0.5;
    const PolicySpace space(quant::lenet5());
    const double least = score(space.reference()).divergence;
    Sensitivities sensitivities;
    for (const SlotId s : space.slots().ids()) {
      auto& its = sensitivities.emplace_back();
      for (int action = 0; action < kActions; ++action) {
        Actions actions(space.slots().size(), kActions - 1);
        actions[s] = action;
        its[static_cast<std::size_t>(action)] =
            factor * (score(space.policy(actions)).divergence - least);
      }
    }
    return sensitivities;
  }
  int asked = 0;

 private:
  AccuracyModel& model_;
};

/// Not additive: the slowest layer decides half of the latency, weights fill cells of two bits.
class CoupledCost final : public CostModel {
 public:
  Cost cost(const quant::Policy& policy) override {
    Cost cost{0.0, 0.0, 0.0, 0.0};
    const auto layers = static_cast<double>(policy.layers.size());
    double slowest = 0.0;
    for (const quant::LayerId l : IdRange(quant::LayerId{1}, policy.layers.last_id())) {
      slowest = std::max(slowest, policy.layers[l].activation / 8.0);
    }
    for (const quant::LayerBits& bits : policy.layers) {
      const int pairs = (bits.weight + 1) / 2;
      const double cells = pairs / (4.0 * layers);
      cost.latency += bits.activation / (16.0 * layers);
      cost.energy += cells * bits.activation / 8.0;
      cost.power += cells;
    }
    cost.latency += slowest / 2.0;
    cost.cost = (cost.latency + cost.energy + cost.power) / 3.0;
    return cost;
  }
};

/// Random costs of every layer at every pair of widths, 1 at W8A8: more bits may cost less. Such a
/// table knows its cheapest policy; as a simulator it does not tell.
class RandomCost final : public CostModel {
 public:
  RandomCost(std::uint64_t seed, int layers, bool tells) : tells_(tells) {
    Rng rng(seed);
    costs_.resize(layers);
    for (auto& layer : costs_) {
      for (double& cost : layer) cost = 0.05 + rng.uniform() * rng.uniform();
      reference_ += layer.back();
    }
  }
  Cost cost(const quant::Policy& policy) override {
    double sum = 0.0;
    for (const quant::LayerId l : costs_.ids()) sum += of(l, policy.layers[l]) / reference_;
    return {sum, sum, sum, sum};
  }
  std::optional<quant::Policy> cheapest(const quant::Policy& policy,
                                        const std::vector<Slot>& free) override {
    if (!tells_) return std::nullopt;
    quant::Policy found = policy;
    for (const quant::LayerId l : costs_.ids()) {
      const auto is_free = [&](bool activation) {
        return std::any_of(free.begin(), free.end(), [&](const Slot& slot) {
          return slot.layer == l && slot.activation == activation;
        });
      };
      double least = of(l, policy.layers[l]);
      for (int w = quant::kMinBits; w <= quant::kMaxSearchBits; ++w) {
        for (int a = quant::kMinBits; a <= quant::kMaxSearchBits; ++a) {
          if (w != policy.layers[l].weight && !is_free(false)) continue;
          if (a != policy.layers[l].activation && !is_free(true)) continue;
          if (of(l, {w, a}) >= least) continue;
          least = of(l, {w, a});
          found.layers[l] = {w, a};
        }
      }
    }
    return found;
  }
  bool monotone() const override { return !tells_; }

  /// Of all policies that a search may choose: sums have their minimum layer by layer.
  double least() const {
    double sum = costs_.front().back() + costs_.back().back();
    for (const quant::LayerId l : IdRange(quant::LayerId{1}, costs_.last_id())) {
      sum += *std::min_element(costs_[l].begin(), costs_[l].end());
    }
    return sum / reference_;
  }

 private:
  double of(quant::LayerId layer, const quant::LayerBits& bits) const {
    return costs_[layer][static_cast<std::size_t>((bits.weight - quant::kMinBits) * kActions +
                                                  bits.activation - quant::kMinBits)];
  }
  const bool tells_;
  IndexedVector<quant::LayerId, std::array<double, std::size_t{kActions} * kActions>> costs_;
  double reference_ = 0.0;
};

/// As SeparableAccuracy, and what a layer loses by its activations makes its own weights and the
/// next layer's activations lose more.
class InteractingAccuracy final : public AccuracyModel {
 public:
  Score score(const quant::Policy& policy) override {
    double loss = 0.0, before = 0.0;
    for (const quant::LayerId l : policy.layers.ids()) {
      const double sensitivity = 20.0 * (1.0 + index(l) * 2 % 5);
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
    if (policy.layers[quant::LayerId{1}].activation < 5 ||
        policy.layers[quant::LayerId{3}].weight < 4)
      return {10.0, 3.0};
    const Score score = separable_.score(policy);
    return {score.accuracy_pct, 0.02 * score.divergence};
  }

 private:
  SeparableAccuracy separable_;
};

}  // namespace kirchhoff::agent
