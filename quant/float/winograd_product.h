#pragma once

#include <cstdint>
#include <functional>

#include "quant/float/winograd_kernels.h"

namespace kirchhoff::quant {

/// A convolution of equal maps with 3 x 3 filters and stride 1.
struct WinogradShape {
  std::int64_t images;
  WinogradMaps map;
  std::int64_t outputs;  ///< channels
  std::int64_t padding;  ///< rows and columns of zeros around the maps, 0 to 2

  WinogradMaps result() const {
    return {map.height + 2 * padding - 2, map.width + 2 * padding - 2, outputs};
  }
};

/// Whether Winograd's filtering is the way to compute a convolution: 3 x 3 filters, stride 1,
/// channels in multiples of 16, and tiles that take less than half of the products. It depends on
/// sizes alone, so that the choice, which decides the rounding, is the same everywhere.
bool winograd_suits(const WinogradShape& shape, std::int64_t kernel_height,
                    std::int64_t kernel_width, std::int64_t stride);

/// A batch's tiles and how many of them are transformed, multiplied and transformed back before the
/// next ones, so that they stay in the caches.
struct WinogradBatch {
  explicit WinogradBatch(const WinogradShape& shape);
  WinogradTiles tiles;
  std::int64_t count, block;
};

/// Calls its second argument with parts [begin, end) of [0, first argument), from one thread or
/// several.
using WinogradThreads = std::function<void(
    std::int64_t count, const std::function<void(std::int64_t begin, std::int64_t end)>& work)>;

/// `result` (images x rows x columns x outputs) of `map` (images x rows x columns x channels) and
/// `taps` (3 x 3 x channels x outputs). The same bits on every processor, however the images are
/// divided between calls, for any division of the work by `threads`.
void winograd_product(const WinogradShape& shape, const float* map, const float* taps,
                      float* result, const WinogradThreads& threads);

}  // namespace kirchhoff::quant
