#include "quant/torch/torch_stages.h"

#include <limits>
#include <vector>

#include <torch/torch.h>

#include "quant/network/float_form.h"
#include "quant/network/integer_network.h"
#include "quant/torch/portable_layers.h"

namespace kirchhoff::quant {
namespace {

/// The map with so many values around it that windows end where the layer's do: a ceil mode or
/// uneven padding is nothing special then.
torch::Tensor padded(const Layer& layer, const torch::Tensor& map, float value) {
  const Shape result = layer.convolved();
  const Extent span = layer.sweep().span();
  const int bottom = (result.height - 1) * layer.stride.height + span.height - layer.input.height -
                     layer.padding.top;
  const int right =
      (result.width - 1) * layer.stride.width + span.width - layer.input.width - layer.padding.left;
  if (bottom == 0 && right == 0 && layer.padding.top == 0 && layer.padding.left == 0) return map;
  return torch::constant_pad_nd(map, {layer.padding.left, right, layer.padding.top, bottom}, value);
}

/// One over the pixels that every window's average divides by, as 1 x 1 x rows x columns.
torch::Tensor shares(const Layer& layer) {
  const Shape result = layer.convolved();
  std::vector<float> values;
  for (int y = 0; y < result.height; ++y) {
    for (int x = 0; x < result.width; ++x)
      values.push_back(1.0f / static_cast<float>(pixels_under(layer, y, x)));
  }
  return torch::tensor(values).view({1, 1, result.height, result.width});
}

/// Of float_form().
struct AllNumbers {
  static double constant(double value) { return value; }  // LibTorch rounds it to float32
  static torch::Tensor rectified(const torch::Tensor& x) { return torch::relu(x); }
  static torch::Tensor clamped(const torch::Tensor& x, double low, double high) {
    // A clamp whose gradient is one operation, which LibTorch 1.13 does not have in bf16 on the
    // CPU.
    return x.scalar_type() == torch::kFloat32 ? torch::hardtanh(x, low, high)
                                              : torch::clamp(x, low, high);
  }
  static torch::Tensor chosen(const torch::Tensor& x, const torch::Tensor& below) {
    return torch::where(x < 0, below, x);
  }
  static torch::Tensor exponential(const torch::Tensor& x) { return portable_exponential(x); }
};

}  // namespace

torch::Tensor reduce_windows(const Layer& layer, const torch::Tensor& map) {
  const std::vector<std::int64_t> kernel = {layer.kernel_height, layer.kernel_width},
                                  stride = {layer.stride.height, layer.stride.width};
  if (layer.kind == LayerKind::kMaximum) {
    return torch::max_pool2d(padded(layer, map, -std::numeric_limits<float>::infinity()), kernel,
                             stride, 0, {layer.dilation.height, layer.dilation.width});
  }
  const bool one = layer.kernel_height == 1 && layer.kernel_width == 1;
  const auto sums =
      one && layer.stride == Extent(1)
          ? map
          : torch::avg_pool2d(padded(layer, map, 0.0f), kernel, stride, 0, false, true, 1);
  return layer.average ? sums * shares(layer).to(map.device()) : sums;
}

torch::Tensor apply_function(const Function& function, const torch::Tensor& map) {
  return float_form<AllNumbers>(function, map);
}

}  // namespace kirchhoff::quant
