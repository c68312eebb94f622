#include "quant/quantizer/calibration.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "traces/atomic_file.h"
#include "traces/error.h"

namespace kirchhoff::quant {
namespace {

/// Part of the cache key: raise it when the clip search changes.
constexpr int kSettingsVersion = 3;
constexpr const char* kFormat = "kirchhoff-clips";

using Clips = std::array<float, kMaxBits + 1>;

/// FNV-1a, 64 bits.
class Hash {
 public:
  void bytes(const void* data, std::size_t size) {
    const auto* at = static_cast<const unsigned char*>(data);
    for (std::size_t i = 0; i < size; ++i) value_ = (value_ ^ at[i]) * 1099511628211ULL;
  }
  void integer(std::int64_t value) { bytes(&value, sizeof value); }
  void text(const std::string& value) {
    integer(static_cast<std::int64_t>(value.size()));
    bytes(value.data(), value.size());
  }
  void floats(const std::vector<float>& values) {
    integer(static_cast<std::int64_t>(values.size()));
    bytes(values.data(), values.size() * sizeof(float));
  }
  std::string hex() const { return fmt::format("{:016x}", value_); }

 private:
  std::uint64_t value_ = 14695981039346656037ULL;
};

std::string cache_key(const Model& model, const Dataset& calibration) {
  Hash hash;
  hash.integer(kSettingsVersion);
  for (std::size_t l = 0; l < model.layers.size(); ++l) {
    const Layer& layer = model.network.layers[l];
    for (const int value :
         {layer.input.channels, layer.input.height, layer.input.width, layer.out_channels,
          layer.kernel_height, layer.kernel_width, layer.stride, layer.padding,
          static_cast<int>(layer.relu), layer.pool}) {
      hash.integer(value);
    }
    for (const int input : layer.inputs) hash.integer(input);
    hash.floats(model.layers[l].weights);
    hash.floats(model.layers[l].bias);
  }
  hash.text(calibration.name);
  hash.integer(static_cast<std::int64_t>(calibration.pixels.size()));
  hash.bytes(calibration.pixels.data(), calibration.pixels.size());
  return hash.hex();
}

float largest_magnitude(const float* values, std::size_t count, float start) {
  for (std::size_t i = 0; i < count; ++i) start = std::max(start, std::fabs(values[i]));
  return start;
}

bool read_clips(const nlohmann::json& rows, std::size_t layers, std::vector<Clips>& clips) {
  if (!rows.is_array() || rows.size() != layers) return false;
  for (const nlohmann::json& row : rows) {
    if (!row.is_array() || row.size() != kMaxBits + 1) return false;
    Clips& values = clips.emplace_back();
    for (std::size_t bits = 0; bits <= kMaxBits; ++bits) {
      if (!row[bits].is_number()) return false;
      values[bits] = row[bits].get<float>();
      const bool used = bits >= static_cast<std::size_t>(kMinBits);
      if (used && (!std::isfinite(values[bits]) || values[bits] <= 0.0f)) return false;
    }
  }
  return true;
}

std::optional<ClipTable> read_cache(const std::string& path, const std::string& key,
                                    std::size_t layers) {
  std::ifstream file(path);
  if (!file) return std::nullopt;
  const nlohmann::json json = nlohmann::json::parse(file, nullptr, false);
  if (!json.is_object() || json.value("format", nlohmann::json()) != kFormat ||
      json.value("key", nlohmann::json()) != key) {
    return std::nullopt;
  }
  ClipTable clips;
  if (!read_clips(json.value("weight", nlohmann::json()), layers, clips.weight) ||
      !read_clips(json.value("activation", nlohmann::json()), layers, clips.activation)) {
    return std::nullopt;
  }
  return clips;
}

void write_cache(const std::string& directory, const std::string& path, const std::string& key,
                 const ClipTable& clips) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  const nlohmann::json json = {{"format", kFormat},
                               {"key", key},
                               {"weight", clips.weight},
                               {"activation", clips.activation}};
  try {
    write_file_atomically(path, json.dump(1) + "\n");
  } catch (const RunError&) {
    // A read-only or full cache must not stop the work: the next run calibrates again.
  }
}

double times_log(double n) { return n > 0.0 ? n * std::log(n) : 0.0; }

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

float kl_clip(const MagnitudeHistogram& histogram, int levels) {
  constexpr int kBins = MagnitudeHistogram::kBins;
  if (levels < 2 || levels > kBins)
    throw std::invalid_argument("kl_clip: levels must be in [2, 2048]");
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
  for (int bins = levels; bins <= kBins; ++bins) {
    const auto clip_bin = static_cast<std::size_t>(bins);
    const double inliers = mass[clip_bin];
    if (inliers <= 0.0) continue;
    double divergence = -std::log(total);
    std::size_t begin = 0;
    for (int level = 0; level < levels; ++level) {
      // The next level starts at the first bin whose centre is nearer to it than to this one.
      const int steps = levels - 1;
      const bool top = level == steps;
      const auto end =
          top ? clip_bin
              : static_cast<std::size_t>(((2 * level + 1) * bins + steps - 1) / (2 * steps));
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
          (sum - probability * std::log(std::max(inside / width / inliers, kEmpty))) / total;
      begin = end;
    }
    if (divergence < least) {
      least = divergence;
      best = bins;
    }
  }
  return histogram.limit * static_cast<float>(best) / static_cast<float>(kBins);
}

ClipTable calibrate(const Model& model, const ActivationPass& pass) {
  const std::size_t layers = model.layers.size();
  ClipTable clips;
  clips.weight.resize(layers);
  clips.activation.resize(layers);

  std::vector<float> limits(layers, 0.0f);
  pass([&](std::size_t layer, const float* values, std::size_t count) {
    limits.at(layer) = largest_magnitude(values, count, limits[layer]);
  });
  std::vector<MagnitudeHistogram> histograms(limits.begin(), limits.end());
  pass([&](std::size_t layer, const float* values, std::size_t count) {
    histograms.at(layer).add(values, count);
  });

  for (std::size_t l = 0; l < layers; ++l) {
    const std::vector<float>& weights = model.layers[l].weights;
    MagnitudeHistogram magnitudes(largest_magnitude(weights.data(), weights.size(), 0.0f));
    magnitudes.add(weights.data(), weights.size());
    const bool image = model.network.layers[l].inputs.front() == kImage;
    // A layer of zeros, or one that only zeros enter, is exact under any clip.
    const auto usable = [](float clip) { return clip > 0.0f ? clip : 1.0f; };
    for (int bits = kMinBits; bits <= kMaxBits; ++bits) {
      const auto at = static_cast<std::size_t>(bits);
      // Wider than the searched widths, steps are finer than any gain from clipping: nothing is.
      const bool wide = bits > kMaxSearchBits;
      clips.weight[l][at] = usable(wide ? magnitudes.limit : kl_clip(magnitudes, 1 << (bits - 1)));
      clips.activation[l][at] =
          image ? 1.0f : usable(wide ? histograms[l].limit : kl_clip(histograms[l], 1 << bits));
    }
  }
  return clips;
}

ClipTable calibrate_cached(const Model& model, const Dataset& calibration,
                           const ActivationPass& pass, const std::string& cache_dir) {
  if (cache_dir.empty()) return calibrate(model, pass);
  const std::string key = cache_key(model, calibration);
  const std::string path =
      (std::filesystem::path(cache_dir) /
       fmt::format("clips-{}-{}-{}.json", model.network.name, calibration.name, key))
          .string();
  if (const std::optional<ClipTable> cached = read_cache(path, key, model.layers.size()))
    return *cached;
  ClipTable clips = calibrate(model, pass);
  write_cache(cache_dir, path, key, clips);
  return clips;
}

std::string default_cache_dir() {
  const auto variable = [](const char* name) -> std::string {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
  };
  if (const std::string own = variable("KIRCHHOFF_CACHE"); !own.empty()) return own;
  if (const std::string xdg = variable("XDG_CACHE_HOME"); !xdg.empty()) return xdg + "/kirchhoff";
  if (const std::string home = variable("HOME"); !home.empty()) return home + "/.cache/kirchhoff";
  return "";
}

}  // namespace kirchhoff::quant
