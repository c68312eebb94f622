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
#include "quant/torch/torch_device.h"

namespace kirchhoff::quant {
namespace {

/// Integers up to here are exact in float32.
constexpr std::int64_t kExact = std::int64_t{1} << 24;
/// What a batch may take on the device, roughly.
constexpr std::int64_t kBatchBytes = std::int64_t{256} << 20;
constexpr std::int64_t kMaxBatch = 1024;

/// Weights of a layer in exact chunks: channels x rows each.
struct Chunks {
  std::vector<torch::Tensor> weights;
  std::vector<std::int64_t> first_row;  ///< and the end
};

Chunks make_chunks(const Eigen::MatrixXi& weights, int activation_bits, torch::Device device) {
  Chunks chunks;
  chunks.first_row = exact_chunks(weights, activation_bits);
  // Eigen's matrices go column by column: each channel's rows lie side by side, as they must here.
  const Eigen::MatrixXf values = weights.cast<float>();
  const auto all =
      torch::from_blob(const_cast<float*>(values.data()), {values.cols(), values.rows()}).clone();
  for (std::size_t chunk = 0; chunk + 1 < chunks.first_row.size(); ++chunk) {
    chunks.weights.push_back(
        all.slice(1, chunks.first_row[chunk], chunks.first_row[chunk + 1]).contiguous().to(device));
  }
  return chunks;
}

torch::Tensor channels(const std::vector<double>& values, torch::Device device) {
  return torch::tensor(values, torch::kFloat64).view({1, -1, 1}).to(device);
}

/// A layer's integers on the device; those of `layer` but the weights, which are `chunks`.
class Stage {
 public:
  Stage(const Layer& shape, const IntegerLayer& layer, std::shared_ptr<const Chunks> chunks,
        torch::Device device)
      : shape_(shape),
        chunks_(std::move(chunks)),
        activation_bits_(layer.activation_bits),
        top_((1 << layer.output_bits) - 1) {
    std::vector<double> multiplier, bias;
    for (std::size_t c = 0; c < layer.multiplier.size(); ++c) {
      multiplier.push_back(std::ldexp(static_cast<double>(layer.multiplier[c]), -layer.shift));
      bias.push_back(std::ldexp(static_cast<double>(layer.bias[c]), -layer.shift));
    }
    if (multiplier.empty()) return;
    multiplier_ = channels(multiplier, device);
    bias_ = channels(bias, device);
  }

  /// Pixels as activations, as quantise_image() does it.
  torch::Tensor enter(const torch::Tensor& pixels) const {
    const int shift = 8 - activation_bits_;
    if (shift == 0) return pixels.to(torch::kFloat32);
    const auto rounded = pixels.to(torch::kInt32).add(1 << (shift - 1)).bitwise_right_shift(shift);
    return rounded.clamp_max((1 << activation_bits_) - 1).to(torch::kFloat32);
  }

  /// images x channels x windows, float64.
  torch::Tensor accumulate(const torch::Tensor& map) const {
    const bool whole = shape_.kind == LayerKind::kFullyConnected;
    const auto rows = whole ? map.reshape({map.size(0), -1, 1})
                            : at::im2col(map, {shape_.kernel_height, shape_.kernel_width}, {1, 1},
                                         {shape_.padding.top, shape_.padding.left},
                                         {shape_.stride.height, shape_.stride.width});
    torch::Tensor sums;
    for (std::size_t chunk = 0; chunk < chunks_->weights.size(); ++chunk) {
      const std::int64_t first = chunks_->first_row[chunk];
      const auto part = rows.slice(1, first, chunks_->first_row[chunk + 1]);
      const auto sum = torch::matmul(chunks_->weights[chunk], part).to(torch::kFloat64);
      sums = sums.defined() ? sums.add_(sum) : sum;
    }
    return sums;
  }

