#pragma once

#include <memory>

#include "quant/network/function.h"
#include "quant/network/ops/operator.h"

namespace kirchhoff::quant {

/// A function of every value: the SFU's clamp or its look-up table.
std::shared_ptr<const Operator> apply(const Function& function);

}  // namespace kirchhoff::quant
