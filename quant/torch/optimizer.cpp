#include "quant/torch/optimizer.h"

#include <cmath>

#include <torch/torch.h>

#include "base/portable_math.h"

namespace kirchhoff::quant {
namespace {

// Steps are made of LibTorch's operations with one rounding per element. Those that fuse a product
// and a sum (addcmul, addcdiv, lerp, a factor of add) round once or twice, as the processor has it.

class AdamW final : public Optimizer {
 public:
  AdamW(double weight_decay, const torch::Tensor& decayed)
      : weight_decay_(weight_decay),
        decayed_(decayed),
        mean_(torch::zeros_like(decayed)),
        variance_(torch::zeros_like(decayed)) {}

  void step(torch::Tensor parameters, const torch::Tensor& gradients, double rate,
            std::int64_t step) override {
    const auto count = static_cast<double>(step + 1);
    mean_.mul_(kBeta1).add_(gradients * (1.0 - kBeta1));
    variance_.mul_(kBeta2).add_((gradients * gradients).mul_(1.0 - kBeta2));
    const double correction = std::sqrt(1.0 - base::portable_pow(kBeta2, count));
    const auto scale = variance_.sqrt().div_(correction).add_(kEpsilon);
    parameters.sub_((parameters * decayed_).mul_(rate * weight_decay_));
    parameters.sub_((mean_ / scale).mul_(rate / (1.0 - base::portable_pow(kBeta1, count))));
  }

  std::vector<std::pair<std::string, torch::Tensor>> state() const override {
    return {{"mean", mean_}, {"variance", variance_}};
  }

 private:
  static constexpr double kBeta1 = 0.9;
  static constexpr double kBeta2 = 0.999;
  static constexpr double kEpsilon = 1e-8;
  double weight_decay_;
  torch::Tensor decayed_, mean_, variance_;
};

class Sgd final : public Optimizer {
 public:
  Sgd(double weight_decay, const torch::Tensor& decayed)
      : weight_decay_(weight_decay), decayed_(decayed), momentum_(torch::zeros_like(decayed)) {}

  void step(torch::Tensor parameters, const torch::Tensor& gradients, double rate,
            std::int64_t /*step*/) override {
    auto direction = (parameters * decayed_).mul_(weight_decay_).add_(gradients);
    momentum_.mul_(kMomentum).add_(direction);
    parameters.sub_(direction.add_(momentum_ * kMomentum).mul_(rate));
  }

  std::vector<std::pair<std::string, torch::Tensor>> state() const override {
    return {{"momentum", momentum_}};
  }

 private:
  static constexpr double kMomentum = 0.9;
  double weight_decay_;
  torch::Tensor decayed_, momentum_;
};

}  // namespace

std::unique_ptr<Optimizer> Optimizer::create(OptimizerKind kind, double weight_decay,
                                             const torch::Tensor& decayed) {
  if (kind == OptimizerKind::kSgd) return std::make_unique<Sgd>(weight_decay, decayed);
  return std::make_unique<AdamW>(weight_decay, decayed);
}

}  // namespace kirchhoff::quant
