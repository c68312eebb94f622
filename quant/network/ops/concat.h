#pragma once

#include <memory>

#include "quant/network/ops/operator.h"

namespace kirchhoff::quant {

/// Maps of one height and width, channel after channel.
std::shared_ptr<const Operator> concat();

}  // namespace kirchhoff::quant
