#pragma once

#include "quant/network/layer.h"

namespace at {
class Tensor;
}

namespace kirchhoff::quant {

/// What stages do besides products, on images x channels x rows x columns, with gradients. Every
/// element is one operation after the other in one order, so that the result is the same
/// everywhere.

/// A stage without weights over its windows: sums, averages or maxima.
at::Tensor reduce_windows(const Layer& layer, const at::Tensor& map);

/// The function behind a stage's sums.
at::Tensor apply_function(const Function& function, const at::Tensor& map);

}  // namespace kirchhoff::quant
