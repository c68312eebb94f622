#include "quant/torch/device_stage.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace kirchhoff::quant {
namespace {

/// Integers up to here are exact in float32.
constexpr std::int64_t kExact = std::int64_t{1} << 24;

/// One value per constant (constant_of()), in the places of sums that take it.
template <typename T>
torch::Tensor constants(const Layer& shape, const std::vector<T>& values, torch::Device device) {
  const auto count = static_cast<std::int64_t>(values.size());
  const auto all =
      torch::tensor(std::vector<double>(values.begin(), values.end()), torch::kFloat64);
  if (shape.has_weights() || count == 1) return all.view({1, count, 1}).to(device);
  std::vector<std::int64_t> taken;
  const Shape map = shape.convolved();
  for (int y = 0; y < map.height; ++y) {
    for (int x = 0; x < map.width; ++x) taken.push_back(constant_of(shape, 0, y, x));
  }
  return all.index_select(0, torch::tensor(taken)).view({1, 1, -1}).to(device);
}

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

DeviceWeights::DeviceWeights(const Layer& shape, const Eigen::MatrixXi& weights,
                             int activation_bits, torch::Device device)
    : groups_(shape.groups), first_row_(exact_chunks(weights, activation_bits)) {
  // Eigen's matrices go column by column: each channel's rows lie side by side, as they must here.
  const Eigen::MatrixXf values = weights.cast<float>();
  const auto all = torch::from_blob(const_cast<float*>(values.data()),
                                    {groups_, values.cols() / groups_, values.rows()})
                       .clone();
  for (std::size_t chunk = 0; chunk + 1 < first_row_.size(); ++chunk) {
    weights_.push_back(
        all.slice(2, first_row_[chunk], first_row_[chunk + 1]).contiguous().to(device));
  }
}

torch::Tensor DeviceWeights::product(const torch::Tensor& rows) const {
  const auto by_group = rows.view({rows.size(0), groups_, rows.size(1) / groups_, rows.size(2)});
  torch::Tensor sums;
  for (std::size_t chunk = 0; chunk < weights_.size(); ++chunk) {
    const auto part = by_group.slice(2, first_row_[chunk], first_row_[chunk + 1]);
    const auto sum = torch::matmul(weights_[chunk], part).to(torch::kFloat64);
    sums = sums.defined() ? sums.add_(sum) : sum;
  }
  return sums.view({rows.size(0), -1, rows.size(2)});
}

DeviceStage::DeviceStage(const Layer& shape, const IntegerLayer& layer,
                         std::shared_ptr<const DeviceWeights> weights, torch::Device device)
    : shape_(shape),
      weights_(std::move(weights)),
      factor_(std::ldexp(1.0, -layer.shift)),
      operand_factor_(layer.residual_multiplier),
      low_(shape.function.non_negative() ? 0 : layer.least_output()),
      high_(layer.largest_output()) {
  if (layer.multiplier.empty()) return;
  multiplier_ = constants(shape, layer.multiplier, device);
  bias_ = constants(shape, layer.bias, device);
  if (layer.table.empty()) return;
  table_ = torch::tensor(std::vector<float>(layer.table.begin(), layer.table.end())).to(device);
  low_ = -std::ldexp(1.0, layer.output_bits);
  high_ = -low_ - 1.0;
}

torch::Tensor DeviceStage::padded(const torch::Tensor& map, double value) const {
  const Shape windows = shape_.convolved();
  const Extent span = shape_.sweep().span();
  const int bottom = (windows.height - 1) * shape_.stride.height + span.height -
                     shape_.input.height - shape_.padding.top;
  const int right = (windows.width - 1) * shape_.stride.width + span.width - shape_.input.width -
                    shape_.padding.left;
  return torch::constant_pad_nd(map, {shape_.padding.left, right, shape_.padding.top, bottom},
                                value);
}

torch::Tensor DeviceStage::accumulate(const torch::Tensor& map) const {
  if (shape_.kind == LayerKind::kFullyConnected)
    return weights_->product(map.reshape({map.size(0), -1, 1}));
  const std::vector<std::int64_t> kernel = {shape_.kernel_height, shape_.kernel_width},
                                  stride = {shape_.stride.height, shape_.stride.width},
                                  dilation = {shape_.dilation.height, shape_.dilation.width};
  if (shape_.kind == LayerKind::kMaximum) {
    const auto whole = padded(map, -std::numeric_limits<double>::infinity());
    return torch::max_pool2d(whole, kernel, stride, 0, dilation).flatten(2).to(torch::kFloat64);
  }
  const auto rows = at::im2col(padded(map, 0.0), kernel, dilation, {0, 0}, stride);
  if (weights_) return weights_->product(rows);
  return rows.to(torch::kFloat64)
      .view({rows.size(0), shape_.input.channels, -1, rows.size(2)})
      .sum(2);
}

torch::Tensor DeviceStage::leave(const torch::Tensor& sums, const torch::Tensor& operand) const {
  // Below 2^48 in magnitude, scaled by a power of two: exact.
  auto values = sums.mul(multiplier_).add_(bias_);
  if (operand.defined()) values.add_(operand.flatten(2).to(torch::kFloat64), operand_factor_);
  values.mul_(factor_).floor_().clamp_(low_, high_);
  const Shape map = shape_.convolved();
  auto outputs = table_.defined() ? table_.take(values.sub_(low_).to(torch::kInt64))
                                  : values.to(torch::kFloat32);
  outputs = outputs.view({sums.size(0), map.channels, map.height, map.width});
  return shape_.pool == 1 ? outputs : torch::max_pool2d(outputs, shape_.pool);
}

}  // namespace kirchhoff::quant
