#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "quant/model/model.h"

namespace at {
class Tensor;
}

namespace kirchhoff::quant {

/// A network description as a LibTorch module: convolution or linear, max-pooling, ReLU.
/// All parameters are views of one flat tensor, layer by layer, weights before bias, so that an
/// optimizer step, an average of weights and a checkpoint are each a few operations on flat
/// tensors.
class TorchNetwork {
 public:
  /// Parameters are zero. `device` is "cpu" or "cuda"; InputError when LibTorch has no such device.
  explicit TorchNetwork(const Network& network, const std::string& device = "cpu");
  ~TorchNetwork();
  TorchNetwork(const TorchNetwork&) = delete;
  TorchNetwork& operator=(const TorchNetwork&) = delete;

  /// Logits, images x classes, of float images x channels x rows x columns on the device.
  at::Tensor forward(const at::Tensor& images) const;
  /// The same; `visit` sees the map that enters each layer.
  at::Tensor forward(
      const at::Tensor& images,
      const std::function<void(std::size_t layer, const at::Tensor& input)>& visit) const;

  /// Handles of the flat tensors, which share their values with the module.
  at::Tensor parameters() const;
  at::Tensor gradients() const;    ///< backward adds to it
  at::Tensor weight_mask() const;  ///< a copy: 1 for a weight, 0 for a bias

  /// The flat order as layers of float vectors, and back.
  std::vector<float> flatten(const std::vector<FloatLayer>& layers) const;
  std::vector<FloatLayer> layers(const std::vector<float>& flat) const;
  /// Copies `flat` into the parameters.
  void assign(const std::vector<float>& flat);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kirchhoff::quant
