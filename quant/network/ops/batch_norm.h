#pragma once

#include <memory>

#include "quant/network/ops/operator.h"

namespace kirchhoff::quant {

/// (x - mean) / sqrt(variance + epsilon) * scale + shift, per channel.
std::shared_ptr<const Operator> batch_norm(double epsilon = 1e-5);

}  // namespace kirchhoff::quant
