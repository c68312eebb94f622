#include "quant/quantizer/clip_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "base/portable_math.h"

namespace kirchhoff::quant {
namespace {

void check_levels(int levels) {
  if (levels < 2 || levels > static_cast<int>(MagnitudeHistogram::kBins)) {
    throw std::invalid_argument("clip search: levels must be in [2, 2048]");
  }
}

/// The candidates end at the last bin edge, so that nothing need be clipped.
int first_candidate(int levels, int step) {
  constexpr int kBins = MagnitudeHistogram::kBins;
  return kBins - (kBins - levels) / step * step;
}

/// First bin behind those that the quantiser with its clip at edge `bins` sends to `level`: the
/// next level starts at the first bin whose centre is nearer to it than to this one.
std::size_t level_end(int level, int levels, int bins) {
  const int steps = levels - 1;
  if (level == steps) return static_cast<std::size_t>(bins);
  return static_cast<std::size_t>(((2 * level + 1) * bins + steps - 1) / (2 * steps));
}

double times_log(double n) { return n > 0.0 ? n * base::portable_log(n) : 0.0; }

/// Two passes of a moving average over 1/32 of the range, mirrored at the ends.
std::vector<double> smoothed(std::vector<double> counts) {
  constexpr int kReach = 32;
  const int bins = static_cast<int>(counts.size());
  const auto mirrored = [bins](int bin) {
    return static_cast<std::size_t>(bin < 0 ? -1 - bin : bin >= bins ? 2 * bins - 1 - bin : bin);
  };
  for (int pass = 0; pass < 2; ++pass) {
    std::vector<double> result(counts.size());
    for (int bin = 0; bin < bins; ++bin) {
      double sum = 0.0;
      for (int k = -kReach; k <= kReach; ++k) sum += counts[mirrored(bin + k)];
      result[static_cast<std::size_t>(bin)] = sum / (2 * kReach + 1);
    }
    counts = std::move(result);
  }
  return counts;
}

}  // namespace

void MagnitudeHistogram::add(const float* values, std::size_t count) {
  const float scale = limit > 0.0f ? static_cast<float>(kBins) / limit : 0.0f;
  for (std::size_t i = 0; i < count; ++i) {
    const float magnitude = std::fabs(values[i]);
    if (!(magnitude > 0.0f)) continue;
    const auto bin =
        static_cast<std::size_t>(std::min(magnitude * scale, static_cast<float>(kBins - 1)));
    counts[bin] += 1.0;
  }
}

float kl_clip(const MagnitudeHistogram& histogram, int levels, int step) {
  constexpr int kBins = MagnitudeHistogram::kBins;
  check_levels(levels);
  const std::vector<double> counts = smoothed(histogram.counts);
  // Prefix sums make a candidate cost its levels only: over one level's bins the divergence is
  // sum p*log(p) - sum(p)*log(q), q being the same for all of them.
  std::vector<double> mass(kBins + 1, 0.0), log_mass(kBins + 1, 0.0);
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    mass[bin + 1] = mass[bin] + counts[bin];
    log_mass[bin + 1] = log_mass[bin] + times_log(counts[bin]);
  }
  const double total = mass[kBins];
  if (total <= 0.0) return histogram.limit;

  // Stands for a density of zero, so that a level without values costs much and not infinitely
  // much.
  constexpr double kEmpty = 1e-9;
  double least = std::numeric_limits<double>::infinity();
  int best = kBins;
  for (int bins = first_candidate(levels, step); bins <= kBins; bins += step) {
    const auto clip_bin = static_cast<std::size_t>(bins);
    const double inliers = mass[clip_bin];
    if (inliers <= 0.0) continue;
    double divergence = -base::portable_log(total);
    std::size_t begin = 0;
    for (int level = 0; level < levels; ++level) {
      const bool top = level == levels - 1;
      const std::size_t end = level_end(level, levels, bins);
      if (end <= begin) continue;
      const double width = static_cast<double>(end - begin);
      const double inside = mass[end] - mass[begin];
      double probability = inside;
      double sum = log_mass[end] - log_mass[begin];
      if (top && total > inliers) {
        const double extra = (total - inliers) / width;
        sum = 0.0;
        for (std::size_t bin = begin; bin < end; ++bin) sum += times_log(counts[bin] + extra);
        probability += total - inliers;
      }
      if (probability <= 0.0) {
        begin = end;
        continue;
      }
      divergence +=
          (sum - probability * base::portable_log(std::max(inside / width / inliers, kEmpty))) /
          total;
      begin = end;
    }
    if (divergence < least) {
      least = divergence;
      best = bins;
    }
  }
  return histogram.limit * static_cast<float>(best) / static_cast<float>(kBins);
}

float mse_clip(const MagnitudeHistogram& histogram, int levels, int step) {
  constexpr int kBins = MagnitudeHistogram::kBins;
  check_levels(levels);
  // Sums of 1, x and x^2 over the bins before each edge, in units of bins.
  std::vector<double> mass(kBins + 1, 0.0), moment(kBins + 1, 0.0), square(kBins + 1, 0.0);
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    const double count = histogram.counts[bin];
    const double centre = static_cast<double>(bin) + 0.5;
    mass[bin + 1] = mass[bin] + count;
    moment[bin + 1] = moment[bin] + count * centre;
    square[bin + 1] = square[bin] + count * centre * centre;
  }
  if (mass[kBins] <= 0.0) return histogram.limit;

  double least = std::numeric_limits<double>::infinity();
  int best = kBins;
  for (int bins = first_candidate(levels, step); bins <= kBins; bins += step) {
    double error = 0.0;
    std::size_t begin = 0;
    for (int level = 0; level < levels; ++level) {
      // Values beyond the clip go to the top level, too.
      const std::size_t end = level == levels - 1 ? kBins : level_end(level, levels, bins);
      const double value = static_cast<double>(level) * bins / (levels - 1);
      error += square[end] - square[begin] - 2.0 * value * (moment[end] - moment[begin]) +
               value * value * (mass[end] - mass[begin]);
      begin = end;
    }
    if (error < least) {
      least = error;
      best = bins;
    }
  }
  return histogram.limit * static_cast<float>(best) / static_cast<float>(kBins);
}

float percentile_clip(const MagnitudeHistogram& histogram, double percent) {
  if (!(percent > 0.0 && percent <= 100.0)) {
    throw std::invalid_argument("percentile_clip: percent must be in (0, 100]");
  }
  double total = 0.0;
  for (const double count : histogram.counts) total += count;
  double below = 0.0;
  for (std::size_t bin = 0; bin < MagnitudeHistogram::kBins; ++bin) {
    below += histogram.counts[bin];
    if (below >= total * percent / 100.0 && below > 0.0) {
      return histogram.limit * static_cast<float>(bin + 1) /
             static_cast<float>(MagnitudeHistogram::kBins);
    }
  }
  return histogram.limit;
}

}  // namespace kirchhoff::quant
