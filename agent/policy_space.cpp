#include "agent/policy_space.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "quant/network/free_bits.h"

namespace kirchhoff::agent {
namespace {

double side(int height, int width) { return std::sqrt(static_cast<double>(height) * width); }

}  // namespace

PolicySpace::PolicySpace(const quant::Network& network, Widths widths)
    : network_(network),
      reference_(quant::Policy::uniform(network_, quant::kMaxSearchBits, quant::kMaxSearchBits)) {
  const std::size_t layers = network_.weight_layers().size();
  if (layers < 3) {
    throw InputError(
        fmt::format("network {}: {} weight layers: a search needs at least 3, because "
                    "the first and the last stay at 8 bits",
                    network_.name, layers));
  }
  find_slots(widths);
  find_features();
}

void PolicySpace::find_slots(Widths widths) {
  auto free = quant::free_bits(network_);
  if (widths == Widths::kWeights) {
    for (quant::FreeBits& bits : free) bits.activation = false;
  }
  std::map<quant::TensorGroup, SlotId> slot_of;  // of maps
  for (const quant::LayerId l : network_.layers.ids()) {
    if (!free[l].weight) continue;
    FreeLayer layer;
    layer.layer = l;
    layer.weight = slots_.end_id();
    slots_.push_back({l, false});
    layers_of_slot_.push_back({l});
    if (free[l].activation) {
      const auto [found, first] = slot_of.emplace(*free[l].map, slots_.end_id());
      if (first) {
        slots_.push_back({l, true});
        layers_of_slot_.emplace_back();
      }
      layer.activation = found->second;
    }
    free_layers_.push_back(layer);
  }
  for (const quant::LayerId l : network_.layers.ids()) {
    if (free[l].activation) layers_of_slot_[slot_of.at(*free[l].map)].push_back(l);
  }
}

void PolicySpace::find_features() {
  const std::vector<quant::LayerId> named = network_.weight_layers();
  features_.resize(network_.layers.size());
  for (std::size_t i = 0; i < named.size(); ++i) {
    const quant::Layer& layer = network_.layers[named[i]];
    // The paper gives a fully connected layer map 1, kernel 1 and stride 0, so its inputs all count
    // as channels.
    const bool connected = layer.kind == quant::LayerKind::kFullyConnected;
    features_[named[i]] = {static_cast<double>(i),
                           static_cast<double>(layer.out_channels),
                           static_cast<double>(connected ? layer.rows() : layer.input.channels),
                           connected ? 1.0 : side(layer.input.height, layer.input.width),
                           connected ? 1.0 : side(layer.kernel_height, layer.kernel_width),
                           connected ? 0.0 : side(layer.stride.height, layer.stride.width)};
  }
  for (std::size_t f = 0; f < kLayerFeatures; ++f) {
    double low = features_[named.front()][f];
    double high = low;
    for (const quant::LayerId l : named) {
      low = std::min(low, features_[l][f]);
      high = std::max(high, features_[l][f]);
    }
    for (const quant::LayerId l : named) {
      features_[l][f] = high > low ? (features_[l][f] - low) / (high - low) : 0.0;
    }
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
  quant::Policy policy = reference_;
  for (const SlotId s : slots_.ids()) set_bits(policy, s, quant::kMinBits + actions.at(s));
  return policy;
}

Actions PolicySpace::actions(const quant::Policy& policy) const {
  Actions actions;
  for (const SlotId s : slots_.ids()) actions.push_back(bits(policy, s) - quant::kMinBits);
  return actions;
}

int PolicySpace::bits(const quant::Policy& policy, SlotId slot) const {
  const quant::LayerBits& layer = policy.layers.at(slots_[slot].layer);
  return slots_[slot].activation ? layer.activation : layer.weight;
}

void PolicySpace::set_bits(quant::Policy& policy, SlotId slot, int bits) const {
  for (const quant::LayerId l : layers_of_slot_[slot]) {
    quant::LayerBits& layer = policy.layers.at(l);
    (slots_[slot].activation ? layer.activation : layer.weight) = bits;
  }
}

}  // namespace kirchhoff::agent
