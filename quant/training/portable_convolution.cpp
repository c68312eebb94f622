#include <cstring>

#include <torch/torch.h>

#include "base/matrix_product.h"
#include "quant/training/portable_layers.h"
#include "quant/training/portable_tensors.h"

namespace kirchhoff::quant {
namespace {

using base::matrix_product;
using base::MatrixView;

/// Images whose share of a filter's gradient is summed together, before the groups' sums are.
constexpr std::int64_t kImagesOfGroup = 8;

std::size_t size(std::int64_t count) { return static_cast<std::size_t>(count); }

/// A convolution's sizes, and how it unrolls: a window is a row of kernel rows x kernel columns x
/// channels.
struct Windows {
  Windows(const torch::Tensor& map, const torch::Tensor& weight, std::int64_t step,
          std::int64_t border)
      : images(map.size(0)),
        channels(map.size(1)),
        height(map.size(2)),
        width(map.size(3)),
        outputs(weight.size(0)),
        kernel_height(weight.size(2)),
        kernel_width(weight.size(3)),
        stride(step),
        padding(border),
        down((height + 2 * padding - kernel_height) / stride + 1),
        across((width + 2 * padding - kernel_width) / stride + 1) {}

  std::int64_t count() const { return down * across; }
  std::int64_t row() const { return kernel_height * kernel_width * channels; }

  /// Calls use(window's row + at, pixel's first channel) for every pixel of the image within every
  /// window of it.
  template <class Use>
  void for_each_pixel(const Use& use) const {
    for (std::int64_t window = 0; window < count(); ++window) {
      const std::int64_t top = window / across * stride - padding;
      const std::int64_t left = window % across * stride - padding;
      for (std::int64_t ky = 0; ky < kernel_height; ++ky) {
        const std::int64_t y = top + ky;
        if (y < 0 || y >= height) continue;
        for (std::int64_t kx = 0; kx < kernel_width; ++kx) {
          const std::int64_t x = left + kx;
          if (x < 0 || x >= width) continue;
          use(window * row() + (ky * kernel_width + kx) * channels, (y * width + x) * channels);
        }
      }
    }
  }

  /// The windows of an image as rows.
  void unroll(const float* image, float* rows) const {
    if (padding > 0) std::memset(rows, 0, sizeof(float) * size(count() * row()));
    for_each_pixel([&](std::int64_t at, std::int64_t pixel) {
      std::memcpy(rows + at, image + pixel, sizeof(float) * size(channels));
    });
  }

  /// Adds the rows' pixels to an image.
  void roll(const float* rows, float* image) const {
    for_each_pixel([&](std::int64_t at, std::int64_t pixel) {
      for (std::int64_t c = 0; c < channels; ++c) image[pixel + c] += rows[at + c];
    });
  }

  const std::int64_t images, channels, height, width, outputs, kernel_height, kernel_width, stride,
      padding, down, across;
};

torch::Tensor convolve(const Windows& windows, const torch::Tensor& map,
                       const torch::Tensor& weight, const torch::Tensor& bias) {
  const auto filters = weight.permute({2, 3, 1, 0}).contiguous();  // a row's inputs x outputs
  auto result = torch::empty({windows.images, windows.outputs, windows.down, windows.across},
                             map.options().memory_format(at::MemoryFormat::ChannelsLast));
  const float* const from = map.data_ptr<float>();
  const float* const taps = filters.data_ptr<float>();
  const float* const biases = bias.numel() > 0 ? bias.data_ptr<float>() : nullptr;
  float* const to = result.data_ptr<float>();
  const std::int64_t pixels = windows.height * windows.width * windows.channels;
  in_parallel(windows.images, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> rows(size(windows.count() * windows.row()));
    for (std::int64_t image = begin; image < end; ++image) {
      windows.unroll(from + image * pixels, rows.data());
      float* const out = to + image * windows.count() * windows.outputs;
      for (std::int64_t w = 0; w < windows.count() && biases != nullptr; ++w) {
        std::memcpy(out + w * windows.outputs, biases, sizeof(float) * size(windows.outputs));
      }
      matrix_product(size(windows.count()), size(windows.row()), size(windows.outputs),
                     {rows.data(), windows.row(), 1}, {taps, windows.outputs, 1}, out,
                     size(windows.outputs), biases != nullptr);
    }
  });
  return result;
}

torch::Tensor map_gradient(const Windows& windows, const torch::Tensor& map,
                           const torch::Tensor& weight, const torch::Tensor& gradient) {
  const auto filters = weight.permute({0, 2, 3, 1}).contiguous();  // outputs x a row's inputs
  auto result = torch::zeros_like(map, at::MemoryFormat::ChannelsLast);
  const float* const from = gradient.data_ptr<float>();
  const float* const taps = filters.data_ptr<float>();
  float* const to = result.data_ptr<float>();
  const std::int64_t pixels = windows.height * windows.width * windows.channels;
  in_parallel(windows.images, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> rows(size(windows.count() * windows.row()));
    for (std::int64_t image = begin; image < end; ++image) {
      matrix_product(size(windows.count()), size(windows.outputs), size(windows.row()),
                     {from + image * windows.count() * windows.outputs, windows.outputs, 1},
                     {taps, windows.row(), 1}, rows.data(), size(windows.row()));
      windows.roll(rows.data(), to + image * pixels);
    }
  });
  return result;
}

