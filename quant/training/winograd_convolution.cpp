#include "quant/training/winograd_convolution.h"

#include <algorithm>

#include <torch/torch.h>

#include "quant/training/winograd_kernels.h"

#ifndef INTRA_OP_PARALLEL
#error "at::parallel_for runs on one thread here: compile with LibTorch's threading (OpenMP)"
#endif

namespace kirchhoff::quant {
namespace {

constexpr auto kPixelsTogether = at::MemoryFormat::ChannelsLast;

/// Products of one map per pair of channels.
std::int64_t products(std::int64_t height, std::int64_t width, std::int64_t tile) {
  const std::int64_t points = (tile + 2) * (tile + 2);
  return (height + tile - 1) / tile * ((width + tile - 1) / tile) * points;
}

/// Tiles over outputs of that size: of 4 x 4, or of 3 x 3 where those fit better.
std::int64_t best_tile(std::int64_t height, std::int64_t width) {
  return products(height, width, 3) < products(height, width, 4) ? 3 : 4;
}

bool pays(std::int64_t height, std::int64_t width) {
  return height > 0 && width > 0 &&
         2 * products(height, width, best_tile(height, width)) < 9 * height * width;
}

WinogradMaps maps_of(const torch::Tensor& map) { return {map.size(2), map.size(3), map.size(1)}; }

/// Tiles that are transformed, multiplied and transformed back before the next ones, so that they
/// stay in the caches; enough of them to make it worth while to read the filters again.
std::int64_t tiles_at_once(std::int64_t points, std::int64_t inputs, std::int64_t outputs) {
  constexpr std::int64_t kFloats = 1 << 20;
  const std::int64_t fit = kFloats / (points * (inputs + outputs));
  return std::max<std::int64_t>(96, fit / 6 * 6);
}

torch::Tensor floats(std::int64_t count) { return torch::empty({count}, torch::kFloat32); }

/// A batch's tiles and how many of them make a block.
struct Batch {
  Batch(std::int64_t images, std::int64_t height, std::int64_t width, std::int64_t inputs,
        std::int64_t outputs) {
    tiles.tile = best_tile(height, width);
    tiles.down = (height + tiles.tile - 1) / tiles.tile;
    tiles.across = (width + tiles.tile - 1) / tiles.tile;
    count = images * tiles.down * tiles.across;
    const std::int64_t most = std::min(count, tiles_at_once(tiles.points(), inputs, outputs));
    const std::int64_t blocks = (count + most - 1) / most;
    block = ((count + blocks - 1) / blocks + 5) / 6 * 6;
  }
  WinogradTiles tiles;
  std::int64_t count, block;
};

/// `taps`: 3 x 3 x map's channels x outputs.
torch::Tensor convolve(const torch::Tensor& map, const torch::Tensor& taps, std::int64_t padding) {
  const std::int64_t inputs = map.size(1), outputs = taps.size(3);
  auto result = torch::empty(
      {map.size(0), outputs, map.size(2) + 2 * padding - 2, map.size(3) + 2 * padding - 2},
      map.options().memory_format(kPixelsTogether));
  const WinogradMaps from = maps_of(map), to = maps_of(result);
  Batch batch(map.size(0), to.height, to.width, inputs, outputs);
  const std::int64_t points = batch.tiles.points();
  const std::int64_t filter_step = winograd_point_step(inputs, outputs);
  const auto filters = floats(points * filter_step);
  const auto in = floats(points * winograd_point_step(batch.block, inputs));
  const auto out = floats(points * winograd_point_step(batch.block, outputs));
  const float* map_data = map.data_ptr<float>();
  const float* taps_data = taps.data_ptr<float>();
  float* filters_data = filters.data_ptr<float>();
  float* in_data = in.data_ptr<float>();
  float* out_data = out.data_ptr<float>();
  float* result_data = result.data_ptr<float>();
  at::parallel_for(0, inputs, 1, [&](std::int64_t begin, std::int64_t end) {
    winograd_filters(batch.tiles.tile, inputs, outputs, begin, end, taps_data, filters_data);
  });
  for (std::int64_t first = 0; first < batch.count; first += batch.block) {
    WinogradTiles tiles = batch.tiles;
    tiles.count = std::min(batch.block, batch.count - first);
    at::parallel_for(0, tiles.count, 1, [&](std::int64_t begin, std::int64_t end) {
      winograd_gather(WinogradTransform::kInput, tiles, from, padding, first, begin, end, map_data,
                      in_data);
    });
    at::parallel_for(0, points, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t point = begin; point < end; ++point) {
        winograd_multiply(tiles.count, inputs, outputs,
                          in_data + point * winograd_point_step(tiles.count, inputs),
                          filters_data + point * filter_step,
                          out_data + point * winograd_point_step(tiles.count, outputs));
      }
    });
    at::parallel_for(0, tiles.count, 1, [&](std::int64_t begin, std::int64_t end) {
      winograd_scatter(tiles, to, first, begin, end, out_data, result_data);
    });
  }
  return result;
}

