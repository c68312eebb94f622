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

namespace kirchhoff::quant {

/// Clip value c per (layer, bits): weights to [-c, c], activations to [0, c]. Index [layer][bits].
struct ClipTable {
  std::vector<std::array<float, kMaxBits + 1>> weight;
  std::vector<std::array<float, kMaxBits + 1>>
      activation;  ///< of the layer's input; 1.0 where that is the image
};

/// Images of the training split that calibration takes from its front.
inline constexpr std::size_t kCalibrationImages = 1000;

using ActivationVisitor =
    std::function<void(std::size_t layer, const float* values, std::size_t count)>;
/// Runs the float network over the calibration images and hands the activations that enter every
/// layer to the visitor, batch by batch. A callback, so that this target needs no LibTorch.
using ActivationPass = std::function<void(const ActivationVisitor&)>;

/// Counts of the magnitudes of non-zero values in equal bins over [0, limit].
struct MagnitudeHistogram {
  static constexpr std::size_t kBins = 2048;
  explicit MagnitudeHistogram(float limit_value) : limit(limit_value), counts(kBins, 0.0) {}
  void add(const float* values, std::size_t count);

  float limit;
  std::vector<double> counts;
};

/// The clip c at which a uniform quantiser with `levels` levels over [0, c], zero included, keeps
/// the distribution best: least Kullback-Leibler divergence (docs/quantization.md). `limit` of an
/// empty histogram.
float kl_clip(const MagnitudeHistogram& histogram, int levels);

/// KL-optimal clips (paper, eq. 4), up to 8 bits; the largest magnitude beyond: weights from the
/// model, activations from two runs of `pass` (the largest value of every layer, then the
/// histogram).
ClipTable calibrate(const Model& model, const ActivationPass& pass);
/// The same, read from or written to a cache file in `cache_dir` (empty: no cache), keyed by model,
/// data and settings; `pass` must run over `calibration`. A file that cannot be read or is not ours
/// is replaced; one that cannot be written costs time only.
ClipTable calibrate_cached(const Model& model, const Dataset& calibration,
                           const ActivationPass& pass, const std::string& cache_dir);
/// $KIRCHHOFF_CACHE, else $XDG_CACHE_HOME/kirchhoff, else $HOME/.cache/kirchhoff; empty without
/// any.
std::string default_cache_dir();

}  // namespace kirchhoff::quant
