#include <cstring>

#include <torch/torch.h>

#include "base/matrix_product.h"
#include "quant/float/float_convolution.h"
#include "quant/float/pixel_depthwise.h"
#include "quant/torch/portable_layers.h"
#include "quant/torch/portable_tensors.h"

namespace kirchhoff::quant {
namespace {

using base::matrix_product;
using base::MatrixView;

/// Images whose share of a filter's gradient is summed together, before the groups' sums are.
constexpr std::int64_t kImagesOfGroup = 8;
/// The same of rows, where these are many: pixels of a 1 x 1 convolution.
constexpr std::int64_t kRowsOfProduct = 8192;

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

/// images x channels x height x width of rows that are its pixels, which stay where they are.
torch::Tensor map_of_pixels(const torch::Tensor& rows, std::int64_t images, std::int64_t height,
                            std::int64_t width) {
  return rows.view({images, height, width, rows.size(1)}).permute({0, 3, 1, 2});
}

torch::Tensor empty_map(std::int64_t images, std::int64_t channels, std::int64_t height,
                        std::int64_t width) {
  return torch::empty(
      {images, channels, height, width},
      torch::TensorOptions(torch::kFloat32).memory_format(at::MemoryFormat::ChannelsLast));
}

/// A filter for each channel; maps and their gradients channels-last.
struct DepthwiseFunction : torch::autograd::Function<DepthwiseFunction> {
  static PixelDepthwise depthwise_of(const torch::Tensor& map, const torch::Tensor& weight,
                                     const std::vector<std::int64_t>& sweep) {
    return {map.size(1), map.size(2), map.size(3), sweep_of(sweep, weight)};
  }
  /// Weights x channels.
  static torch::Tensor filters_of(const torch::Tensor& weight) {
    return weight.flatten(1).transpose(0, 1).contiguous();
  }

  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& any_map,
                               const torch::Tensor& weight, const torch::Tensor& bias,
                               const std::vector<std::int64_t>& sweep) {
    const auto map = channels_last(any_map);
    context->save_for_backward({map, weight});
    context->saved_data["sweep"] = sweep;
    const PixelDepthwise depthwise = depthwise_of(map, weight, sweep);
    auto result = empty_map(map.size(0), map.size(1), depthwise.down(), depthwise.across());
    const auto filters = filters_of(weight);
    const std::int64_t from_size = map[0].numel(), to_size = result[0].numel();
    const float *const from = map.data_ptr<float>(), *const taps = filters.data_ptr<float>();
    const float* const biases = bias.numel() > 0 ? bias.data_ptr<float>() : nullptr;
    float* const to = result.data_ptr<float>();
    in_parallel(map.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t image = begin; image < end; ++image)
        depthwise.convolve(from + image * from_size, taps, biases, to + image * to_size);
    });
    return result;
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &map = saved[0], &weight = saved[1];
    const auto gradient = channels_last(gradients[0]);
    const PixelDepthwise depthwise =
        depthwise_of(map, weight, context->saved_data["sweep"].toIntVector());
    tensor_list result(4);
    if (context->needs_input_grad(0)) {
      result[0] = empty_map(map.size(0), map.size(1), map.size(2), map.size(3));
      const auto filters = filters_of(weight);
      const std::int64_t from_size = gradient[0].numel(), to_size = map[0].numel();
      const float *const from = gradient.data_ptr<float>(), *const taps = filters.data_ptr<float>();
      float* const to = result[0].data_ptr<float>();
      in_parallel(map.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t image = begin; image < end; ++image)
          depthwise.map_gradient(from + image * from_size, taps, to + image * to_size);
      });
    }
    if (context->needs_input_grad(1)) result[1] = weight_gradient(depthwise, map, weight, gradient);
    if (context->needs_input_grad(2)) result[2] = bias_gradient(gradient);
    return result;
  }

  static torch::Tensor weight_gradient(const PixelDepthwise& depthwise, const torch::Tensor& map,
                                       const torch::Tensor& weight, const torch::Tensor& gradient) {
    const std::int64_t images = map.size(0), map_size = map[0].numel(),
                       gradient_size = gradient[0].numel();
    const std::int64_t parts = (images + kImagesOfGroup - 1) / kImagesOfGroup;
    auto sums = torch::zeros({parts, weight.numel()}, torch::kFloat32);
    const float *const from = map.data_ptr<float>(), *const slopes = gradient.data_ptr<float>();
    float* const to = sums.data_ptr<float>();
    in_parallel(parts, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t part = begin; part < end; ++part) {
        const std::int64_t last = std::min(images, (part + 1) * kImagesOfGroup);
        for (std::int64_t image = part * kImagesOfGroup; image < last; ++image) {
          depthwise.add_filter_gradient(from + image * map_size, slopes + image * gradient_size,
                                        to + part * weight.numel());
        }
      }
    });
    for (std::int64_t part = 1; part < parts; ++part) {
      for (std::int64_t i = 0; i < weight.numel(); ++i) to[i] += to[part * weight.numel() + i];
    }
    return sums[0].view({-1, weight.size(0)}).transpose(0, 1).contiguous().view_as(weight);
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
  const float* const biases = bias.defined() && bias.numel() > 0 ? bias.data_ptr<float>() : nullptr;
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

/// gradient^T * rows, in groups of rows whose products are added up in their order.
torch::Tensor linear_gradient(const torch::Tensor& gradient, const torch::Tensor& rows) {
  const std::int64_t outputs = gradient.size(1), inputs = rows.size(1), count = rows.size(0);
  const std::int64_t groups =
      std::max<std::int64_t>(1, (count + kRowsOfProduct - 1) / kRowsOfProduct);
  if (groups == 1)
    return product(view(gradient).transposed(), outputs, count, view(rows), inputs, {});
  auto sums = torch::empty({groups, outputs, inputs}, torch::kFloat32);
  float* const to = sums.data_ptr<float>();
  const MatrixView left = view(gradient).transposed(), right = view(rows);
  in_parallel(groups, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t group = begin; group < end; ++group) {
      const std::int64_t first = group * kRowsOfProduct;
      const std::int64_t inner = std::min(kRowsOfProduct, count - first);
      matrix_product(size(outputs), size(inner), size(inputs),
                     {left.data + first * left.column_step, left.row_step, left.column_step},
                     {right.data + first * right.row_step, right.row_step, right.column_step},
                     to + group * outputs * inputs, size(inputs));
    }
  });
  for (std::int64_t group = 1; group < groups; ++group) {
    for (std::int64_t i = 0; i < outputs * inputs; ++i) to[i] += to[group * outputs * inputs + i];
  }
  return sums[0].clone();
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
      result[1] = linear_gradient(gradient, rows);
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
  const auto biases = bias.defined() ? bias : torch::empty({0}, map.options());
  if (sweep.kernel == Extent(1) && sweep.padding == Padding(0) && map.size(1) == weight.size(1)) {
    // A product of all pixels under the windows with the weights.
    const auto seen = channels_last(map.slice(2, 0, map.size(2), sweep.stride.height)
                                        .slice(3, 0, map.size(3), sweep.stride.width));
    const auto rows = seen.permute({0, 2, 3, 1}).reshape({-1, map.size(1)});
    return map_of_pixels(LinearFunction::apply(rows, weight.flatten(1), biases), seen.size(0),
                         seen.size(2), seen.size(3));
  }
  if (weight.size(1) == 1 && weight.size(0) == map.size(1) && map.size(1) > 1)
    return DepthwiseFunction::apply(map, weight, biases, numbers_of(sweep));
  return ConvolutionFunction::apply(map, weight, biases, numbers_of(sweep));
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
