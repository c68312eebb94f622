#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "quant/data/dataset.h"
#include "quant/model/model.h"
#include "quant/network/policy.h"
#include "quant/network/weight_quantizer.h"

namespace kirchhoff::quant {

enum class ClipMethod {
  kKl,          ///< least Kullback-Leibler divergence (the paper's)
  kMse,         ///< least squared error
  kPercentile,  ///< a fixed share of the non-zero values fits
};

/// How float values become integers.
struct QuantizationOptions {
  ClipMethod clip = ClipMethod::kKl;
  double percentile = 99.9;  ///< for kPercentile, in (0, 100]
  /// A clip for the weights of every output channel instead of one for the layer. Not in the last
  /// layer: its accumulators are compared with each other, so they need one unit.
  bool per_channel = false;
  /// Subtracts from every bias what the rounding of the channel's weights adds on average.
  bool bias_correction = false;
  WeightQuantizer weights = WeightQuantizer::kLinear;
};

/// Clip value c: weights to [-c, c], activations to [0, c], or to [-c, c] where they have a sign.
struct ClipTable {
  /// Index [layer][bits]; 1.0 without weights.
  IndexedVector<LayerId, std::array<float, kMaxBits + 1>> weight;
  /// Of every map but the network's result, index [map][bits]; 1.0 for the image. Maps that share a
  /// scale (tensors.h) have the same.
  IndexedVector<TensorId, std::array<float, kMaxBits + 1>> activation;
  /// Of every output channel in place of `weight`, where there are any (per_channel, TunedClips);
  /// none for the layer that delivers the sums, and without weights. Index [layer][bits][channel].
  IndexedVector<LayerId, std::array<std::vector<float>, kMaxBits + 1>> channel;
  /// With bias_correction, mean of every channel of the layer's input in the float network.
  IndexedVector<LayerId, std::vector<float>> input_mean;
  WeightQuantizer weights = WeightQuantizer::kLinear;
};

/// Images of the training split that calibration takes from its front.
inline constexpr std::size_t kCalibrationImages = 1000;

using ActivationVisitor = std::function<void(TensorId map, const float* values, std::size_t count)>;
/// Runs the float network over the calibration images and hands every map but the result to the
/// visitor, batch by batch, image after image, channel after channel. A callback, so that this
/// target needs no LibTorch.
using ActivationPass = std::function<void(const ActivationVisitor&)>;

/// Clips up to 8 bits by the method asked for, the largest magnitude beyond: weights from the
/// model, activations from two runs of `pass` (the largest value of every map, then the
/// histogram).
ClipTable calibrate(const Model& model, const ActivationPass& pass,
                    const QuantizationOptions& options = {});

/// Rounds weights by k-means: entries of a codebook are integers of 8 bits, so they take the clips
/// of 8 bits. For clips of calibrate() without any.
void use_codebooks(ClipTable& clips);

/// Puts the clips that `model` was fine-tuned with in the place of those found for the same widths;
/// nothing for a model that was not. Those of integers of few bits are not those of a codebook.
/// InputError when they belong to another network.
void apply_tuned_clips(const Model& model, ClipTable& clips);

}  // namespace kirchhoff::quant
