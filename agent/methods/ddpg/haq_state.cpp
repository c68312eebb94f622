#include "agent/methods/ddpg/haq_state.h"

#include <algorithm>

namespace kirchhoff::agent {
namespace {

constexpr double kMostBits = quant::kMaxSearchBits;

double number(long long value) { return static_cast<double>(value); }

}  // namespace

HaqState::HaqState(const PolicySpace& space) : space_(space) {
  const quant::Network& network = space.network();
  const std::vector<quant::LayerId> named = network.weight_layers();
  features_.resize(network.layers.size());
  for (std::size_t i = 0; i < named.size(); ++i) {
    const quant::Layer& layer = network.layers[named[i]];
    const bool connected = layer.kind == quant::LayerKind::kFullyConnected;
    const int inputs = connected ? layer.rows() : layer.input.channels;
    features_[named[i]] = {layer.is_depthwise() ? 1.0 : 0.0,
                           number(inputs),
                           number(layer.out_channels),
                           number(connected ? 0 : layer.stride.height),
                           number(connected ? 1 : layer.kernel_height),
                           number(layer.weights()),
                           number(connected ? inputs : layer.input.height * layer.input.width),
                           number(static_cast<long long>(i))};
  }
  for (std::size_t f = 0; f < kLayerFeatures; ++f) {
    const auto less = [&](quant::LayerId a, quant::LayerId b) {
      return features_[a][f] < features_[b][f];
    };
    const auto [least, most] = std::minmax_element(named.begin(), named.end(), less);
    const double low = features_[*least][f], high = features_[*most][f];
    if (high == low) continue;
    for (const quant::LayerId l : named) {
      features_[l][f] = (features_[l][f] - low) / (high - low);
    }
  }
}

State HaqState::state(const Actions& taken) const {
  const Slot& slot = space_.slots().at(taken.end_id());
  const auto& features = features_[slot.layer];
  State state(features.begin(), features.end());
  // Before the first step comes the first layer, which is fixed at 8 bits.
  state.push_back(taken.empty() ? 1.0 : (quant::kMinBits + taken.back()) / kMostBits);
  state.push_back(slot.activation ? 1.0 : 0.0);
  return state;
}

}  // namespace kirchhoff::agent
