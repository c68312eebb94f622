#pragma once

#include <memory>

#include "quant/network/ops/operator.h"

namespace kirchhoff::quant {

/// The sum of two maps of one shape, value by value: a residual sum.
std::shared_ptr<const Operator> add();

}  // namespace kirchhoff::quant
