#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "quant/model/model.h"
#include "quant/network/integer_network.h"
#include "quant/quantizer/calibration.h"
#include "quant/quantizer/codebook.h"

namespace kirchhoff::quant {

/// Turns (model, clips, policy) into exact integers; weights of every (layer, bits) are quantised
/// once. Not for several threads at a time.
class Quantizer {
 public:
  /// InputError when the clips are not those of this model's layers.
  Quantizer(Model model, ClipTable clips);
  const Model& model() const { return model_; }
  const ClipTable& clips() const { return clips_; }

  /// InputError unless `policy` has allowed widths for every layer.
  void check(const Policy& policy) const;
  /// Integer weights of a layer, rows() x out_channels; computed once per (layer, bits). Without
  /// weights an empty matrix.
  const Eigen::MatrixXi& weights(LayerId layer, int bits);
  /// The weights that a layer may have at so many bits, of which there is a codebook.
  const Codebook& codebook(LayerId layer, int bits);
  /// Which entry of it each weight has become, in the model's order.
  std::vector<std::int64_t> entry_numbers(LayerId layer, int bits);
  /// The integers of one layer without its weights.
  IntegerLayer constants(LayerId layer, const Policy& policy);
  /// What the host adds to the accumulators of the layer that delivers them; one per channel.
  std::vector<std::int64_t> output_bias(const Policy& policy);
  /// Real value of one step of the last layer's accumulators, and so of the logits.
  double logit_scale(const Policy& policy) const;
  /// All of them, with the policy as the chip has it (stored_policy()).
  IntegerNetwork quantise(const Policy& policy);
  Policy stored(const Policy& policy) const { return stored_policy(clips_.weights, policy); }

  /// What a layer computes with, as real values: its integer weights times their scale, and its
  /// biases, corrected if the clips say so.
  FloatLayer real_layer(LayerId layer, int bits);
  /// Real value of one step of a map at so many bits.
  double map_scale(TensorId map, int bits) const;

 private:
  void check_layer(LayerId l) const;
  int largest_weight(int bits) const;
  /// Real value of one step of the weights of an output channel.
  double weight_scale(LayerId layer, int bits, std::size_t channel) const;
  /// Real value of one step of a layer's accumulators: with weights of an output channel, else of
  /// the sum of so many pixels that `k` stands for (constant_of()).
  double sum_scale(LayerId layer, const Policy& policy, int k) const;
  /// Whether clamping to the range of its map is all that the layer's function does.
  bool clamps(LayerId layer, int output_bits) const;
  /// What a layer's function makes of the numbers `step` apart that its table has.
  std::vector<std::int32_t> table(LayerId layer, const IntegerLayer& widths, double step) const;

  /// Biases of a layer whose weights have `bits`, corrected if the clips say so; computed once.
  const std::vector<double>& bias(LayerId layer, int bits);

  Model model_;
  ClipTable clips_;
  Tensors tensors_;
  IndexedVector<LayerId, std::array<Eigen::MatrixXi, kMaxBits + 1>> weights_;
  IndexedVector<LayerId, std::array<std::optional<Codebook>, kEntryBits>> codebooks_;
  IndexedVector<LayerId, std::array<std::vector<double>, kMaxBits + 1>> biases_;
};

}  // namespace kirchhoff::quant
