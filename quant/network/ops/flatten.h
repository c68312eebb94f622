#pragma once

#include <memory>

#include "quant/network/ops/operator.h"

namespace kirchhoff::quant {

/// All values of a map as channels, channel by channel, row by row. Only `linear` may read it.
std::shared_ptr<const Operator> flatten();

}  // namespace kirchhoff::quant
