#include "agent/policy_space.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"

namespace kirchhoff::agent {
namespace {

double side(int height, int width) { return std::sqrt(static_cast<double>(height) * width); }

}  // namespace

PolicySpace::PolicySpace(const quant::Network& network) : network_(network) {
  const int layers = network_.layers.size();
  if (layers < 3) {
    throw InputError(
        fmt::format("network {}: {} weight layers: a search needs at least 3, because "
                    "the first and the last stay at 8 bits",
                    network_.name, layers));
  }
  for (const quant::LayerId l : IdRange(quant::LayerId{1}, network_.layers.last_id())) {
    slots_.push_back({l, false});
    slots_.push_back({l, true});
  }

  for (const quant::LayerId l : network_.layers.ids()) {
    const quant::Layer& layer = network_.layers[l];
    // The paper gives a fully connected layer map 1, kernel 1 and stride 0, so its inputs all count
    // as channels.
    const bool connected = layer.kind == quant::LayerKind::kFullyConnected;
    features_.push_back({1.0 * index(l), static_cast<double>(layer.out_channels),
                         static_cast<double>(connected ? layer.rows() : layer.input.channels),
                         connected ? 1.0 : side(layer.input.height, layer.input.width),
                         connected ? 1.0 : side(layer.kernel_height, layer.kernel_width),
                         connected ? 0.0 : side(layer.stride.height, layer.stride.width)});
  }
  for (std::size_t f = 0; f < kLayerFeatures; ++f) {
    double low = features_.front()[f];
    double high = low;
    for (const auto& layer : features_) {
      low = std::min(low, layer[f]);
      high = std::max(high, layer[f]);
    }
    for (auto& layer : features_) layer[f] = high > low ? (layer[f] - low) / (high - low) : 0.0;
  }
}

State PolicySpace::state(const Actions& taken) const {
  const Slot& slot = slots_.at(taken.end_id());
  State state(kStateSize);
  std::copy(features_[slot.layer].begin(), features_[slot.layer].end(), state.begin());
  state[6] = slot.activation ? 1.0 : 0.0;
  // Before the first step comes the first layer, which is fixed at 8 bits.
  const int previous = taken.empty() ? kActions - 1 : taken.back();
  state[7] = static_cast<double>(previous) / (kActions - 1);
  return state;
}

quant::Policy PolicySpace::policy(const Actions& actions) const {
  quant::Policy policy = reference();
  for (const SlotId s : slots_.ids()) {
    quant::LayerBits& bits = policy.layers[slots_[s].layer];
    (slots_[s].activation ? bits.activation : bits.weight) = quant::kMinBits + actions.at(s);
  }
  return policy;
}

Actions PolicySpace::actions(const quant::Policy& policy) const {
  Actions actions;
  for (const Slot& slot : slots_) {
    const quant::LayerBits& bits = policy.layers.at(slot.layer);
    actions.push_back((slot.activation ? bits.activation : bits.weight) - quant::kMinBits);
  }
  return actions;
}

quant::Policy PolicySpace::reference() const {
  return quant::Policy::uniform(network_, quant::kMaxSearchBits, quant::kMaxSearchBits);
}

}  // namespace kirchhoff::agent
