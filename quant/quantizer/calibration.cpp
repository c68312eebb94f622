#include "quant/quantizer/calibration.h"

#include <algorithm>
#include <cmath>

#include "base/stop_request.h"
#include "quant/quantizer/clip_search.h"

namespace kirchhoff::quant {
namespace {

// Every 16th bin edge is fine enough for a channel's few weights, and there are many channels.
constexpr int kChannelStep = 16;

float largest_magnitude(const float* values, std::size_t count, float start) {
  for (std::size_t i = 0; i < count; ++i) start = std::max(start, std::fabs(values[i]));
  return start;
}

MagnitudeHistogram histogram_of(const float* values, std::size_t count) {
  MagnitudeHistogram magnitudes(largest_magnitude(values, count, 0.0f));
  magnitudes.add(values, count);
  return magnitudes;
}

float find_clip(const MagnitudeHistogram& histogram, int bits, int levels, int step,
                const QuantizationOptions& options) {
  give_up_if_stopped();
  float clip = histogram.limit;
  // Wider than the searched widths, steps are finer than any gain from clipping: nothing is.
  if (bits <= kMaxSearchBits) {
    switch (options.clip) {
      case ClipMethod::kKl:
        clip = kl_clip(histogram, levels, step);
        break;
      case ClipMethod::kMse:
        clip = mse_clip(histogram, levels, step);
        break;
      case ClipMethod::kPercentile:
        clip = percentile_clip(histogram, options.percentile);
        break;
    }
  }
  // Only zeros: exact under any clip.
  return clip > 0.0f ? clip : 1.0f;
}

std::array<std::vector<float>, kMaxBits + 1> channel_clips(const Layer& layer,
                                                           const std::vector<float>& weights,
                                                           const QuantizationOptions& options) {
  std::array<std::vector<float>, kMaxBits + 1> clips;
  const auto rows = static_cast<std::size_t>(layer.rows());
  for (std::size_t c = 0; c < static_cast<std::size_t>(layer.out_channels); ++c) {
    const MagnitudeHistogram magnitudes = histogram_of(weights.data() + c * rows, rows);
    for (int bits = kMinBits; bits <= kMaxBits; ++bits) {
      clips[static_cast<std::size_t>(bits)].push_back(
          find_clip(magnitudes, bits, 1 << (bits - 1), kChannelStep, options));
    }
  }
  return clips;
}

}  // namespace

ClipTable calibrate(const Model& model, const ActivationPass& pass,
                    const QuantizationOptions& options) {
  const int layers = model.layers.size();
  ClipTable clips;
  clips.weight.resize(layers);
  clips.activation.resize(layers);

  IndexedVector<LayerId, float> limits(layers, 0.0f);
  pass([&](LayerId layer, const float* values, std::size_t count) {
    limits.at(layer) = largest_magnitude(values, count, limits[layer]);
  });
  IndexedVector<LayerId, MagnitudeHistogram> histograms(limits.begin(), limits.end());
  IndexedVector<LayerId, std::vector<double>> sums(layers);
  IndexedVector<LayerId, std::size_t> images(layers, 0);
  for (const LayerId l : model.layers.ids()) {
    sums[l].assign(static_cast<std::size_t>(model.network.layers[l].input.channels), 0.0);
  }
  pass([&](LayerId layer, const float* values, std::size_t count) {
    histograms.at(layer).add(values, count);
    const Shape& map = model.network.layers[layer].input;
    const auto pixels = static_cast<std::size_t>(map.height) * static_cast<std::size_t>(map.width);
    for (std::size_t first = 0; first < count; first += pixels) {
      double& sum = sums[layer][first / pixels % sums[layer].size()];
      for (std::size_t i = first; i < first + pixels; ++i) sum += static_cast<double>(values[i]);
    }
    images[layer] += count / static_cast<std::size_t>(map.size());
  });

  for (const LayerId l : model.layers.ids()) {
    const Layer& layer = model.network.layers[l];
    const std::vector<float>& weights = model.layers[l].weights;
    const MagnitudeHistogram magnitudes = histogram_of(weights.data(), weights.size());
    const bool image = layer.inputs.front() == kImage;
    for (int bits = kMinBits; bits <= kMaxBits; ++bits) {
      const auto at = static_cast<std::size_t>(bits);
      clips.weight[l][at] = find_clip(magnitudes, bits, 1 << (bits - 1), 1, options);
      clips.activation[l][at] =
          image ? 1.0f : find_clip(histograms[l], bits, 1 << bits, 1, options);
    }
    if (options.per_channel) {
      clips.channel.emplace_back();
      if (l != model.layers.last_id())
        clips.channel.back() = channel_clips(layer, weights, options);
    }
    if (options.bias_correction) {
      const double values = static_cast<double>(images[l]) * layer.input.height * layer.input.width;
      std::vector<float>& mean = clips.input_mean.emplace_back();
      for (const double sum : sums[l]) {
        mean.push_back(static_cast<float>(sum / std::max(values, 1.0)));
      }
    }
  }
  return clips;
}

void apply_tuned_clips(const Model& model, ClipTable& clips) {
  if (!model.clips) return;
  const Policy policy = parse_policy(model.clips->policy, model.network);
  for (const LayerId l : policy.layers.ids()) {
    const auto w = static_cast<std::size_t>(policy.layers[l].weight);
    const auto a = static_cast<std::size_t>(policy.layers[l].activation);
    clips.weight.at(l)[w] = model.clips->weight.at(l);
    // One clip for the layer, for all of its channels.
    if (!clips.channel.empty() && !clips.channel[l][w].empty()) {
      std::fill(clips.channel[l][w].begin(), clips.channel[l][w].end(), clips.weight[l][w]);
    }
    if (model.network.layers[l].inputs.front() != kImage) {
      clips.activation.at(l)[a] = model.clips->activation.at(l);
    }
  }
}

}  // namespace kirchhoff::quant
