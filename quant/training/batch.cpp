#include "quant/training/batch.h"

#include <algorithm>

#include "base/random.h"

namespace kirchhoff::quant {
namespace {

float unit(std::uint8_t pixel) { return static_cast<float>(pixel) / 255.0f; }

}  // namespace

void fill_batch(const Dataset& data, const std::vector<std::size_t>& indices, std::size_t begin,
                std::size_t end, float* values) {
  const auto size = static_cast<std::size_t>(data.shape.size());
  for (std::size_t i = begin; i < end; ++i) {
    values = std::transform(data.pixels.data() + indices[i] * size,
                            data.pixels.data() + (indices[i] + 1) * size, values, unit);
  }
}

void fill_augmented_batch(const Dataset& data, const std::vector<std::size_t>& indices,
                          std::size_t begin, std::size_t end, const Augmentation& augmentation,
                          std::mt19937_64& engine, float* values) {
  const Shape& shape = data.shape;
  const auto size = static_cast<std::size_t>(shape.size());
  const auto draw_shift = [&] {
    const auto places = static_cast<std::uint64_t>(2 * augmentation.shift + 1);
    return static_cast<int>(uniform_below(engine, places)) - augmentation.shift;
  };
  for (std::size_t i = begin; i < end; ++i) {
    const std::uint8_t* image = data.pixels.data() + indices[i] * size;
    const int down = draw_shift();
    const int right = draw_shift();
    const bool mirrored = augmentation.flip && uniform_below(engine, 2) == 1;
    for (int channel = 0; channel < shape.channels; ++channel) {
      for (int row = 0; row < shape.height; ++row) {
        const int from_row = std::clamp(row - down, 0, shape.height - 1);
        const std::uint8_t* source = image + (channel * shape.height + from_row) * shape.width;
        for (int column = 0; column < shape.width; ++column) {
          const int shifted = std::clamp(column - right, 0, shape.width - 1);
          *values++ = unit(source[mirrored ? shape.width - 1 - shifted : shifted]);
        }
      }
    }
  }
}

}  // namespace kirchhoff::quant
