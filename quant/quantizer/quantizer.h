#pragma once

#include <array>
#include <string>
#include <vector>

#include "quant/data/dataset.h"
#include "quant/model/model.h"
#include "quant/network/integer_network.h"

namespace kirchhoff::quant {

/// Clip value c per (layer, bits): weights to [-c, c], activations to [0, c]. Index [layer][bits].
struct ClipTable {
  std::vector<std::array<float, kMaxBits + 1>> weight;
  std::vector<std::array<float, kMaxBits + 1>> activation;  ///< of the layer's input; layer 0: 1.0, the raw image
};

/// KL-optimal clips (paper, eq. 4): weights from the model, activations from `calibration` (training images).
ClipTable calibrate(const Model& model, const Dataset& calibration);
/// The same, read from or written to a cache file keyed by model, data and settings. An unreadable or
/// foreign cache file is ignored and replaced.
ClipTable calibrate_cached(const Model& model, const Dataset& calibration, const std::string& cache_dir);
/// $KIRCHHOFF_CACHE, else $XDG_CACHE_HOME/kirchhoff, else $HOME/.cache/kirchhoff.
std::string default_cache_dir();

/// Turns (model, clips, policy) into exact integers; weights of every (layer, bits) are quantised once.
class Quantizer {
 public:
  Quantizer(Model model, ClipTable clips);
  const Model& model() const { return model_; }
  const ClipTable& clips() const { return clips_; }
  /// Integer weights of a layer, rows() x out_channels; computed once per (layer, bits).
  const Eigen::MatrixXi& weights(std::size_t layer, int bits);
  /// Only the integers of one layer: bits of its weights, its inputs and its consumer (0 = last layer).
  IntegerLayer layer(std::size_t layer, int weight_bits, int activation_bits, int output_bits);
  IntegerNetwork quantise(const Policy& policy);

 private:
  Model model_;
  ClipTable clips_;
  std::vector<std::array<Eigen::MatrixXi, kMaxBits + 1>> weights_;
};

}  // namespace kirchhoff::quant
