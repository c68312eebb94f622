#pragma once

#include <cstddef>
#include <vector>

namespace kirchhoff::quant {

/// Counts of the magnitudes of non-zero values in equal bins over [0, limit].
struct MagnitudeHistogram {
  static constexpr std::size_t kBins = 2048;
  explicit MagnitudeHistogram(float limit_value) : limit(limit_value), counts(kBins, 0.0) {}
  void add(const float* values, std::size_t count);

  float limit;
  std::vector<double> counts;
};

/// The searches below return the clip c of a uniform quantiser with `levels` levels over [0, c],
/// zero included; `limit` of an empty histogram. They try every `step`-th bin edge.

/// Least Kullback-Leibler divergence of the distributions before and after quantisation
/// (docs/quantization.md).
float kl_clip(const MagnitudeHistogram& histogram, int levels, int step = 1);

/// Least mean squared error of the values, each taken at the centre of its bin.
float mse_clip(const MagnitudeHistogram& histogram, int levels, int step = 1);

/// The least bin edge that `percent` of the non-zero values do not exceed, `percent` in (0, 100].
float percentile_clip(const MagnitudeHistogram& histogram, double percent);

}  // namespace kirchhoff::quant
