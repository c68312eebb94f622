#pragma once

#include <cstddef>
#include <vector>

#include "quant/network/layer.h"

namespace kirchhoff::quant {

/// Maps of equal shape in float32, one per image. Values lie by channel (image, channel, row,
/// column) or, for Winograd's filtering, by pixel (image, row, column, channel).
struct FloatMaps {
  Shape shape;
  std::size_t images = 0;
  bool by_pixel = false;
  std::vector<float> values;

  std::size_t pixels() const { return static_cast<std::size_t>(shape.pixels()); }
  std::size_t channels() const { return static_cast<std::size_t>(shape.channels); }
  /// Floats of one image's map.
  std::size_t size() const { return static_cast<std::size_t>(shape.size()); }
  /// Floats from one channel to the next, and from one pixel to the next.
  std::size_t channel_step() const { return by_pixel ? 1 : pixels(); }
  std::size_t pixel_step() const { return by_pixel ? channels() : 1; }

  void arrange(bool wanted);
};

/// Of the same images, channel after channel, by channel.
FloatMaps joined(const std::vector<const FloatMaps*>& parts);
/// Every value's bias is its channel's.
void add_bias(const std::vector<float>& bias, FloatMaps& maps);
/// Value by value.
void add(const FloatMaps& other, FloatMaps& maps);
void apply(const Function& function, FloatMaps& maps);
/// The largest of every window of `side`; rows and columns outside a full window do not count.
FloatMaps pooled(const FloatMaps& maps, int side);
/// A layer without weights over its windows: sums, averages or maxima. Takes and gives maps by
/// channel.
FloatMaps reduced(const Layer& layer, const FloatMaps& maps);

}  // namespace kirchhoff::quant