  /// Requantised and pooled; |acc * multiplier + bias| < 2^48, scaled by a power of two, is exact.
  torch::Tensor leave(const torch::Tensor& sums) const {
    const Shape map = shape_.convolved();
    auto values = sums.mul(multiplier_).add_(bias_).clamp_(0, top_).floor_().to(torch::kFloat32);
    values = values.view({sums.size(0), map.channels, map.height, map.width});
    return shape_.pool == 1 ? values : torch::max_pool2d(values, shape_.pool);
  }

 private:
  const Layer& shape_;
  std::shared_ptr<const Chunks> chunks_;
  int activation_bits_;
  double top_;
  torch::Tensor multiplier_, bias_;  ///< times 2^-shift; undefined in the last layer
};

}  // namespace

std::vector<std::int64_t> exact_chunks(const Eigen::MatrixXi& weights, int activation_bits) {
  const std::int64_t largest = (std::int64_t{1} << activation_bits) - 1;
  std::vector<std::int64_t> first_row = {0};
  std::vector<std::int64_t> bound(static_cast<std::size_t>(weights.cols()), 0);
  for (Eigen::Index r = 0; r < weights.rows(); ++r) {
    const auto over = [&](Eigen::Index c) {
      return bound[static_cast<std::size_t>(c)] + std::abs(weights(r, c)) * largest > kExact;
    };
    bool full = false;
    for (Eigen::Index c = 0; c < weights.cols() && !full; ++c) full = over(c);
    if (full) {
      first_row.push_back(r);
      std::fill(bound.begin(), bound.end(), 0);
    }
    for (Eigen::Index c = 0; c < weights.cols(); ++c)
      bound[static_cast<std::size_t>(c)] += std::abs(weights(r, c)) * largest;
  }
  first_row.push_back(weights.rows());
  return first_row;
}

class DeviceInference::Impl {
 public:
  Impl(const Network& network, const Dataset& data, const std::string& device)
      : network_(network), data_(data), device_(torch_device(device)) {
    network_.validate();
    check_plain(network_, "a GPU");
    check_shape(network_, data);
    std::int64_t image_bytes = 1;
    for (const Layer& layer : network_.layers) {
      const Shape map = layer.convolved();
      const std::int64_t windows = std::int64_t{map.height} * map.width;
      image_bytes = std::max(image_bytes, windows * (layer.rows() * 4 + map.channels * 24));
    }
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
    const std::vector<Stage> stages = prepare(integers);
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
      auto map = stages.front().enter(
          torch::from_blob(const_cast<std::uint8_t*>(pixels),
                           {count, shape.channels, shape.height, shape.width}, torch::kUInt8)
              .to(device_));
      for (std::size_t l = 0; l + 1 < stages.size(); ++l)
        map = stages[l].leave(stages[l].accumulate(map));
      const auto sums = stages.back().accumulate(map).to(torch::kCPU, torch::kInt64);
      const auto logits = (sums.flatten(2) + bias.view({1, -1, 1})).flatten(1).contiguous();
      consume(first + done, static_cast<int>(count), logits.data_ptr<std::int64_t>());
    }
  }

 private:
  std::vector<Stage> prepare(const PolicyIntegers& integers) {
    std::vector<Stage> stages;
    for (const LayerId l : integers.layers.ids()) {
      const IntegerLayer& layer = integers.layers[l];
      auto& chunks = chunks_[{l, layer.policy_bits(), layer.activation_bits}];
      if (!chunks) {
        chunks = std::make_shared<const Chunks>(
            make_chunks(*integers.weights[l], layer.activation_bits, device_));
      }
      stages.emplace_back(network_.layers[l], layer, chunks, device_);
    }
    return stages;
  }

  const Network network_;
  const Dataset& data_;
  const torch::Device device_;
  std::int64_t batch_ = 1;
  /// By layer, width of its weights and of its inputs.
  std::map<std::tuple<LayerId, int, int>, std::shared_ptr<const Chunks>> chunks_;
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
