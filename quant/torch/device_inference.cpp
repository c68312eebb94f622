#include "quant/torch/device_inference.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <torch/torch.h>

#include "base/error.h"
#include "base/stop_request.h"
#include "quant/accuracy/image_blocks.h"
#include "quant/torch/device_stage.h"
#include "quant/torch/torch_device.h"

namespace kirchhoff::quant {
namespace {

/// What a batch may take on the device, roughly.
constexpr std::int64_t kBatchBytes = std::int64_t{256} << 20;
constexpr std::int64_t kMaxBatch = 1024;

/// Pixels as activations of so many bits, as quantise_image() does it.
torch::Tensor quantised_pixels(const torch::Tensor& pixels, int bits) {
  const int shift = 8 - bits;
  if (shift == 0) return pixels.to(torch::kFloat32);
  const auto rounded = pixels.to(torch::kInt32).add(1 << (shift - 1)).bitwise_right_shift(shift);
  return rounded.clamp_max((1 << bits) - 1).to(torch::kFloat32);
}

/// Maps channel after channel; undefined of none.
torch::Tensor joined(const IndexedVector<TensorId, torch::Tensor>& maps,
                     const std::vector<TensorId>& read) {
  if (read.empty()) return {};
  std::vector<torch::Tensor> parts;
  for (const TensorId map : read) parts.push_back(maps[map]);
  return parts.size() == 1 ? parts.front() : torch::cat(parts, 1);
}

}  // namespace

class DeviceInference::Impl {
 public:
  Impl(const Network& network, const Dataset& data, const std::string& device)
      : network_(network), data_(data), device_(torch_device(device)) {
    network_.validate();
    check_shape(network_, data);
    // Everything under the windows and the sums of the largest layer, beside all maps.
    std::int64_t image_bytes = 1, maps_bytes = 0;
    for (const Layer& layer : network_.layers) {
      const Shape map = layer.convolved();
      const std::int64_t rows =
          std::int64_t{layer.input.channels} * layer.kernel_height * layer.kernel_width;
      image_bytes = std::max(image_bytes, map.pixels() * (rows * 4 + map.channels * 24));
      maps_bytes += map.size() * 4;
    }
    image_bytes += maps_bytes;
    batch_ = std::clamp<std::int64_t>(kBatchBytes / image_bytes, 1, kMaxBatch);
  }

  void run(const PolicyIntegers& integers, std::size_t first, std::size_t images,
           const LogitsConsumer& consume) {
    if (integers.wide()) {
      throw InputError(fmt::format("device {}: policy {}: must have widths of {} to {}",
                                   device_.str(), integers.policy.to_string(), kMinBits,
                                   kMaxSearchBits));
    }
    check_images(data_, first + images);
    const IndexedVector<LayerId, DeviceStage> stages = prepare(integers);
    const torch::NoGradGuard no_grad;
    at::globalContext().setAllowTF32CuBLAS(false);
    const auto bias = torch::tensor(integers.output_bias, torch::kInt64);
    const Shape& shape = network_.image;
    for (std::size_t done = 0; done < images; done += static_cast<std::size_t>(batch_)) {
      give_up_if_stopped();
      const std::int64_t count =
          std::min<std::int64_t>(batch_, static_cast<std::int64_t>(images - done));
      const std::uint8_t* pixels =
          data_.pixels.data() + (first + done) * static_cast<std::size_t>(shape.size());
      const auto batch =
          torch::from_blob(const_cast<std::uint8_t*>(pixels),
                           {count, shape.channels, shape.height, shape.width}, torch::kUInt8);
      const auto sums = sums_of(stages, integers, batch.to(device_)).to(torch::kCPU, torch::kInt64);
      const auto logits = (sums + bias.view({1, -1, 1})).flatten(1).contiguous();
      consume(first + done, static_cast<int>(count), logits.data_ptr<std::int64_t>());
    }
  }

 private:
  /// What the last stage delivers: images x channels x windows.
  torch::Tensor sums_of(const IndexedVector<LayerId, DeviceStage>& stages,
                        const PolicyIntegers& integers, const torch::Tensor& pixels) const {
    IndexedVector<TensorId, torch::Tensor> maps(stages.size() + 1);
    for (const LayerId l : stages.ids()) {
      const Layer& layer = network_.layers[l];
      if (layer.inputs.front() == kImage && !maps[kImage].defined())
        maps[kImage] = quantised_pixels(pixels, integers.layers[l].activation_bits);
      const auto sums = stages[l].accumulate(joined(maps, layer.inputs));
      if (network_.is_output(l)) return sums;
      maps[output_of(l)] = stages[l].leave(sums, joined(maps, layer.residual));
    }
    return {};
  }

  IndexedVector<LayerId, DeviceStage> prepare(const PolicyIntegers& integers) {
    IndexedVector<LayerId, DeviceStage> stages;
    for (const LayerId l : integers.layers.ids()) {
      const Layer& shape = network_.layers[l];
      const IntegerLayer& layer = integers.layers[l];
      std::shared_ptr<const DeviceWeights> weights;
      if (shape.has_weights()) {
        auto& kept = weights_[{l, layer.policy_bits(), layer.activation_bits}];
        if (!kept) {
          kept = std::make_shared<const DeviceWeights>(shape, *integers.weights[l],
                                                       layer.activation_bits, device_);
        }
        weights = kept;
      }
      stages.push_back({shape, layer, std::move(weights), device_});
    }
    return stages;
  }

  const Network network_;
  const Dataset& data_;
  const torch::Device device_;
  std::int64_t batch_ = 1;
  /// By layer, width of its weights and of its inputs.
  std::map<std::tuple<LayerId, int, int>, std::shared_ptr<const DeviceWeights>> weights_;
};

DeviceInference::DeviceInference(const Network& network, const Dataset& data,
                                 const std::string& device)
    : impl_(std::make_unique<Impl>(network, data, device)) {}
DeviceInference::~DeviceInference() = default;

ClippedConversions DeviceInference::run(const PolicyIntegers& integers, std::size_t first,
                                        std::size_t images, const LogitsConsumer& consume) {
  impl_->run(integers, first, images, consume);
  return ClippedConversions(integers.layers.size(), 0);
}

}  // namespace kirchhoff::quant
