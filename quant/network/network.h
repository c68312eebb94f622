#pragma once

#include <string>
#include <vector>

#include "base/indexed.h"
#include "quant/network/layer.h"

namespace kirchhoff::quant {

/// What limits a network, whoever describes it.
inline constexpr int kMaxLayers = 1024;
inline constexpr int kMaxChannels = 16384;
inline constexpr int kMaxSide = 1024;
inline constexpr long long kMaxMapValues = 1LL << 24;
inline constexpr long long kMaxWeights = 1LL << 28;
/// Largest row count whose sum of 8-bit products, 127 * 255 each, always fits an int32 accumulator.
inline constexpr long long kMaxRows = 2147483647LL / (127 * 255);

/// A quantisable network as the chip runs it: stages in topological order, the last of which
/// delivers its sums. lower() makes it of a graph of operators.
struct Network {
  std::string name;
  Shape image;  ///< of the unsigned 8-bit input, already padded by the dataset reader
  IndexedVector<LayerId, Layer> layers;

  Shape shape_of(TensorId map) const;
  /// Image and outputs of all layers.
  IdRange<TensorId> tensors() const { return {kImage, following(output_of(layers.last_id()))}; }
  /// Delivers its sums to the host.
  bool is_output(LayerId layer) const { return layer == layers.last_id(); }
  /// Convolutions without groups, dilation or uneven padding and fully connected layers, ReLU
  /// behind each but the last, each of one map: what the fast kernels, training and calibration
  /// take.
  bool is_plain() const;
  /// Layers with weights, in order: those that a policy has widths for.
  std::vector<LayerId> weight_layers() const;

  /// Throws InputError naming the layer and the rule that it breaks.
  void validate() const;
};

/// Every stage with all of its numbers, a line each: equal for networks that compute the same with
/// the same parameters.
std::string stages_text(const Network& network);

/// InputError when the network is not plain: `what` is not there for it yet.
void check_plain(const Network& network, const char* what);

/// 1 to 64 letters, digits, '_', '-' or '.'; InputError otherwise.
void check_network_name(const std::string& where, const std::string& name);
/// A map of a size that can be held; `what` names it.
void check_map(const std::string& where, const char* what, const Shape& map);
/// The numbers of one layer fit each other and the map that enters; InputError otherwise.
void check_layer(const Layer& layer, const std::string& where);

}  // namespace kirchhoff::quant
