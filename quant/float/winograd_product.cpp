#include "quant/float/winograd_product.h"

#include <algorithm>
#include <memory>

namespace kirchhoff::quant {
namespace {

/// Products of one map per pair of channels.
std::int64_t products(const WinogradMaps& result, std::int64_t tile) {
  const std::int64_t points = (tile + 2) * (tile + 2);
  return (result.height + tile - 1) / tile * ((result.width + tile - 1) / tile) * points;
}

/// Tiles over outputs of that size: of 4 x 4, or of 3 x 3 where those fit better.
std::int64_t best_tile(const WinogradMaps& result) {
  return products(result, 3) < products(result, 4) ? 3 : 4;
}

/// Tiles that stay in the caches; enough of them to make it worth while to read the filters again.
std::int64_t tiles_at_once(std::int64_t points, std::int64_t inputs, std::int64_t outputs) {
  constexpr std::int64_t kFloats = 1 << 20;
  const std::int64_t fit = kFloats / (points * (inputs + outputs));
  return std::max<std::int64_t>(96, fit / 6 * 6);
}

/// Not a vector, which would write zeros first.
std::unique_ptr<float[]> floats(std::int64_t count) {
  return std::unique_ptr<float[]>(new float[static_cast<std::size_t>(count)]);
}

}  // namespace

bool winograd_suits(const WinogradShape& shape, std::int64_t kernel_height,
                    std::int64_t kernel_width, std::int64_t stride) {
  if (shape.images == 0 || stride != 1 || shape.padding < 0 || shape.padding > 1 ||
      kernel_height != 3 || kernel_width != 3 || shape.outputs % kWinogradBlock != 0 ||
      shape.map.channels % kWinogradBlock != 0) {
    return false;
  }
  const WinogradMaps result = shape.result();
  return result.height > 0 && result.width > 0 &&
         2 * products(result, best_tile(result)) < 9 * result.height * result.width;
}

WinogradBatch::WinogradBatch(const WinogradShape& shape) {
  const WinogradMaps result = shape.result();
  tiles.tile = best_tile(result);
  tiles.down = (result.height + tiles.tile - 1) / tiles.tile;
  tiles.across = (result.width + tiles.tile - 1) / tiles.tile;
  count = shape.images * tiles.down * tiles.across;
  const std::int64_t most =
      std::min(count, tiles_at_once(tiles.points(), shape.map.channels, shape.outputs));
  const std::int64_t blocks = (count + most - 1) / most;
  block = ((count + blocks - 1) / blocks + 5) / 6 * 6;
}

void winograd_product(const WinogradShape& shape, const float* map, const float* taps,
                      float* result, const WinogradThreads& threads) {
  const std::int64_t inputs = shape.map.channels, outputs = shape.outputs;
  const WinogradMaps to = shape.result();
  const WinogradBatch batch(shape);
  const std::int64_t points = batch.tiles.points();
  const std::int64_t filter_step = winograd_point_step(inputs, outputs);
  const auto filters = floats(points * filter_step);
  const auto in = floats(points * winograd_point_step(batch.block, inputs));
  const auto out = floats(points * winograd_point_step(batch.block, outputs));
  threads(inputs, [&](std::int64_t begin, std::int64_t end) {
    winograd_filters(batch.tiles.tile, inputs, outputs, begin, end, taps, filters.get());
  });
  for (std::int64_t first = 0; first < batch.count; first += batch.block) {
    WinogradTiles tiles = batch.tiles;
    tiles.count = std::min(batch.block, batch.count - first);
    threads(tiles.count, [&](std::int64_t begin, std::int64_t end) {
      winograd_gather(WinogradTransform::kInput, tiles, shape.map, shape.padding, first, begin, end,
                      map, in.get());
    });
    threads(points, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t point = begin; point < end; ++point) {
        winograd_multiply(tiles.count, inputs, outputs,
                          in.get() + point * winograd_point_step(tiles.count, inputs),
                          filters.get() + point * filter_step,
                          out.get() + point * winograd_point_step(tiles.count, outputs));
      }
    });
    threads(tiles.count, [&](std::int64_t begin, std::int64_t end) {
      winograd_scatter(tiles, to, first, begin, end, out.get(), result);
    });
  }
}

}  // namespace kirchhoff::quant
