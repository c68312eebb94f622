#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "quant/training/training.h"

namespace at {
class Tensor;
}

namespace kirchhoff::quant {

/// One step of a first-order method on flat parameters.
class Optimizer {
 public:
  /// `decayed` is 1 where weight decay applies and 0 elsewhere.
  static std::unique_ptr<Optimizer> create(OptimizerKind kind, double weight_decay,
                                           const at::Tensor& decayed);
  virtual ~Optimizer() = default;

  /// Changes `parameters` in place; `step` counts from 0.
  virtual void step(at::Tensor parameters, const at::Tensor& gradients, double rate,
                    std::int64_t step) = 0;
  /// What a checkpoint must hold; the tensors share their values with the optimizer.
  virtual std::vector<std::pair<std::string, at::Tensor>> state() const = 0;
};

}  // namespace kirchhoff::quant
