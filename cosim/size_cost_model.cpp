#include "cosim/size_cost_model.h"

#include <cstdint>
#include <utility>

namespace kirchhoff::cosim {
namespace {

class SizeCostModel final : public agent::CostModel {
 public:
  SizeCostModel(std::unique_ptr<agent::CostModel> costs, const quant::Network& network,
                quant::WeightQuantizer quantizer)
      : costs_(std::move(costs)), network_(network), quantizer_(quantizer) {}

  agent::Cost cost(const quant::Policy& policy) override {
    const quant::Policy stored = stored_policy(quantizer_, policy);
    // Codebooks of any size are the same on the chip.
    if (!asked_ || *asked_ != stored) {
      answer_ = costs_->cost(stored);
      asked_ = stored;
    }
    agent::Cost cost = answer_;
    cost.cost = size_ratio(network_, policy, quantizer_);
    return cost;
  }
  void confirm(const quant::Policy& policy) override { costs_->confirm(policy); }
  std::optional<double> quick_ratio(const quant::Policy& policy) override {
    return size_ratio(network_, policy, quantizer_);
  }
  std::optional<agent::AbsoluteCost> reference() const override { return costs_->reference(); }
  std::optional<quant::Policy> cheapest(const quant::Policy& policy,
                                        const std::vector<agent::Slot>& free) override {
    quant::Policy cheapest = policy;
    for (const agent::Slot& slot : free) {
      if (slot.activation) continue;
      int& least = cheapest.layers[slot.layer].weight;
      least = quant::kMinBits;
      for (int bits = least + 1; bits <= quant::kMaxSearchBits; ++bits)
        if (size(slot.layer, bits) < size(slot.layer, least)) least = bits;
    }
    return cheapest;
  }
  /// The codebook of a small layer may take more than the bits that it saves.
  bool monotone() const override {
    const agent::PolicySpace space(network_);
    for (const agent::FreeLayer& free : space.free_layers()) {
      for (int bits = quant::kMinBits; bits < quant::kMaxSearchBits; ++bits)
        if (size(free.layer, bits) > size(free.layer, bits + 1)) return false;
    }
    return true;
  }

 private:
  std::int64_t size(quant::LayerId layer, int bits) const {
    return size_in_bits(network_.layers[layer], bits, quantizer_);
  }

  const std::unique_ptr<agent::CostModel> costs_;
  const quant::Network network_;
  const quant::WeightQuantizer quantizer_;
  std::optional<quant::Policy> asked_;  ///< last
  agent::Cost answer_;
};

}  // namespace

double size_ratio(const quant::Network& network, const quant::Policy& policy,
                  quant::WeightQuantizer quantizer) {
  std::int64_t bits = 0, reference = 0;
  for (const quant::LayerId l : network.layers.ids()) {
    bits += size_in_bits(network.layers[l], policy.layers[l].weight, quantizer);
    reference += size_in_bits(network.layers[l], quant::kMaxSearchBits, quantizer);
  }
  return static_cast<double>(bits) / static_cast<double>(reference);
}

std::unique_ptr<agent::CostModel> make_size_cost_model(std::unique_ptr<agent::CostModel> costs,
                                                       const quant::Network& network,
                                                       quant::WeightQuantizer quantizer) {
  return std::make_unique<SizeCostModel>(std::move(costs), network, quantizer);
}

}  // namespace kirchhoff::cosim
