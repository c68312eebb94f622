#include "quant/float/float_maps.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/portable_math.h"
#include "quant/network/float_form.h"
#include "quant/network/integer_network.h"

namespace kirchhoff::quant {
namespace {

/// Of float_form().
struct NumberByNumber {
  static float constant(double value) { return static_cast<float>(value); }
  static float rectified(float x) { return std::max(x, 0.0f); }
  static float clamped(float x, double low, double high) {
    return std::min(std::max(x, constant(low)), constant(high));
  }
  static float chosen(float x, float below) { return x < 0 ? below : x; }
  static float exponential(float x) { return constant(base::portable_exp(static_cast<double>(x))); }
};

/// Sum or maximum of one channel under the window at (y, x).
float reduced_window(const Layer& layer, const float* channel, int y, int x) {
  const bool maximum = layer.kind == LayerKind::kMaximum;
  float result = maximum ? -std::numeric_limits<float>::infinity() : 0.0f;
  for (int ky = 0; ky < layer.kernel_height; ++ky) {
    const int row = y * layer.stride.height - layer.padding.top + ky * layer.dilation.height;
    if (row < 0 || row >= layer.input.height) continue;
    for (int kx = 0; kx < layer.kernel_width; ++kx) {
      const int column = x * layer.stride.width - layer.padding.left + kx * layer.dilation.width;
      if (column < 0 || column >= layer.input.width) continue;
      const float value = channel[row * layer.input.width + column];
      result = maximum ? std::max(result, value) : result + value;
    }
  }
  return layer.average ? result * (1.0f / static_cast<float>(pixels_under(layer, y, x))) : result;
}

}  // namespace

void FloatMaps::arrange(bool wanted) {
  if (by_pixel == wanted) return;
  std::vector<float> arranged(values.size());
  FloatMaps result{shape, images, wanted, {}};
  for (std::size_t i = 0; i < images; ++i) {
    const float* const from = values.data() + i * size();
    float* const to = arranged.data() + i * size();
    for (std::size_t c = 0; c < channels(); ++c) {
      for (std::size_t p = 0; p < pixels(); ++p) {
        to[c * result.channel_step() + p * result.pixel_step()] =
            from[c * channel_step() + p * pixel_step()];
      }
    }
  }
  by_pixel = wanted;
  values = std::move(arranged);
}

FloatMaps joined(const std::vector<const FloatMaps*>& parts) {
  FloatMaps result = *parts.front();
  result.arrange(false);
  if (parts.size() == 1) return result;
  std::vector<FloatMaps> all;
  result.shape.channels = 0;
  for (const FloatMaps* part : parts) {
    all.push_back(*part);
    all.back().arrange(false);
    result.shape.channels += part->shape.channels;
  }
  result.values.clear();
  for (std::size_t i = 0; i < result.images; ++i) {
    for (const FloatMaps& part : all) {
      const auto first = part.values.begin() + static_cast<std::ptrdiff_t>(i * part.size());
      result.values.insert(result.values.end(), first,
                           first + static_cast<std::ptrdiff_t>(part.size()));
    }
  }
  return result;
}

void add_bias(const std::vector<float>& bias, FloatMaps& maps) {
  for (std::size_t i = 0; i < maps.images; ++i) {
    float* const map = maps.values.data() + i * maps.size();
    for (std::size_t c = 0; c < maps.channels(); ++c) {
      for (std::size_t p = 0; p < maps.pixels(); ++p)
        map[c * maps.channel_step() + p * maps.pixel_step()] += bias[c];
    }
  }
}

void add(const FloatMaps& other, FloatMaps& maps) {
  FloatMaps operand = other;
  operand.arrange(maps.by_pixel);
  for (std::size_t i = 0; i < maps.values.size(); ++i) maps.values[i] += operand.values[i];
}

void apply(const Function& function, FloatMaps& maps) {
  if (function.is_none()) return;
  if (function.kind == Function::Kind::kRelu) {
    for (float& value : maps.values) value = std::max(value, 0.0f);
    return;
  }
  for (float& value : maps.values) value = float_form<NumberByNumber>(function, value);
}

FloatMaps pooled(const FloatMaps& maps, int side) {
  FloatMaps result = maps;
  result.shape.height /= side;
  result.shape.width /= side;
  result.values.resize(maps.images * result.size());
  const auto window = static_cast<std::size_t>(side);
  const auto width = static_cast<std::size_t>(maps.shape.width);
  const auto columns = static_cast<std::size_t>(result.shape.width);
  for (std::size_t i = 0; i < maps.images; ++i) {
    const float* const from = maps.values.data() + i * maps.size();
    float* const to = result.values.data() + i * result.size();
    for (std::size_t p = 0; p < result.pixels(); ++p) {
      const std::size_t corner = p / columns * window * width + p % columns * window;
      for (std::size_t c = 0; c < maps.channels(); ++c) {
        const float* const first = from + c * maps.channel_step() + corner * maps.pixel_step();
        float most = *first;
        for (std::size_t y = 0; y < window; ++y) {
          for (std::size_t x = 0; x < window; ++x)
            most = std::max(most, first[(y * width + x) * maps.pixel_step()]);
        }
        to[c * result.channel_step() + p * result.pixel_step()] = most;
      }
    }
  }
  return result;
}

FloatMaps reduced(const Layer& layer, const FloatMaps& maps) {
  FloatMaps result{layer.convolved(), maps.images, false, {}};
  result.values.reserve(maps.images * result.size());
  for (std::size_t c = 0; c < maps.images * maps.channels(); ++c) {
    const float* const channel = maps.values.data() + c * maps.pixels();
    for (int y = 0; y < result.shape.height; ++y) {
      for (int x = 0; x < result.shape.width; ++x)
        result.values.push_back(reduced_window(layer, channel, y, x));
    }
  }
  return result;
}

}  // namespace kirchhoff::quant
