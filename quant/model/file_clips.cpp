#include "quant/model/file_clips.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "quant/network/tensors.h"

namespace kirchhoff::quant {
namespace {

/// Steps that mean the same, but for their rounding to float32.
bool same(float a, float b) { return std::fabs(a - b) <= 1e-6f * std::fabs(a); }

/// The integers of the maps that share a scale.
struct MapIntegers {
  float step = 0;
  int low = 0, high = 0;
};

int bits_of(const MapIntegers& integers, bool is_signed) {
  int bits = kMinBits;
  const auto fits = [&] {
    const int high = (1 << (is_signed ? bits - 1 : bits)) - 1;
    const int low = is_signed ? -(1 << (bits - 1)) : 0;
    return integers.low >= low && integers.high <= high;
  };
  while (bits <= kMaxBits && !fits()) ++bits;
  return bits;
}

class FileClips {
 public:
  FileClips(const DescribedNetwork& described, const Lowered& lowered)
      : described_(described),
        lowered_(lowered),
        network_(lowered.network),
        tensors_(network_),
        groups_(index(output_of(network_.layers.last_id())) + 1) {}

  TunedClips find() {
    find_maps();
    find_weights();
    for (const LayerId l : network_.weight_layers())
      policy_.layers[l].activation = width(tensors_.width_group(network_.layers[l].inputs.front()));
    fill_widths(network_, policy_);
    clips_.policy = policy_.to_string();
    set_activation_clips();
    return std::move(clips_);
  }

 private:
  [[noreturn]] void refuse(TensorId map, const std::string& what) const {
    throw InputError(fmt::format(
        "network {}: {}: {}", network_.name,
        map == kImage ? "the image" : "layer " + network_.layers[producer_of(map)].name, what));
  }

  TensorId group(TensorId map) const { return TensorId{index(tensors_.scale_group(map))}; }

  void add(TensorId map, const MapIntegers& integers) {
    std::optional<MapIntegers>& known = groups_[group(map)];
    if (!known) {
      known = integers;
      return;
    }
    if (!same(known->step, integers.step)) {
      refuse(map, fmt::format("its map has steps of {} and {}: must have one, with all maps that "
                              "are joined with it",
                              known->step, integers.step));
    }
    known->low = std::min(known->low, integers.low);
    known->high = std::max(known->high, integers.high);
  }

  /// A map with a step of its own comes out of a stage that bounds it.
  MapIntegers integers_of(TensorId map, float step) const {
    constexpr int kMost = 1 << kMaxBits;
    const Function& function = network_.layers[producer_of(map)].function;
    if (function.kind != Function::Kind::kClip)
      refuse(map, "nothing bounds its map, though its integers have a step");
    const auto integer = [&](double bound) {
      return static_cast<int>(
          std::lround(std::clamp(bound / double{step}, -2.0 * kMost, 2.0 * kMost)));
    };
    return {step, integer(function.low), integer(function.high)};
  }

  void find_maps() {
    add(kImage, {1.0f / 255, 0, 255});
    for (const LayerId l : network_.layers.ids()) {
      const Layer& layer = network_.layers[l];
      const bool copy = layer.kind == LayerKind::kSum && layer.rows() == 1 &&
                        layer.inputs.front() == kImage && layer.residual.empty() &&
                        layer.function.is_none() && !network_.is_output(l);
      if (copy) add(output_of(l), {1.0f / 255, 0, 255});
    }
    for (const auto& [value, step] : described_.steps.maps) {
      for (const TensorId map : lowered_.maps.at(value))
        if (map != kImage) add(map, integers_of(map, step));
    }
    for (const TensorId map : network_.tensors()) {
      if (map != output_of(network_.layers.last_id()) && !groups_[group(map)])
        refuse(map, "the file does not quantise its map, as it does with others");
    }
  }

