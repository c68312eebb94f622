#include <algorithm>

#include <torch/torch.h>

#include "base/portable_math.h"
#include "quant/torch/portable_layers.h"
#include "quant/torch/portable_tensors.h"

namespace kirchhoff::quant {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

struct CrossEntropyFunction : torch::autograd::Function<CrossEntropyFunction> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& any_logits,
                               const torch::Tensor& labels, double smoothing) {
    const auto logits = any_logits.contiguous();
    const std::int64_t rows = logits.size(0), classes = logits.size(1);
    auto gradient = torch::empty_like(logits);
    const double spread = smoothing / static_cast<double>(classes);
    double loss = 0.0;
    for (std::int64_t row = 0; row < rows; ++row) {
      const float* const at = logits.data_ptr<float>() + row * classes;
      float* const slope = gradient.data_ptr<float>() + row * classes;
      const std::int64_t label = labels.data_ptr<std::int64_t>()[row];
      const double top = static_cast<double>(*std::max_element(at, at + classes));
      double sum = 0.0;
      for (std::int64_t c = 0; c < classes; ++c) {
        sum += base::portable_exp(static_cast<double>(at[c]) - top);
      }
      const double log_sum = top + base::portable_log(sum);
      for (std::int64_t c = 0; c < classes; ++c) {
        const double wanted = spread + (c == label ? 1.0 - smoothing : 0.0);
        const double logarithm = static_cast<double>(at[c]) - log_sum;
        loss -= wanted * logarithm;
        slope[c] = static_cast<float>((base::portable_exp(logarithm) - wanted) /
                                      static_cast<double>(rows));
      }
    }
    context->save_for_backward({gradient});
    return torch::tensor(static_cast<float>(loss / static_cast<double>(rows)));
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    return {context->get_saved_variables()[0] * gradients[0], torch::Tensor(), torch::Tensor()};
  }
};

struct ExponentialFunction : torch::autograd::Function<ExponentialFunction> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& any_values) {
    auto result = any_values.contiguous().clone();
    float* const values = result.data_ptr<float>();
    std::transform(values, values + result.numel(), values, [](float value) {
      return static_cast<float>(base::portable_exp(static_cast<double>(value)));
    });
    context->save_for_backward({result});
    return result;
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    return {context->get_saved_variables()[0] * gradients[0]};
  }
};

}  // namespace

torch::Tensor portable_cross_entropy(const torch::Tensor& logits, const torch::Tensor& labels,
                                     double smoothing) {
  if (!computed_here(logits)) {
    return torch::nn::functional::cross_entropy(
        logits, labels,
        torch::nn::functional::CrossEntropyFuncOptions().label_smoothing(smoothing));
  }
  return CrossEntropyFunction::apply(logits, labels, smoothing);
}

torch::Tensor portable_exponential(const torch::Tensor& values) {
  if (!computed_here(values)) return torch::exp(values);
  return ExponentialFunction::apply(values);
}

}  // namespace kirchhoff::quant