/// 3 x 3 x map's channels x gradient's.
torch::Tensor weight_gradient(const torch::Tensor& map, const torch::Tensor& gradient,
                              std::int64_t padding) {
  const std::int64_t inputs = map.size(1), outputs = gradient.size(1);
  const WinogradMaps left = maps_of(map), right = maps_of(gradient);
  Batch batch(map.size(0), right.height, right.width, inputs, outputs);
  const std::int64_t points = batch.tiles.points();
  const std::int64_t filter_step = winograd_point_step(inputs, outputs);
  const auto filters = floats(points * filter_step).zero_();
  const auto in = floats(points * winograd_point_step(batch.block, inputs));
  const auto out = floats(points * winograd_point_step(batch.block, outputs));
  auto taps = torch::empty({3, 3, inputs, outputs}, torch::kFloat32);
  const float* map_data = map.data_ptr<float>();
  const float* gradient_data = gradient.data_ptr<float>();
  float* filters_data = filters.data_ptr<float>();
  float* in_data = in.data_ptr<float>();
  float* out_data = out.data_ptr<float>();
  float* taps_data = taps.data_ptr<float>();
  for (std::int64_t first = 0; first < batch.count; first += batch.block) {
    WinogradTiles tiles = batch.tiles;
    tiles.count = std::min(batch.block, batch.count - first);
    at::parallel_for(0, tiles.count, 1, [&](std::int64_t begin, std::int64_t end) {
      winograd_gather(WinogradTransform::kInput, tiles, left, padding, first, begin, end, map_data,
                      in_data);
      winograd_gather(WinogradTransform::kOutputGradient, tiles, right, 0, first, begin, end,
                      gradient_data, out_data);
    });
    at::parallel_for(0, points, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t point = begin; point < end; ++point) {
        winograd_accumulate(tiles.count, inputs, outputs,
                            in_data + point * winograd_point_step(tiles.count, inputs),
                            out_data + point * winograd_point_step(tiles.count, outputs),
                            filters_data + point * filter_step);
      }
    });
  }
  at::parallel_for(0, inputs, 1, [&](std::int64_t begin, std::int64_t end) {
    winograd_filter_gradients(batch.tiles.tile, inputs, outputs, begin, end, filters_data,
                              taps_data);
  });
  return taps;
}

struct WinogradFunction : torch::autograd::Function<WinogradFunction> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& map,
                               const torch::Tensor& weight, std::int64_t padding) {
    context->save_for_backward({map, weight});
    context->saved_data["padding"] = padding;
    return convolve(map.contiguous(kPixelsTogether), weight.permute({2, 3, 1, 0}).contiguous(),
                    padding);
  }

  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context,
                                               torch::autograd::tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &map = saved[0], &weight = saved[1];
    const std::int64_t padding = context->saved_data["padding"].toInt();
    const auto gradient = gradients[0].contiguous(kPixelsTogether);
    torch::Tensor map_gradient, taps;
    if (context->needs_input_grad(0)) {
      // A convolution of the gradient with the filters turned by 180 degrees.
      map_gradient =
          convolve(gradient, weight.flip({2, 3}).permute({2, 3, 0, 1}).contiguous(), 2 - padding);
    }
    if (context->needs_input_grad(1)) {
      taps = weight_gradient(map.contiguous(kPixelsTogether), gradient, padding)
                 .permute({3, 2, 0, 1})
                 .contiguous();
    }
    return {map_gradient, taps, torch::Tensor()};
  }
};

}  // namespace

bool winograd_suits(const torch::Tensor& map, const torch::Tensor& weight, std::int64_t stride,
                    std::int64_t padding) {
  return map.device().is_cpu() && map.size(0) > 0 && map.scalar_type() == torch::kFloat32 &&
         weight.scalar_type() == torch::kFloat32 && stride == 1 && padding >= 0 && padding <= 1 &&
         weight.size(2) == 3 && weight.size(3) == 3 && weight.size(0) % kWinogradBlock == 0 &&
         weight.size(1) % kWinogradBlock == 0 &&
         pays(map.size(2) + 2 * padding - 2, map.size(3) + 2 * padding - 2);
}

torch::Tensor winograd_convolution(const torch::Tensor& map, const torch::Tensor& weight,
                                   std::int64_t padding) {
  return WinogradFunction::apply(map, weight, padding);
}

}  // namespace kirchhoff::quant
