#include "quant/float/winograd_kernels.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "base/processor.h"

namespace kirchhoff::quant {
namespace {

constexpr std::int64_t kInputs = 32, kOutputs = 48, kPadding = 1;

std::vector<float> random_values(std::int64_t count, std::mt19937_64& engine) {
  std::uniform_real_distribution<float> unit(-1.0f, 1.0f);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = unit(engine);
  return values;
}

/// What every kernel computes of some maps, filters and gradients.
std::vector<std::vector<float>> results(std::int64_t tile) {
  std::mt19937_64 engine(9);
  const WinogradMaps map{7, 10, kInputs}, to{7, 10, kOutputs};
  WinogradTiles tiles{tile, (7 + tile - 1) / tile, (10 + tile - 1) / tile, 0};
  tiles.count = 2 * tiles.down * tiles.across;
  const std::int64_t points = tiles.points();
  const auto inputs = random_values(2 * 7 * 10 * kInputs, engine),
             gradients = random_values(2 * 7 * 10 * kOutputs, engine),
             filters = random_values(9 * kInputs * kOutputs, engine);
  const std::int64_t in_step = winograd_point_step(tiles.count, kInputs),
                     out_step = winograd_point_step(tiles.count, kOutputs),
                     filter_step = winograd_point_step(kInputs, kOutputs);
  const auto floats = [](std::int64_t count) {
    return std::vector<float>(static_cast<std::size_t>(count), 0.25f);
  };
  auto in = floats(points * in_step), out_gradients = floats(points * out_step),
       transformed = floats(points * filter_step), out = floats(points * out_step),
       result = floats(2 * 7 * 10 * kOutputs), sums = floats(points * filter_step),
       filter_gradients = floats(9 * kInputs * kOutputs);
  winograd_gather(WinogradTransform::kInput, tiles, map, kPadding, 0, 0, tiles.count, inputs.data(),
                  in.data());
  winograd_gather(WinogradTransform::kOutputGradient, tiles, to, 0, 0, 0, tiles.count,
                  gradients.data(), out_gradients.data());
  winograd_filters(tile, kInputs, kOutputs, 0, kInputs, filters.data(), transformed.data());
  for (std::int64_t point = 0; point < points; ++point) {
    winograd_multiply(tiles.count, kInputs, kOutputs, in.data() + point * in_step,
                      transformed.data() + point * filter_step, out.data() + point * out_step);
    winograd_accumulate(tiles.count, kInputs, kOutputs, in.data() + point * in_step,
                        out_gradients.data() + point * out_step, sums.data() + point * filter_step);
  }
  winograd_scatter(tiles, to, 0, 0, tiles.count, out.data(), result.data());
  winograd_filter_gradients(tile, kInputs, kOutputs, 0, kInputs, sums.data(),
                            filter_gradients.data());
  return {in, out_gradients, transformed, out, result, sums, filter_gradients};
}

TEST(WinogradKernels, ComputeTheSameBitsOnEveryProcessor) {
  for (const std::int64_t tile : {3, 4}) {
    const auto best = results(tile);
    for (const base::Processor kind : base::processors()) {
      const base::ForceProcessor forced(kind);
      const auto others = results(tile);
      for (std::size_t i = 0; i < best.size(); ++i)
        EXPECT_EQ(others[i], best[i]) << "tile " << tile << ", result " << i;
    }
  }
}

}  // namespace
}  // namespace kirchhoff::quant
