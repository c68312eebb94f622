#pragma once

#include <memory>

#include "quant/network/ops/operator.h"

namespace kirchhoff::quant {

/// factor x + shift, one of each for the whole map.
std::shared_ptr<const Operator> affine();

}  // namespace kirchhoff::quant
