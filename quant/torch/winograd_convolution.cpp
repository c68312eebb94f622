#include "quant/torch/winograd_convolution.h"

#include <algorithm>

#include <torch/torch.h>

#include "quant/float/winograd_product.h"

#ifndef INTRA_OP_PARALLEL
#error "at::parallel_for runs on one thread here: compile with LibTorch's threading (OpenMP)"
#endif

namespace kirchhoff::quant {
namespace {

constexpr auto kPixelsTogether = at::MemoryFormat::ChannelsLast;

WinogradMaps maps_of(const torch::Tensor& map) { return {map.size(2), map.size(3), map.size(1)}; }

torch::Tensor floats(std::int64_t count) { return torch::empty({count}, torch::kFloat32); }

WinogradShape shape_of(const torch::Tensor& map, std::int64_t outputs, std::int64_t padding) {
  return {map.size(0), maps_of(map), outputs, padding};
}

/// `taps`: 3 x 3 x map's channels x outputs.
torch::Tensor convolve(const torch::Tensor& map, const torch::Tensor& taps, std::int64_t padding) {
  const WinogradShape shape = shape_of(map, taps.size(3), padding);
  const WinogradMaps to = shape.result();
  auto result = torch::empty({shape.images, to.channels, to.height, to.width},
                             map.options().memory_format(kPixelsTogether));
  winograd_product(
      shape, map.data_ptr<float>(), taps.data_ptr<float>(), result.data_ptr<float>(),
      [](std::int64_t count, const auto& work) { at::parallel_for(0, count, 1, work); });
  return result;
}

/// 3 x 3 x map's channels x gradient's.
torch::Tensor weight_gradient(const torch::Tensor& map, const torch::Tensor& gradient,
                              std::int64_t padding) {
  const std::int64_t inputs = map.size(1), outputs = gradient.size(1);
  const WinogradMaps left = maps_of(map), right = maps_of(gradient);
  const WinogradBatch batch(shape_of(map, outputs, padding));
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
  return map.device().is_cpu() && map.scalar_type() == torch::kFloat32 &&
         weight.scalar_type() == torch::kFloat32 &&
         winograd_suits(shape_of(map, weight.size(0), padding), weight.size(2), weight.size(3),
                        stride);
}

torch::Tensor winograd_convolution(const torch::Tensor& map, const torch::Tensor& weight,
                                   std::int64_t padding) {
  return WinogradFunction::apply(map, weight, padding);
}

}  // namespace kirchhoff::quant
