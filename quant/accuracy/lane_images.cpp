#include "quant/accuracy/lane_images.h"

#include <algorithm>

namespace kirchhoff::quant {

void LaneImages::fill(std::size_t blocks) {
  if (blocks <= blocks_) return;
  const auto pixels = static_cast<std::size_t>(data_.shape.size());
  pixels_.resize(blocks * bytes_of_block(), 0);
  for (; blocks_ < blocks; ++blocks_) {
    const std::size_t first = blocks_ * kLanes;
    const std::size_t end = std::min(data_.size(), first + kLanes);
    for (std::size_t image = first; image < end; ++image) {
      const std::uint8_t* source = data_.pixels.data() + image * pixels;
      std::uint8_t* target = pixels_.data() + blocks_ * bytes_of_block() + image % kLanes;
      for (std::size_t pixel = 0; pixel < pixels; ++pixel) target[pixel * kLanes] = source[pixel];
    }
  }
}

void LaneImages::reduce(std::size_t at, int bits, std::uint8_t* reduced) const {
  const int shift = 8 - bits, half = shift > 0 ? 1 << (shift - 1) : 0, top = (1 << bits) - 1;
  const std::uint8_t* pixels = block(at);
  for (std::size_t i = 0; i < bytes_of_block(); ++i)
    reduced[i] = static_cast<std::uint8_t>(std::min((pixels[i] + half) >> shift, top));
}

}  // namespace kirchhoff::quant
