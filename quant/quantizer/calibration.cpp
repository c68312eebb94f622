#include "quant/quantizer/calibration.h"

#include <algorithm>
#include <cmath>

#include "base/stop_request.h"
#include "quant/network/tensors.h"
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

void set_weight_clips(const TunedClips& tuned, LayerId layer, int bits, ClipTable& clips) {
  const auto at = static_cast<std::size_t>(bits);
  clips.weight.at(layer)[at] = tuned.weight.at(layer);
  if (!tuned.channel.empty() && !tuned.channel.at(layer).empty()) {
    clips.channel.resize(clips.weight.size());
    clips.channel[layer][at] = tuned.channel[layer];
  } else if (!clips.channel.empty() && !clips.channel[layer][at].empty()) {
    // One clip for the layer, for all of its channels.
    std::fill(clips.channel[layer][at].begin(), clips.channel[layer][at].end(),
              clips.weight[layer][at]);
  }
}

}  // namespace

ClipTable calibrate(const Model& model, const ActivationPass& pass,
                    const QuantizationOptions& options) {
  const Network& network = model.network;
  const Tensors tensors(network);
  const int maps = network.layers.size();  // all but the result
  ClipTable clips;
  clips.weight.resize(network.layers.size());
  clips.activation.resize(maps);

  // Of the maps that share a scale, by the first of them.
  const auto group = [&tensors](TensorId map) { return TensorId{index(tensors.scale_group(map))}; };
  IndexedVector<TensorId, float> limits(maps, 0.0f);
  pass([&](TensorId map, const float* values, std::size_t count) {
    limits.at(group(map)) = largest_magnitude(values, count, limits[group(map)]);
  });
  IndexedVector<TensorId, MagnitudeHistogram> histograms(limits.begin(), limits.end());
  IndexedVector<TensorId, std::vector<double>> sums(maps);
  IndexedVector<TensorId, std::size_t> images(maps, 0);
  for (const TensorId map : sums.ids())
    sums[map].assign(static_cast<std::size_t>(network.shape_of(map).channels), 0.0);
  pass([&](TensorId map, const float* values, std::size_t count) {
    histograms.at(group(map)).add(values, count);
    const Shape shape = network.shape_of(map);
    const auto pixels = static_cast<std::size_t>(shape.pixels());
    for (std::size_t first = 0; first < count; first += pixels) {
      double& sum = sums[map][first / pixels % sums[map].size()];
      for (std::size_t i = first; i < first + pixels; ++i) sum += static_cast<double>(values[i]);
    }
    images[map] += count / static_cast<std::size_t>(shape.size());
  });

  for (const TensorId map : clips.activation.ids()) {
    if (group(map) != map) {
      clips.activation[map] = clips.activation[group(map)];
      continue;
    }
    for (int bits = kMinBits; bits <= kMaxBits; ++bits) {
      const int levels = 1 << (tensors.is_signed(map) ? bits - 1 : bits);
      clips.activation[map][static_cast<std::size_t>(bits)] =
          map == kImage ? 1.0f : find_clip(histograms[map], bits, levels, 1, options);
    }
  }
  for (const LayerId l : model.layers.ids()) {
    const Layer& layer = network.layers[l];
    const std::vector<float>& weights = model.layers[l].weights;
    const MagnitudeHistogram magnitudes = histogram_of(weights.data(), weights.size());
    for (int bits = kMinBits; bits <= kMaxBits; ++bits) {
      clips.weight[l][static_cast<std::size_t>(bits)] =
          layer.has_weights() ? find_clip(magnitudes, bits, 1 << (bits - 1), 1, options) : 1.0f;
    }
    if (options.per_channel) {
      clips.channel.emplace_back();
      if (!network.is_output(l) && layer.has_weights())
        clips.channel.back() = channel_clips(layer, weights, options);
    }
    if (options.bias_correction) {
      std::vector<float>& mean = clips.input_mean.emplace_back();
      for (const TensorId map : layer.inputs) {
        const double values = static_cast<double>(images[map]) * network.shape_of(map).pixels();
        for (const double sum : sums[map])
          mean.push_back(static_cast<float>(sum / std::max(values, 1.0)));
      }
    }
  }
  if (options.weights == WeightQuantizer::kKmeans) use_codebooks(clips);
  return clips;
}

void use_codebooks(ClipTable& clips) {
  clips.weights = WeightQuantizer::kKmeans;
  for (std::size_t bits = kMinBits; bits < kEntryBits; ++bits) {
    for (auto& layer : clips.weight) layer[bits] = layer[kEntryBits];
    for (auto& layer : clips.channel) layer[bits] = layer[kEntryBits];
  }
}

void apply_tuned_clips(const Model& model, ClipTable& clips) {
  if (!model.clips) return;
  const Policy policy = parse_policy(model.clips->policy, model.network);
  for (const LayerId l : model.network.weight_layers()) {
    const int w = policy.layers[l].weight;
    if (has_codebook(model.clips->weights, w)) {
      // Of integers of 8 bits, whoever takes them.
      const bool same = clips.weights == WeightQuantizer::kKmeans;
      for (int bits = same ? kMinBits : kEntryBits; bits <= kEntryBits; ++bits)
        set_weight_clips(*model.clips, l, bits, clips);
    } else if (!has_codebook(clips.weights, w)) {
      set_weight_clips(*model.clips, l, w, clips);
    }
  }
  const Tensors tensors(model.network);
  for (const TensorId map : clips.activation.ids()) {
    if (map == kImage) continue;
    clips.activation[map][static_cast<std::size_t>(tensors.bits(map, policy))] =
        model.clips->activation.at(map);
  }
}

}  // namespace kirchhoff::quant
