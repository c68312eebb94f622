#pragma once

#include <cstdint>

namespace at {
class Tensor;
}

namespace kirchhoff::quant {

/// Whether winograd_convolution() computes a convolution by Winograd's minimal filtering: float32
/// maps in the processor's memory, 3 x 3 filters and stride 1, channels in multiples of 16, and
/// tiles that take less than half of the products.
bool winograd_suits(const at::Tensor& map, const at::Tensor& weight, std::int64_t stride,
                    std::int64_t padding);

/// torch::conv2d() without a bias where winograd_suits(), with gradients of map and weight; up to
/// rounding, the same. The result's pixels lie beside each other in memory (channels last). It
/// does not depend on the processor or the number of threads.
at::Tensor winograd_convolution(const at::Tensor& map, const at::Tensor& weight,
                                std::int64_t padding);

}  // namespace kirchhoff::quant