  /// Bits of the maps of a group that a layer with weights reads.
  int width(TensorGroup width_group) const {
    int bits = kMinBits;
    for (const TensorId map : network_.tensors()) {
      if (tensors_.width_group(map) == width_group && groups_[group(map)])
        bits = std::max(bits, needed_bits(map));
    }
    return bits;
  }
  int needed_bits(TensorId map) const {
    MapIntegers integers = *groups_[group(map)];
    if (!tensors_.is_signed(map)) integers.low = 0;  // nothing below zero comes out of its stage
    const int bits = bits_of(integers, tensors_.is_signed(map));
    if (bits > kMaxBits) refuse(map, fmt::format("its map has more than {} bits", kMaxBits));
    return bits;
  }

  void set_activation_clips() {
    for (const TensorId map : network_.tensors()) {
      if (map == output_of(network_.layers.last_id())) break;
      const int bits = tensors_.bits(map, policy_);
      if (bits < needed_bits(map)) {
        refuse(map,
               fmt::format("its map has {} bits: must have at most {}", needed_bits(map), bits));
      }
      const int largest = (1 << (tensors_.is_signed(map) ? bits - 1 : bits)) - 1;
      clips_.activation.push_back(map == kImage ? 1.0f
                                                : real_number(groups_[group(map)]->step, largest));
    }
  }

  /// What the clips become goes the way of the weights: through everything that is folded.
  void find_weights() {
    IndexedVector<NodeId, Parameters> largest = *described_.parameters;
    for (const auto& [node, steps] : described_.steps.weights) {
      std::vector<float>& numbers = largest.at(node).at(0);
      const std::size_t rows = numbers.size() / steps.of_channel.size();
      for (std::size_t i = 0; i < numbers.size(); ++i)
        numbers[i] = real_number(steps.of_channel[i / rows], (1 << (steps.bits - 1)) - 1);
    }
    const auto folded = fold(described_.graph, lowered_, largest);
    policy_.layers.resize(network_.layers.size(), {0, kDefaultBits});
    for (const LayerId l : network_.layers.ids()) {
      clips_.weight.push_back(1.0f);
      if (network_.layers[l].has_weights()) set_weight_clips(l, folded[l].weights);
    }
  }

  void set_weight_clips(LayerId l, const std::vector<float>& weights) {
    const Layer& layer = network_.layers[l];
    policy_.layers[l].weight = weight_bits(l);
    std::vector<float> clips;
    for (std::size_t at = 0; at < weights.size(); at += static_cast<std::size_t>(layer.rows())) {
      clips.push_back(std::fabs(weights[at]));
    }
    const float most = *std::max_element(clips.begin(), clips.end());
    if (most == 0) return;
    clips_.weight[l] = most;
    std::replace(clips.begin(), clips.end(), 0.0f, most);  // zeros, whatever their clip is
    const float least = *std::min_element(clips.begin(), clips.end());
    if (same(least, most)) return;
    if (network_.is_output(l)) {
      throw InputError(fmt::format(
          "network {}: layer {}: the steps of its channels' weights differ by a factor of {}: its "
          "sums leave the network and are compared, so they must have one",
          network_.name, layer.name, most / least));
    }
    if (clips_.channel.empty()) clips_.channel.resize(network_.layers.size());
    clips_.channel[l] = std::move(clips);
  }

  /// A single weight per channel is exact at any width.
  int weight_bits(LayerId l) const {
    for (const ParameterPlace& place : lowered_.parameters) {
      const auto steps = described_.steps.weights.find(place.node);
      if (place.layer == l && steps != described_.steps.weights.end()) return steps->second.bits;
    }
    if (network_.layers[l].rows() == 1) return kDefaultBits;
    throw InputError(
        fmt::format("network {}: layer {}: the file does not quantise its weights, as it does with "
                    "others",
                    network_.name, network_.layers[l].name));
  }

  const DescribedNetwork& described_;
  const Lowered& lowered_;
  const Network& network_;
  const Tensors tensors_;
  IndexedVector<TensorId, std::optional<MapIntegers>> groups_;  ///< by scale group
  Policy policy_;
  TunedClips clips_;
};

}  // namespace

TunedClips file_clips(const DescribedNetwork& network, const Lowered& lowered) {
  return FileClips(network, lowered).find();
}

}  // namespace kirchhoff::quant
