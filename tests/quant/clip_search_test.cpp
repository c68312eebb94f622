#include "quant/quantizer/clip_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <gtest/gtest.h>

#include "small_model.h"

namespace kirchhoff::quant {
namespace {

MagnitudeHistogram histogram_of(const std::vector<float>& values) {
  float limit = 0.0f;
  for (const float value : values) limit = std::max(limit, std::fabs(value));
  MagnitudeHistogram histogram(limit);
  histogram.add(values.data(), values.size());
  return histogram;
}

TEST(MagnitudeHistogram, CountsMagnitudesButNoZeros) {
  MagnitudeHistogram histogram(1.0f);
  const std::vector<float> values = {0.0f, -0.0f, 1.0f, -1.0f, 0.5f, 0.0001f};
  histogram.add(values.data(), values.size());
  EXPECT_EQ(histogram.counts.front(), 1.0);
  EXPECT_EQ(histogram.counts[1024], 1.0);
  EXPECT_EQ(histogram.counts.back(), 2.0);
}

TEST(KlClip, KeepsTheRangeAtManyLevelsAndClipsMoreAtFew) {
  const MagnitudeHistogram histogram = histogram_of(bell_values(50000, 1.0f, 3));
  const float c2 = kl_clip(histogram, 2), c4 = kl_clip(histogram, 4),
              c128 = kl_clip(histogram, 128);
  EXPECT_GT(c2, 0.9f);  // standard deviations
  EXPECT_LT(c2, 2.0f);
  EXPECT_GT(c4, c2);
  EXPECT_GT(c128, c4);
  EXPECT_GT(c128, 0.8f * histogram.limit);
  EXPECT_LE(c128, histogram.limit);
}

TEST(KlClip, IgnoresAFewFarOutliersAtFewLevels) {
  std::vector<float> values = bell_values(50000, 0.1f, 4);
  values.push_back(2.0f);
  values.push_back(-2.0f);
  EXPECT_LT(kl_clip(histogram_of(values), 8), 0.8f);
}

TEST(KlClip, AnExactZeroOrAConstantBackgroundDoesNotSetTheClip) {
  std::vector<float> values = bell_values(20000, 1.0f, 5);
  for (float& value : values) value = std::fabs(value);
  const float clean = kl_clip(histogram_of(values), 16);
  values.resize(values.size() + 60000, 0.0f);
  EXPECT_EQ(kl_clip(histogram_of(values), 16), clean);
  // What a bias makes of a black background: one small value, very often.
  values.resize(values.size() + 20000, 0.02f);
  EXPECT_NEAR(kl_clip(histogram_of(values), 16), clean, 0.3f * clean);
}

TEST(KlClip, ScalesWithTheValues) {
  std::vector<float> values = bell_values(5000, 1.0f, 6);
  const float clip = kl_clip(histogram_of(values), 8);
  for (float& value : values) value *= 0.25f;
  EXPECT_FLOAT_EQ(kl_clip(histogram_of(values), 8), 0.25f * clip);
}

TEST(KlClip, HandlesDegenerateTensors) {
  EXPECT_EQ(kl_clip(MagnitudeHistogram(0.0f), 8), 0.0f);
  for (const int levels : {2, 4, 16, 256}) {
    EXPECT_NEAR(kl_clip(histogram_of(std::vector<float>(10, 3.0f)), levels), 3.0f, 0.2f) << levels;
  }
  EXPECT_THROW(kl_clip(MagnitudeHistogram(1.0f), 1), std::invalid_argument);
}

/// D_KL(P || Q) by definition, bin after bin, of the smoothed histogram `p`.
double literal_divergence(const std::vector<double>& counts, int bins, int levels) {
  const auto level_of = [&](int bin) {
    return static_cast<int>(std::floor((bin + 0.5) / bins * (levels - 1) + 0.5));
  };
  double total = 0.0, inliers = 0.0;
  for (std::size_t i = 0; i < counts.size(); ++i)
    (static_cast<int>(i) < bins ? inliers : total) += counts[i];
  total += inliers;
  std::vector<double> inside(static_cast<std::size_t>(levels), 0.0),
      width(static_cast<std::size_t>(levels), 0.0);
  for (int i = 0; i < bins; ++i) {
    inside[static_cast<std::size_t>(level_of(i))] += counts[static_cast<std::size_t>(i)];
    width[static_cast<std::size_t>(level_of(i))] += 1.0;
  }
  double divergence = 0.0;
  for (int i = 0; i < bins; ++i) {
    const auto level = static_cast<std::size_t>(level_of(i));
    const double folded = level_of(i) == levels - 1 ? (total - inliers) / width[level] : 0.0;
    const double p = (counts[static_cast<std::size_t>(i)] + folded) / total;
    const double q = inside[level] / width[level] / inliers;
    if (p > 0.0) divergence += p * std::log(p / q);
  }
  return divergence;
}

TEST(KlClip, IsTheLeastDivergenceByDefinition) {
  // A histogram that smoothing hardly changes, so that the definition can be applied to it as it
  // is.
  MagnitudeHistogram histogram(1.0f);
  for (std::size_t i = 0; i < MagnitudeHistogram::kBins; ++i) {
    histogram.counts[i] = 1e6 * std::exp(-static_cast<double>(i) / 500.0);
  }
  for (const int levels : {2, 4, 16, 128}) {
    const int found = static_cast<int>(std::lround(kl_clip(histogram, levels) * 2048.0f));
    double least = std::numeric_limits<double>::infinity();
    for (int bins = levels; bins <= 2048; bins += 3) {
      least = std::min(least, literal_divergence(histogram.counts, bins, levels));
    }
    EXPECT_LE(literal_divergence(histogram.counts, found, levels), least * 1.01 + 1e-5) << levels;
  }
}

double squared_error(const MagnitudeHistogram& histogram, double clip, int levels) {
  double error = 0.0;
  for (std::size_t bin = 0; bin < MagnitudeHistogram::kBins; ++bin) {
    const double value =
        (static_cast<double>(bin) + 0.5) * histogram.limit / MagnitudeHistogram::kBins;
    const double step = clip / (levels - 1);
    const double quantised = std::min(std::round(value / step), levels - 1.0) * step;
    error += histogram.counts[bin] * (value - quantised) * (value - quantised);
  }
  return error;
}

TEST(MseClip, IsTheLeastSquaredErrorByDefinition) {
  const MagnitudeHistogram histogram = histogram_of(bell_values(4000, 0.3f, 5));
  for (const int levels : {2, 4, 16, 128}) {
    double least = std::numeric_limits<double>::infinity();
    for (int bins = levels; bins <= 2048; ++bins) {
      least = std::min(least,
                       squared_error(histogram, double{histogram.limit} * bins / 2048.0, levels));
    }
    EXPECT_LE(squared_error(histogram, mse_clip(histogram, levels), levels), least * 1.001)
        << levels;
  }
  EXPECT_LT(mse_clip(histogram, 2), mse_clip(histogram, 128));
  EXPECT_EQ(mse_clip(MagnitudeHistogram(0.0f), 8), 0.0f);
  EXPECT_THROW(mse_clip(histogram, 1), std::invalid_argument);
}

TEST(ClipSearch, ACoarseSearchEndsNearTheFineOne) {
  const MagnitudeHistogram histogram = histogram_of(bell_values(4000, 0.3f, 6));
  for (const int levels : {4, 16, 128}) {
    EXPECT_NEAR(mse_clip(histogram, levels, 16), mse_clip(histogram, levels),
                0.05f * histogram.limit);
    EXPECT_NEAR(kl_clip(histogram, levels, 16), kl_clip(histogram, levels), 0.1f * histogram.limit);
  }
}

TEST(PercentileClip, KeepsTheShareThatItIsAskedFor) {
  std::vector<float> values;
  for (int i = 1; i <= 1000; ++i) values.push_back(static_cast<float>(i) / 1000.0f);
  const MagnitudeHistogram histogram = histogram_of(values);
  EXPECT_NEAR(percentile_clip(histogram, 90.0), 0.9f, 0.001f);
  EXPECT_NEAR(percentile_clip(histogram, 50.0), 0.5f, 0.001f);
  EXPECT_EQ(percentile_clip(histogram, 100.0), 1.0f);
  EXPECT_EQ(percentile_clip(MagnitudeHistogram(0.0f), 50.0), 0.0f);
  EXPECT_THROW(percentile_clip(histogram, 0.0), std::invalid_argument);
  EXPECT_THROW(percentile_clip(histogram, 100.5), std::invalid_argument);
}

}  // namespace
}  // namespace kirchhoff::quant
