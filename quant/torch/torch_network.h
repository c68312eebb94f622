#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "quant/model/model.h"
#include "quant/training/fake_quantization.h"

namespace at {
class Tensor;
}

namespace kirchhoff::quant {

/// How a TorchNetwork computes.
struct TorchNetworkOptions {
  std::string device = "cpu";  ///< "cpu" or "cuda"
  /// A batch norm with the statistics of the batch at hand follows every convolution, behind its
  /// pooling, and takes the place of its bias. Its scale must be kept positive: maximum and scaling
  /// commute only then.
  bool batch_norm = false;
  bool portable = true;  ///< layers of portable_layers.h; false: LibTorch's, to compare with
  bool bf16 = false;     ///< convolutions and activations in bfloat16; parameters stay float32
  std::optional<FakeQuantization> quantization;  ///< excludes the two above
};

/// What a caller does to the maps on their way through the layers. Each may be empty.
struct LayerHooks {
  /// Gets a map that layers read, the image too, and returns the one that they take.
  std::function<at::Tensor(TensorId id, const at::Tensor& map)> made;
  /// Sees what enters a layer: its maps, channel after channel.
  std::function<void(LayerId layer, const at::Tensor& map)> entered;
  /// Sees a layer's sums: its convolution or product with the bias, before pooling and ReLU.
  std::function<void(LayerId layer, const at::Tensor& map)> summed;
};

/// Mean and variance of every output channel of one convolution, what batch norm divides by.
struct ChannelStatistics {
  std::vector<float> mean, variance;
};

/// A network description as a LibTorch module: convolution or linear, max-pooling, ReLU.
/// All parameters are views of one flat tensor, layer by layer, weights before bias (with batch
/// norm: weights, scale, shift), learned clips at the end, so that an optimizer step, an average of
/// weights and a checkpoint are each a few operations on flat tensors.
class TorchNetwork {
 public:
  /// Parameters are zero. InputError when LibTorch has no such device.
  explicit TorchNetwork(const Network& network, const TorchNetworkOptions& options = {});
  ~TorchNetwork();
  TorchNetwork(const TorchNetwork&) = delete;
  TorchNetwork& operator=(const TorchNetwork&) = delete;

  /// With fake quantisation and its noise: forward() feels that draw from now on; without a number
  /// none, as at first.
  void draw_noise(std::optional<std::uint64_t> draw);

  /// Logits, images x classes, of float images x channels x rows x columns on the device. Of
  /// another size than the network's, they pass the network resized() to them.
  at::Tensor forward(const at::Tensor& images, const LayerHooks& hooks = {}) const;
  /// What a layer would make of a map, up to its pooling and ReLU, with other weights and biases in
  /// the order of FloatLayer.
  at::Tensor sums(LayerId layer, const at::Tensor& map, const std::vector<float>& weights,
                  const std::vector<float>& bias) const;

  /// Handles of the flat tensors, which share their values with the module.
  at::Tensor parameters() const;
  at::Tensor gradients() const;    ///< backward adds to it
  at::Tensor weight_mask() const;  ///< a copy: 1 for a weight, 0 for bias, scale and shift

  /// Keeps every scale of a batch norm positive.
  void clamp_scales();
  /// With batch norm: statistics of every convolution, averaged over batches; empty for other
  /// layers. `batches` calls its argument with one batch of images after the other.
  IndexedVector<LayerId, ChannelStatistics> statistics(
      const std::function<void(const std::function<void(const at::Tensor&)>&)>& batches) const;

  /// With fake quantisation: its clips, learned or not.
  TunedClips clips() const;

  /// Weights and biases in the flat order, for a network without batch norm.
  std::vector<float> flatten(const IndexedVector<LayerId, FloatLayer>& layers) const;
  /// The present parameters as layers of float vectors, batch norm folded with `statistics`.
  IndexedVector<LayerId, FloatLayer> layers(
      const IndexedVector<LayerId, ChannelStatistics>& statistics = {}) const;
  /// Copies `flat` into the parameters.
  void assign(const std::vector<float>& flat);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kirchhoff::quant
