#include "cosim/size_cost_model.h"

#include <utility>

namespace kirchhoff::cosim {
namespace {

class SizeCostModel final : public agent::CostModel {
 public:
  SizeCostModel(std::unique_ptr<agent::CostModel> costs, const quant::Network& network)
      : costs_(std::move(costs)), network_(network) {}

  agent::Cost cost(const quant::Policy& policy) override {
    agent::Cost cost = costs_->cost(policy);
    cost.cost = size_ratio(network_, policy);
    return cost;
  }
  void confirm(const quant::Policy& policy) override { costs_->confirm(policy); }
  std::optional<double> quick_ratio(const quant::Policy& policy) override {
    return size_ratio(network_, policy);
  }
  std::optional<agent::AbsoluteCost> reference() const override { return costs_->reference(); }
  std::optional<quant::Policy> cheapest(const quant::Policy& policy,
                                        const std::vector<agent::Slot>& free) override {
    quant::Policy cheapest = policy;
    for (const agent::Slot& slot : free) {
      if (!slot.activation) cheapest.layers[slot.layer].weight = quant::kMinBits;
    }
    return cheapest;
  }

 private:
  const std::unique_ptr<agent::CostModel> costs_;
  const quant::Network network_;
};

}  // namespace

double size_ratio(const quant::Network& network, const quant::Policy& policy) {
  long long bits = 0, reference = 0;
  for (const quant::LayerId l : network.layers.ids()) {
    bits += network.layers[l].weights() * policy.layers[l].weight;
    reference += network.layers[l].weights() * quant::kMaxSearchBits;
  }
  return static_cast<double>(bits) / static_cast<double>(reference);
}

std::unique_ptr<agent::CostModel> make_size_cost_model(std::unique_ptr<agent::CostModel> costs,
                                                       const quant::Network& network) {
  return std::make_unique<SizeCostModel>(std::move(costs), network);
}

}  // namespace kirchhoff::cosim
