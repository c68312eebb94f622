#include <cmath>

#include <torch/torch.h>

#include "quant/torch/portable_layers.h"
#include "quant/torch/portable_tensors.h"

namespace kirchhoff::quant {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

struct Moments {
  std::vector<double> mean, variance;
};

/// Of a channels-last map.
Moments moments_of(const torch::Tensor& map) {
  const PixelRows pixels(map);
  const float* const values = map.data_ptr<float>();
  const double count = static_cast<double>(pixels.rows);
  Moments moments;
  moments.mean = column_sums(values, pixels.rows, pixels.columns);
  for (double& mean : moments.mean) mean /= count;
  const double* const mean = moments.mean.data();
  moments.variance =
      sum_of_rows(pixels.rows, moments.mean.size(), [&](std::int64_t row, double* sums) {
        const float* const at = values + row * pixels.columns;
        for (std::int64_t c = 0; c < pixels.columns; ++c) {
          const double off = static_cast<double>(at[c]) - mean[c];
          sums[c] += off * off;
        }
      });
  for (double& variance : moments.variance) variance /= count;
  return moments;
}

/// Of every channel: (value - mean) * factor is normalised to a deviation of 1.
struct Normaliser {
  Normaliser(const torch::Tensor& map, double epsilon) {
    const Moments moments = moments_of(map);
    for (std::size_t c = 0; c < moments.mean.size(); ++c) {
      mean.push_back(static_cast<float>(moments.mean[c]));
      factor.push_back(static_cast<float>(1.0 / std::sqrt(moments.variance[c] + epsilon)));
    }
  }
  std::vector<float> mean, factor;
};

torch::Tensor tensor_of(const std::vector<float>& values) { return torch::tensor(values); }

struct BatchNormFunction : torch::autograd::Function<BatchNormFunction> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& any_map,
                               const torch::Tensor& scale, const torch::Tensor& shift,
                               double epsilon) {
    const auto map = channels_last(any_map);
    const Normaliser normaliser(map, epsilon);
    context->save_for_backward(
        {map, scale, tensor_of(normaliser.mean), tensor_of(normaliser.factor)});
    auto result = torch::empty_like(map, at::MemoryFormat::ChannelsLast);
    const PixelRows pixels(map);
    const float *const from = map.data_ptr<float>(), *const scales = scale.data_ptr<float>(),
                       *const shifts = shift.data_ptr<float>(),
                       *const mean = normaliser.mean.data(),
                       *const factor = normaliser.factor.data();
    float* const to = result.data_ptr<float>();
    in_parallel(pixels.rows, kRowsOfGroup, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        const std::int64_t at = row * pixels.columns;
        for (std::int64_t c = 0; c < pixels.columns; ++c) {
          to[at + c] = (from[at + c] - mean[c]) * factor[c] * scales[c] + shifts[c];
        }
      }
    });
    return result;
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &map = saved[0], &scale = saved[1];
    const auto gradient = channels_last(gradients[0]);
    const PixelRows pixels(map);
    const auto columns = static_cast<std::size_t>(pixels.columns);
    const float *const from = map.data_ptr<float>(), *const slopes = gradient.data_ptr<float>(),
                       *const scales = scale.data_ptr<float>(),
                       *const mean = saved[2].data_ptr<float>(),
                       *const factor = saved[3].data_ptr<float>();
    // Of the gradients, then of the gradients times the normalised values.
    const std::vector<double> sums =
        sum_of_rows(pixels.rows, 2 * columns, [&](std::int64_t row, double* own) {
          const std::int64_t at = row * pixels.columns;
          for (std::int64_t c = 0; c < pixels.columns; ++c) {
            const float normal = (from[at + c] - mean[c]) * factor[c];
            own[c] += static_cast<double>(slopes[at + c]);
            own[pixels.columns + c] += static_cast<double>(slopes[at + c] * normal);
          }
        });
    std::vector<float> steady(columns), leaning(columns);
    for (std::size_t c = 0; c < columns; ++c) {
      steady[c] = static_cast<float>(sums[c] / static_cast<double>(pixels.rows));
      leaning[c] = static_cast<float>(sums[columns + c] / static_cast<double>(pixels.rows));
    }
    auto result = torch::empty_like(map, at::MemoryFormat::ChannelsLast);
    float* const to = result.data_ptr<float>();
    in_parallel(pixels.rows, kRowsOfGroup, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        const std::int64_t at = row * pixels.columns;
        for (std::int64_t c = 0; c < pixels.columns; ++c) {
          const float normal = (from[at + c] - mean[c]) * factor[c];
          const float rest = slopes[at + c] - steady[static_cast<std::size_t>(c)] -
                             normal * leaning[static_cast<std::size_t>(c)];
          to[at + c] = scales[c] * factor[c] * rest;
        }
      }
    });
    const auto middle = sums.begin() + pixels.columns;
    return {result, floats_of({middle, sums.end()}), floats_of({sums.begin(), middle}),
            torch::Tensor()};
  }
};

}  // namespace

torch::Tensor portable_batch_norm(const torch::Tensor& map, const torch::Tensor& scale,
                                  const torch::Tensor& shift, double epsilon) {
  if (!computed_here(map)) {
    return torch::batch_norm(map, scale, shift, {}, {}, true, 0.0, epsilon, false);
  }
  return BatchNormFunction::apply(map, scale, shift, epsilon);
}

std::pair<torch::Tensor, torch::Tensor> channel_moments(const torch::Tensor& map) {
  if (!computed_here(map)) {
    const auto values = map.to(torch::kFloat32);
    return {values.mean({0, 2, 3}), values.var({0, 2, 3}, false)};
  }
  const Moments moments = moments_of(channels_last(map));
  return {floats_of(moments.mean), floats_of(moments.variance)};
}

}  // namespace kirchhoff::quant
