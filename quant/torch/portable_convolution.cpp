#include <cstring>

#include <torch/torch.h>

#include "base/matrix_product.h"
#include "quant/float/float_convolution.h"
#include "quant/torch/portable_layers.h"
#include "quant/torch/portable_tensors.h"

namespace kirchhoff::quant {
namespace {

using base::matrix_product;
using base::MatrixView;

/// Images whose share of a filter's gradient is summed together, before the groups' sums are.
constexpr std::int64_t kImagesOfGroup = 8;

std::size_t size(std::int64_t count) { return static_cast<std::size_t>(count); }

FloatConvolution convolution_of(const torch::Tensor& map, const torch::Tensor& weight,
                                const Sweep& sweep) {
  return FloatConvolution(
      {map.size(1), map.size(2), map.size(3), weight.size(0), sweep, map.size(1) / weight.size(1)});
}

torch::Tensor convolve(const FloatConvolution& convolution, const torch::Tensor& map,
                       const torch::Tensor& weight, const torch::Tensor& bias) {
  const std::int64_t outputs = convolution.sizes().outputs;
  auto result = torch::empty({map.size(0), outputs, convolution.down(), convolution.across()},
                             torch::kFloat32);
  const float* const from = map.data_ptr<float>();
  const float* const taps = weight.data_ptr<float>();
  const float* const biases = bias.numel() > 0 ? bias.data_ptr<float>() : nullptr;
  float* const to = result.data_ptr<float>();
  in_parallel(map.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> scratch(convolution.scratch());
    for (std::int64_t image = begin; image < end; ++image) {
      convolution.convolve(from + image * convolution.pixels(), taps, biases, scratch.data(),
                           to + image * outputs * convolution.windows());
    }
  });
  return result;
}

torch::Tensor map_gradient(const FloatConvolution& convolution, const torch::Tensor& weight,
                           const torch::Tensor& gradient) {
  const FloatConvolution::Sizes& sizes = convolution.sizes();
  auto result =
      torch::zeros({gradient.size(0), sizes.channels, sizes.height, sizes.width}, torch::kFloat32);
  const float* const from = gradient.data_ptr<float>();
  const float* const taps = weight.data_ptr<float>();
  float* const to = result.data_ptr<float>();
  in_parallel(gradient.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> scratch(convolution.scratch());
    for (std::int64_t image = begin; image < end; ++image) {
      convolution.add_map_gradient(from + image * sizes.outputs * convolution.windows(), taps,
                                   scratch.data(), to + image * convolution.pixels());
    }
  });
  return result;
}

torch::Tensor weight_gradient(const FloatConvolution& convolution, const torch::Tensor& map,
                              const torch::Tensor& gradient) {
  const FloatConvolution::Sizes& sizes = convolution.sizes();
  const std::int64_t images = map.size(0);
  const std::int64_t outputs = sizes.outputs * convolution.windows();
  const std::int64_t parts = (images + kImagesOfGroup - 1) / kImagesOfGroup;
  const std::int64_t values = sizes.outputs * convolution.weights();
  auto sums = torch::zeros({std::max<std::int64_t>(parts, 1), values}, torch::kFloat32);
  const float* const from = map.data_ptr<float>();
  const float* const slopes = gradient.data_ptr<float>();
  float* const to = sums.data_ptr<float>();
  in_parallel(parts, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> scratch(convolution.scratch());
    for (std::int64_t part = begin; part < end; ++part) {
      const std::int64_t first = part * kImagesOfGroup;
      const std::int64_t last = std::min(images, first + kImagesOfGroup);
      for (std::int64_t image = first; image < last; ++image) {
        convolution.add_filter_gradient(from + image * convolution.pixels(),
                                        slopes + image * outputs, scratch.data(),
                                        to + part * values);
      }
    }
  });
  for (std::int64_t part = 1; part < parts; ++part) {
    for (std::int64_t i = 0; i < values; ++i) to[i] += to[part * values + i];
  }
  return sums[0]
      .view({sizes.groups, convolution.weights(), sizes.outputs / sizes.groups})
      .transpose(1, 2)
      .reshape({sizes.outputs, sizes.channels / sizes.groups, sizes.sweep.kernel.height,
                sizes.sweep.kernel.width})
      .contiguous();
}

torch::Tensor bias_gradient(const torch::Tensor& gradient) {
  const PixelRows pixels(gradient);
  return floats_of(column_sums(gradient.data_ptr<float>(), pixels.rows, pixels.columns));
}

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

/// What autograd keeps of a sweep between the passes.
std::vector<std::int64_t> numbers_of(const Sweep& s) {
  return {s.stride.height, s.stride.width, s.dilation.height, s.dilation.width,
          s.padding.top,   s.padding.left, s.padding.bottom,  s.padding.right};
}

/// The kernel is the weights'.
Sweep sweep_of(const std::vector<std::int64_t>& numbers, const torch::Tensor& weight) {
  const auto number = [&numbers](std::size_t i) { return static_cast<int>(numbers.at(i)); };
  return {{static_cast<int>(weight.size(2)), static_cast<int>(weight.size(3))},
          {number(0), number(1)},
          {number(2), number(3)},
          {number(4), number(5), number(6), number(7)}};
}

