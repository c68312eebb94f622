#pragma once

#include <cstddef>
#include <random>
#include <vector>

#include "quant/data/dataset.h"

namespace kirchhoff::quant {

/// Random changes of a training image that keep its meaning.
struct Augmentation {
  /// Pixels in each direction. The edge of the image goes on into what comes free: a black border,
  /// which no image has that is not shifted, would be learned with everything else.
  int shift = 0;
  bool flip = false;  ///< mirror left and right, every other image
};

/// Writes the images at `indices` [begin, end) as pixel/255 into `values`, image after image.
void fill_batch(const Dataset& data, const std::vector<std::size_t>& indices, std::size_t begin,
                std::size_t end, float* values);
/// The same with random changes drawn from `engine`.
void fill_augmented_batch(const Dataset& data, const std::vector<std::size_t>& indices,
                          std::size_t begin, std::size_t end, const Augmentation& augmentation,
                          std::mt19937_64& engine, float* values);

}  // namespace kirchhoff::quant
