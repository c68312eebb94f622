#include <torch/torch.h>

#include "quant/torch/portable_layers.h"
#include "quant/torch/portable_tensors.h"

namespace kirchhoff::quant {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

/// Where a value lies in units of the clip, and the step that it goes to. LibTorch's operators, one
/// rounding each.
struct Steps {
  Steps(const torch::Tensor& values, const torch::Tensor& clip, double low, double top)
      : relative(values / clip), nearest(torch::round(torch::clamp(relative, low, 1.0) * top)) {}
  torch::Tensor relative, nearest;
};

struct FakeQuantisation : torch::autograd::Function<FakeQuantisation> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& values,
                               const torch::Tensor& clip, double low, double top) {
    context->save_for_backward({values, clip});
    context->saved_data["low"] = low;
    context->saved_data["top"] = top;
    return Steps(values, clip, low, top).nearest * (clip / top);
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const double low = context->saved_data["low"].toDouble();
    const double top = context->saved_data["top"].toDouble();
    const Steps steps(saved[0], saved[1], low, top);
    const auto inside =
        torch::logical_and(steps.relative >= low, steps.relative <= 1.0).to(torch::kFloat32);
    tensor_list result(4);
    if (context->needs_input_grad(0)) result[0] = gradients[0] * inside;
    if (context->needs_input_grad(1)) {
      const auto moved =
          (gradients[0] * (steps.nearest / top - inside * steps.relative)).contiguous();
      if (computed_here(moved)) {
        result[1] = floats_of(column_sums(moved.data_ptr<float>(), moved.numel(), 1))
                        .view(saved[1].sizes());
      } else {
        result[1] = moved.sum().view(saved[1].sizes());
      }
    }
    return result;
  }
};

/// In the order of the values, on the CPU wherever they are: a GPU has no such order. The entries
/// are there.
torch::Tensor entry_means(const torch::Tensor& values, const torch::Tensor& entries) {
  const auto flat = values.to(torch::kCPU).contiguous().view(-1);
  const std::int64_t most = entries.max().item<std::int64_t>() + 1;
  std::vector<double> means(static_cast<std::size_t>(most)), counts(means.size());
  const float* const value = flat.data_ptr<float>();
  const std::int64_t* const entry = entries.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < flat.numel(); ++i) {
    means[static_cast<std::size_t>(entry[i])] += static_cast<double>(value[i]);
    counts[static_cast<std::size_t>(entry[i])] += 1.0;
  }
  for (std::size_t e = 0; e < means.size(); ++e) means[e] /= std::max(counts[e], 1.0);
  const auto result = torch::empty_like(flat);
  float* const mean = result.data_ptr<float>();
  for (std::int64_t i = 0; i < flat.numel(); ++i)
    mean[i] = static_cast<float>(means[static_cast<std::size_t>(entry[i])]);
  return result.view(values.sizes()).to(values.device());
}

/// A projection, and a symmetric one.
struct EntryMeans : torch::autograd::Function<EntryMeans> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& values,
                               const torch::Tensor& entries) {
    context->save_for_backward({entries});
    return entry_means(values, entries);
  }
  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    return {entry_means(gradients[0], context->get_saved_variables()[0]), torch::Tensor()};
  }
};

}  // namespace

torch::Tensor portable_entry_means(const torch::Tensor& values, const torch::Tensor& entries) {
  return EntryMeans::apply(values, entries);
}

torch::Tensor portable_fake_quantise(const torch::Tensor& values, const torch::Tensor& clip,
                                     double low, double top) {
  return FakeQuantisation::apply(values, clip, low, top);
}

}  // namespace kirchhoff::quant