struct ConvolutionFunction : torch::autograd::Function<ConvolutionFunction> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& map,
                               const torch::Tensor& weight, const torch::Tensor& bias,
                               const std::vector<std::int64_t>& sweep) {
    context->save_for_backward({map, weight});
    context->saved_data["sweep"] = sweep;
    return convolve(convolution_of(map, weight, sweep_of(sweep, weight)), map.contiguous(),
                    weight.contiguous(), bias);
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto map = saved[0].contiguous(), weight = saved[1].contiguous(),
               gradient = gradients[0].contiguous();
    const FloatConvolution convolution =
        convolution_of(map, weight, sweep_of(context->saved_data["sweep"].toIntVector(), weight));
    tensor_list result(4);
    if (context->needs_input_grad(0)) result[0] = map_gradient(convolution, weight, gradient);
    if (context->needs_input_grad(1)) result[1] = weight_gradient(convolution, map, gradient);
    if (context->needs_input_grad(2)) result[2] = bias_gradient(channels_last(gradient));
    return result;
  }
};

struct BiasFunction : torch::autograd::Function<BiasFunction> {
  static torch::Tensor forward(AutogradContext*, const torch::Tensor& map,
                               const torch::Tensor& bias) {
    return map + bias.view({1, -1, 1, 1});
  }
  static tensor_list backward(AutogradContext*, tensor_list gradients) {
    return {gradients[0], bias_gradient(channels_last(gradients[0]))};
  }
};

MatrixView view(const torch::Tensor& matrix) {
  return {matrix.data_ptr<float>(), matrix.size(1), 1};
}

/// left * right, or the transposed left's, rows in parallel.
torch::Tensor product(MatrixView left, std::int64_t rows, std::int64_t inner, MatrixView right,
                      std::int64_t columns, const torch::Tensor& bias) {
  auto result = torch::empty({rows, columns}, torch::kFloat32);
  float* const to = result.data_ptr<float>();
  const float* const biases = bias.defined() ? bias.data_ptr<float>() : nullptr;
  in_parallel(rows, 48, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end && biases != nullptr; ++row) {
      std::memcpy(to + row * columns, biases, sizeof(float) * size(columns));
    }
    matrix_product(size(end - begin), size(inner), size(columns),
                   {left.data + begin * left.row_step, left.row_step, left.column_step}, right,
                   to + begin * columns, size(columns), biases != nullptr);
  });
  return result;
}

struct LinearFunction : torch::autograd::Function<LinearFunction> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& rows,
                               const torch::Tensor& weight, const torch::Tensor& bias) {
    context->save_for_backward({rows, weight});
    const auto from = rows.contiguous(), taps = weight.contiguous();
    return product(view(from), from.size(0), from.size(1), view(taps).transposed(), taps.size(0),
                   bias);
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto rows = saved[0].contiguous(), taps = saved[1].contiguous(),
               gradient = gradients[0].contiguous();
    tensor_list result(3);
    if (context->needs_input_grad(0)) {
      result[0] =
          product(view(gradient), gradient.size(0), gradient.size(1), view(taps), taps.size(1), {});
    }
    if (context->needs_input_grad(1)) {
      result[1] = product(view(gradient).transposed(), gradient.size(1), gradient.size(0),
                          view(rows), rows.size(1), {});
    }
    if (context->needs_input_grad(2)) {
      result[2] =
          floats_of(column_sums(gradient.data_ptr<float>(), gradient.size(0), gradient.size(1)));
    }
    return result;
  }
};

}  // namespace

torch::Tensor torch_convolution(const torch::Tensor& map, const torch::Tensor& weight,
                                const torch::Tensor& bias, const Sweep& sweep) {
  const Padding& p = sweep.padding;
  const auto padded =
      p.even() ? map : torch::constant_pad_nd(map, {p.left, p.right, p.top, p.bottom});
  return torch::conv2d(padded, weight, bias, {sweep.stride.height, sweep.stride.width},
                       p.even() ? p.top : 0, {sweep.dilation.height, sweep.dilation.width},
                       map.size(1) / weight.size(1));
}

torch::Tensor portable_convolution(const torch::Tensor& map, const torch::Tensor& weight,
                                   const torch::Tensor& bias, const Sweep& sweep) {
  if (!computed_here(map)) return torch_convolution(map, weight, bias, sweep);
  TORCH_CHECK(map.size(1) % weight.size(1) == 0, "a convolution of ", weight.size(1),
              " channels in a group got ", map.size(1));
  const bool one_window = map.size(2) == weight.size(2) && map.size(3) == weight.size(3);
  if (one_window && sweep.padding == Padding(0) && map.size(1) == weight.size(1) &&
      bias.defined()) {
    // A fully connected layer, with images as rows.
    return portable_linear(map.flatten(1), weight.flatten(1), bias).unsqueeze(-1).unsqueeze(-1);
  }
  // A function's arguments are tensors; one without elements is no bias.
  return ConvolutionFunction::apply(
      map, weight, bias.defined() ? bias : torch::empty({0}, map.options()), numbers_of(sweep));
}

torch::Tensor portable_bias(const torch::Tensor& map, const torch::Tensor& bias) {
  if (!computed_here(map)) return map + bias.view({1, -1, 1, 1});
  return BiasFunction::apply(map, bias);
}

torch::Tensor portable_linear(const torch::Tensor& rows, const torch::Tensor& weight,
                              const torch::Tensor& bias) {
  if (!computed_here(rows)) return torch::linear(rows, weight, bias);
  TORCH_CHECK(rows.size(1) == weight.size(1), "a fully connected layer of ", weight.size(1),
              " inputs got ", rows.size(1));
  return LinearFunction::apply(rows, weight, bias);
}

}  // namespace kirchhoff::quant
