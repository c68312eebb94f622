#pragma once

#include <memory>

#include "quant/network/ops/operator.h"

namespace kirchhoff::quant {

/// A fully connected layer: weights [outputs, values of the map] and a bias per output. A map that
/// has rows and columns is taken channel by channel, row by row.
std::shared_ptr<const Operator> linear(int outputs);

}  // namespace kirchhoff::quant
