#pragma once

#include <cstdint>
#include <utility>

#include "quant/network/shape.h"

namespace at {
class Tensor;
}

namespace kirchhoff::quant {

/// The layers of a network in training, forward and backward, so that float32 on the processor
/// gives the same bits on every processor and for any number of threads: products by
/// base::matrix_product, sums in groups of a fixed size, functions by base/portable_math.h. What is
/// left to LibTorch (maximum, ReLU, element by element one rounding each) has one result anyway.
///
/// Tensors elsewhere, or of another type, go to LibTorch's own layers.
///
/// Maps are images x channels x height x width.

/// LibTorch's convolution; the channels of a weight say how many groups there are, `bias` may be
/// undefined.
at::Tensor torch_convolution(const at::Tensor& map, const at::Tensor& weight,
                             const at::Tensor& bias, const Sweep& sweep);
/// The same.
at::Tensor portable_convolution(const at::Tensor& map, const at::Tensor& weight,
                                const at::Tensor& bias, const Sweep& sweep);

/// map + bias of every channel.
at::Tensor portable_bias(const at::Tensor& map, const at::Tensor& bias);

/// torch::linear(); rows x inputs.
at::Tensor portable_linear(const at::Tensor& rows, const at::Tensor& weight,
                           const at::Tensor& bias);

/// Batch norm with the batch's own mean and (biased) variance of every channel.
at::Tensor portable_batch_norm(const at::Tensor& map, const at::Tensor& scale,
                               const at::Tensor& shift, double epsilon);

/// Mean and biased variance of every channel.
std::pair<at::Tensor, at::Tensor> channel_moments(const at::Tensor& map);

/// Mean cross entropy of the softmax of `logits` (rows x classes) with int64 `labels`, a share
/// `smoothing` of which is spread evenly over the classes.
at::Tensor portable_cross_entropy(const at::Tensor& logits, const at::Tensor& labels,
                                  double smoothing);

/// `values` in [low * clip, clip] to the nearest of the steps clip / top. Gradients: of `values`
/// that of the identity within the range, 0 beyond; of the clip (a scalar) how rounding moves the
/// values within, +-1 beyond.
at::Tensor portable_fake_quantise(const at::Tensor& values, const at::Tensor& clip, double low,
                                  double top);

/// `values` with the mean of those of its entry in the place of each; `entries` has their numbers.
/// The gradients are the means of the gradients.
at::Tensor portable_entry_means(const at::Tensor& values, const at::Tensor& entries);

/// torch::exp().
at::Tensor portable_exponential(const at::Tensor& values);

}  // namespace kirchhoff::quant