torch::Tensor weight_gradient(const Windows& windows, const torch::Tensor& map,
                              const torch::Tensor& gradient) {
  const std::int64_t groups = (windows.images + kImagesOfGroup - 1) / kImagesOfGroup;
  const std::int64_t count = windows.row() * windows.outputs;
  auto sums = torch::empty({std::max<std::int64_t>(groups, 1), count}, torch::kFloat32);
  const float* const from = map.data_ptr<float>();
  const float* const slopes = gradient.data_ptr<float>();
  float* const to = sums.data_ptr<float>();
  const std::int64_t pixels = windows.height * windows.width * windows.channels;
  in_parallel(groups, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> rows(size(windows.count() * windows.row()));
    for (std::int64_t group = begin; group < end; ++group) {
      const std::int64_t first = group * kImagesOfGroup;
      const std::int64_t last = std::min(windows.images, first + kImagesOfGroup);
      for (std::int64_t image = first; image < last; ++image) {
        windows.unroll(from + image * pixels, rows.data());
        matrix_product(size(windows.row()), size(windows.count()), size(windows.outputs),
                       MatrixView{rows.data(), windows.row(), 1}.transposed(),
                       {slopes + image * windows.count() * windows.outputs, windows.outputs, 1},
                       to + group * count, size(windows.outputs), image > first);
      }
    }
  });
  for (std::int64_t group = 1; group < groups; ++group) {
    for (std::int64_t i = 0; i < count; ++i) to[i] += to[group * count + i];
  }
  return sums.narrow(0, 0, 1)
      .view({windows.kernel_height, windows.kernel_width, windows.channels, windows.outputs})
      .permute({3, 2, 0, 1})
      .contiguous();
}

torch::Tensor bias_gradient(const torch::Tensor& gradient) {
  const PixelRows pixels(gradient);
  return floats_of(column_sums(gradient.data_ptr<float>(), pixels.rows, pixels.columns));
}

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

struct ConvolutionFunction : torch::autograd::Function<ConvolutionFunction> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& map,
                               const torch::Tensor& weight, const torch::Tensor& bias,
                               std::int64_t stride, std::int64_t padding) {
    context->save_for_backward({map, weight});
    context->saved_data["stride"] = stride;
    context->saved_data["padding"] = padding;
    return convolve({map, weight, stride, padding}, channels_last(map), weight, bias);
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto map = channels_last(saved[0]), gradient = channels_last(gradients[0]);
    const Windows windows(map, saved[1], context->saved_data["stride"].toInt(),
                          context->saved_data["padding"].toInt());
    tensor_list result(5);
    if (context->needs_input_grad(0)) result[0] = map_gradient(windows, map, saved[1], gradient);
    if (context->needs_input_grad(1)) result[1] = weight_gradient(windows, map, gradient);
    if (context->needs_input_grad(2)) result[2] = bias_gradient(gradient);
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

torch::Tensor portable_convolution(const torch::Tensor& map, const torch::Tensor& weight,
                                   const torch::Tensor& bias, std::int64_t stride,
                                   std::int64_t padding) {
  if (!computed_here(map)) return torch::conv2d(map, weight, bias, stride, padding);
  TORCH_CHECK(map.size(1) == weight.size(1), "a convolution of ", weight.size(1), " channels got ",
              map.size(1));
  // A function's arguments are tensors; one without elements is no bias.
  return ConvolutionFunction::apply(
      map, weight, bias.defined() ? bias : torch::empty({0}, map.options()), stride, padding);
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
