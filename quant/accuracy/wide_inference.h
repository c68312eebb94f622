#pragma once

#include <cstddef>

#include "quant/accuracy/image_blocks.h"
#include "quant/network/integer_network.h"

namespace kirchhoff::quant {

/// Exact inference of `images` images from `first_image` on for networks with more than 8 bits
/// somewhere. It adds integers as doubles, which is exact, since accumulators of wide layers stay
/// below 2^47: a fraction of the speed of BatchInference, many times that of golden_inference.
void wide_inference(const IntegerNetwork& network, const Dataset& data, std::size_t first_image,
                    std::size_t images, int threads, const LogitsConsumer& consume);

}  // namespace kirchhoff::quant
