#include "quant/network/tensors.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"

namespace kirchhoff::quant {
namespace {

/// Union-find; the least map of a group stands for it.
class Groups {
 public:
  explicit Groups(const Network& network) {
    for (const TensorId map : network.tensors()) parent_.push_back(map);
  }
  TensorId find(TensorId map) const {
    while (parent_[map] != map) map = parent_[map];
    return map;
  }
  void unite(TensorId a, TensorId b) {
    a = find(a);
    b = find(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }
  void unite(const std::vector<TensorId>& maps) {
    for (const TensorId map : maps) unite(maps.front(), map);
  }

 private:
  IndexedVector<TensorId, TensorId> parent_;
};

/// Whether the values of a layer's own map can be below zero, given its operands' signs.
bool gives_sign(const Layer& layer, bool operands) {
  if (layer.function.non_negative()) return false;
  return layer.has_weights() || operands;
}

}  // namespace

Tensors::Tensors(const Network& network) : traits_(0), readers_(0) {
  Groups width(network), scale(network);
  std::set<TensorId> by_weights;  // maps that layers with weights read
  for (const Layer& layer : network.layers) {
    for (const auto* maps : {&layer.inputs, &layer.residual}) {
      width.unite(*maps);
      scale.unite(*maps);
    }
    if (layer.has_weights()) by_weights.insert(layer.inputs.begin(), layer.inputs.end());
  }
  std::set<TensorId> decided;  // groups so far
  for (const TensorId map : by_weights) decided.insert(width.find(map));
  // From the last layer to the first, so that a chain of such layers hands a width on.
  for (int l = network.layers.size() - 1; l >= 0; --l) {
    const LayerId id{l};
    const Layer& layer = network.layers[id];
    const TensorId made = output_of(id);
    if (layer.kind == LayerKind::kMaximum && layer.function.is_none() && !network.is_output(id))
      scale.unite(layer.inputs.front(), made);
    if (network.is_output(id)) continue;
    const auto follow = [&](const std::vector<TensorId>& maps) {
      if (maps.empty() || maps.front() == kImage) return;
      if (decided.count(width.find(maps.front())) != 0) return;
      const bool known = decided.count(width.find(made)) != 0;
      width.unite(maps.front(), made);
      if (known) decided.insert(width.find(made));
    };
    if (!layer.has_weights()) follow(layer.inputs);
    follow(layer.residual);
  }

  // Signs: from the image on; a group is signed when one of its maps is.
  std::set<TensorId> negative;
  bool changed = true;
  while (changed) {
    changed = false;
    for (const LayerId l : network.layers.ids()) {
      const Layer& layer = network.layers[l];
      bool operands = false;
      for (const auto* maps : {&layer.inputs, &layer.residual})
        for (const TensorId map : *maps)
          operands = operands || negative.count(scale.find(map)) != 0;
      if (gives_sign(layer, operands))
        changed = negative.insert(scale.find(output_of(l))).second || changed;
    }
  }

  readers_.resize(index(network.tensors().end().operator*()));
  for (const TensorId map : network.tensors()) {
    const TensorId s = scale.find(map);
    traits_.push_back(
        {TensorGroup{index(width.find(map))}, TensorGroup{index(s)}, negative.count(s) != 0});
  }
  for (const LayerId l : network.layers.ids()) {
    if (!network.layers[l].has_weights()) continue;
    readers_[width.find(network.layers[l].inputs.front())].push_back(l);
  }
}

std::optional<LayerId> Tensors::width_from(TensorId map) const {
  const std::vector<LayerId>& layers = readers(width_group(map));
  if (layers.empty()) return std::nullopt;
  return layers.front();
}

int Tensors::bits(TensorId map, const Policy& policy) const {
  const std::optional<LayerId> layer = width_from(map);
  return layer ? policy.layers[*layer].activation : kDefaultBits;
}

void check_widths(const Network& network, const Policy& policy, const std::string& where) {
  const Tensors tensors(network);
  for (const LayerId l : network.layers.ids()) {
    if (!network.layers[l].has_weights()) continue;
    const LayerId first = *tensors.width_from(network.layers[l].inputs.front());
    const int one = policy.layers[first].activation, other = policy.layers[l].activation;
    if (one == other) continue;
    throw InputError(
        fmt::format("{}: layers {} and {} read the same map with {} and {} activation bits: a map "
                    "has one width",
                    where, network.layers[first].name, network.layers[l].name, one, other));
  }
}

void fill_widths(const Network& network, Policy& policy) {
  const Tensors tensors(network);
  for (const LayerId l : network.layers.ids()) {
    const Layer& layer = network.layers[l];
    if (!layer.has_weights()) policy.layers[l] = {0, tensors.bits(layer.inputs.front(), policy)};
  }
}

}  // namespace kirchhoff::quant
