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

/// A convolution's sizes, and how it unrolls: a row per weight of a filter (channel, kernel row,
/// kernel column), a column per window. Rows are shifted copies of a channel then, whatever the
/// number of channels.
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
  std::int64_t weights() const { return channels * kernel_height * kernel_width; }
  std::int64_t pixels() const { return channels * height * width; }

  /// Calls use(unrolled element, pixel, count) for every run of neighbours, `stride` pixels apart.
  template <class Use>
  void for_each_run(const Use& use) const {
    std::int64_t row = 0;
    for (std::int64_t channel = 0; channel < channels; ++channel) {
      for (std::int64_t ky = 0; ky < kernel_height; ++ky) {
        for (std::int64_t kx = 0; kx < kernel_width; ++kx, ++row) {
          // Windows whose pixel for this weight lies inside.
          const std::int64_t before = padding - kx;
          const std::int64_t first = before > 0 ? (before + stride - 1) / stride : 0;
          const std::int64_t last = std::min(across, (width - 1 + before) / stride + 1);
          for (std::int64_t window = 0; window < down && first < last; ++window) {
            const std::int64_t y = window * stride - padding + ky;
            if (y < 0 || y >= height) continue;
            use(row * count() + window * across + first,
                (channel * height + y) * width + first * stride - before, last - first);
          }
        }
      }
    }
  }

  void unroll(const float* image, float* rows) const {
    if (padding > 0) std::memset(rows, 0, sizeof(float) * size(weights() * count()));
    for_each_run([&](std::int64_t at, std::int64_t pixel, std::int64_t run) {
      if (stride == 1) {
        std::copy_n(image + pixel, run, rows + at);
      } else {
        for (std::int64_t i = 0; i < run; ++i) rows[at + i] = image[pixel + i * stride];
      }
    });
  }

  /// Adds the unrolled elements to the pixels.
  void roll(const float* rows, float* image) const {
    for_each_run([&](std::int64_t at, std::int64_t pixel, std::int64_t run) {
      if (stride == 1) {
        for (std::int64_t i = 0; i < run; ++i) image[pixel + i] += rows[at + i];
      } else {
        for (std::int64_t i = 0; i < run; ++i) image[pixel + i * stride] += rows[at + i];
      }
    });
  }

  const std::int64_t images, channels, height, width, outputs, kernel_height, kernel_width, stride,
      padding, down, across;
};

torch::Tensor convolve(const Windows& windows, const torch::Tensor& map,
                       const torch::Tensor& weight, const torch::Tensor& bias) {
  auto result = torch::empty({windows.images, windows.outputs, windows.down, windows.across},
                             torch::kFloat32);
  const float* const from = map.data_ptr<float>();
  const float* const taps = weight.data_ptr<float>();
  const float* const biases = bias.numel() > 0 ? bias.data_ptr<float>() : nullptr;
  float* const to = result.data_ptr<float>();
  const std::int64_t count = windows.count();
  in_parallel(windows.images, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> rows(size(windows.weights() * count));
    for (std::int64_t image = begin; image < end; ++image) {
      windows.unroll(from + image * windows.pixels(), rows.data());
      float* const out = to + image * windows.outputs * count;
      for (std::int64_t o = 0; o < windows.outputs && biases != nullptr; ++o) {
        std::fill_n(out + o * count, count, biases[o]);
      }
      matrix_product(size(windows.outputs), size(windows.weights()), size(count),
                     {taps, windows.weights(), 1}, {rows.data(), count, 1}, out, size(count),
                     biases != nullptr);
    }
  });
  return result;
}

torch::Tensor map_gradient(const Windows& windows, const torch::Tensor& weight,
                           const torch::Tensor& gradient) {
  auto result = torch::zeros({windows.images, windows.channels, windows.height, windows.width},
                             torch::kFloat32);
  const float* const from = gradient.data_ptr<float>();
  const MatrixView taps{weight.data_ptr<float>(), windows.weights(), 1};
  float* const to = result.data_ptr<float>();
  const std::int64_t count = windows.count();
  in_parallel(windows.images, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> rows(size(windows.weights() * count));
    for (std::int64_t image = begin; image < end; ++image) {
      matrix_product(size(windows.weights()), size(windows.outputs), size(count), taps.transposed(),
                     {from + image * windows.outputs * count, count, 1}, rows.data(), size(count));
      windows.roll(rows.data(), to + image * windows.pixels());
    }
  });
  return result;
}

torch::Tensor weight_gradient(const Windows& windows, const torch::Tensor& map,
                              const torch::Tensor& gradient) {
  const std::int64_t groups = (windows.images + kImagesOfGroup - 1) / kImagesOfGroup;
  const std::int64_t values = windows.outputs * windows.weights();
  auto sums = torch::zeros({std::max<std::int64_t>(groups, 1), values}, torch::kFloat32);
  const float* const from = map.data_ptr<float>();
  const float* const slopes = gradient.data_ptr<float>();
  float* const to = sums.data_ptr<float>();
  const std::int64_t count = windows.count();
  in_parallel(groups, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> rows(size(windows.weights() * count));
    for (std::int64_t group = begin; group < end; ++group) {
      const std::int64_t first = group * kImagesOfGroup;
      const std::int64_t last = std::min(windows.images, first + kImagesOfGroup);
      for (std::int64_t image = first; image < last; ++image) {
        windows.unroll(from + image * windows.pixels(), rows.data());
        // Weights x outputs: the right side, which is copied, is the smaller one then.
        matrix_product(size(windows.weights()), size(count), size(windows.outputs),
                       {rows.data(), count, 1},
                       MatrixView{slopes + image * windows.outputs * count, count, 1}.transposed(),
                       to + group * values, size(windows.outputs), true);
      }
    }
  });
  for (std::int64_t group = 1; group < groups; ++group) {
    for (std::int64_t i = 0; i < values; ++i) to[i] += to[group * values + i];
  }
  return sums[0]
      .view({windows.weights(), windows.outputs})
      .t()
      .reshape({windows.outputs, windows.channels, windows.kernel_height, windows.kernel_width})
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
    return convolve({map, weight, stride, padding}, map.contiguous(), weight.contiguous(), bias);
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto map = saved[0].contiguous(), weight = saved[1].contiguous(),
               gradient = gradients[0].contiguous();
    const Windows windows(map, weight, context->saved_data["stride"].toInt(),
                          context->saved_data["padding"].toInt());
    tensor_list result(5);
    if (context->needs_input_grad(0)) result[0] = map_gradient(windows, weight, gradient);
    if (context->needs_input_grad(1)) result[1] = weight_gradient(windows, map, gradient);
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

torch::Tensor portable_convolution(const torch::Tensor& map, const torch::Tensor& weight,
                                   const torch::Tensor& bias, std::int64_t stride,
                                   std::int64_t padding) {
  if (!computed_here(map)) return torch::conv2d(map, weight, bias, stride, padding);
  TORCH_CHECK(map.size(1) == weight.size(1), "a convolution of ", weight.size(1), " channels got ",
              map.size(1));
  if (map.size(2) + 2 * padding == weight.size(2) && map.size(3) + 2 * padding == weight.size(3) &&
      padding == 0 && bias.defined()) {
    // One window: a fully connected layer, with images as rows.
    return portable_linear(map.flatten(1), weight.flatten(1), bias).unsqueeze(-1).unsqueeze(-1);
  }
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
