#pragma once

#include <memory>

#include "quant/network/ops/operator.h"

namespace kirchhoff::quant {

struct ConvolutionAttributes {
  int out_channels = 1;
  Sweep sweep;
  int groups = 1;
};

/// Weights [out_channels, in_channels / groups, kernel height, kernel width] and a bias per output
/// channel.
std::shared_ptr<const Operator> convolution(const ConvolutionAttributes& attributes);
/// A group per channel.
std::shared_ptr<const Operator> depthwise(int channels, const Sweep& sweep);

}  // namespace kirchhoff::quant
