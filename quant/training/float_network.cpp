#include "quant/training/float_network.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>
#include <torch/torch.h>

#include "quant/training/batch.h"
#include "quant/training/torch_network.h"
#include "traces/error.h"

namespace kirchhoff::quant {
namespace {

constexpr std::size_t kBatch = 250;

/// Calls `run` with one batch of images after the other.
void for_each_batch(const Network& network, const Dataset& data,
                    const std::function<void(const torch::Tensor& images)>& run) {
  const Shape& shape = network.image;
  if (!(data.shape == shape)) {
    throw InputError(fmt::format("dataset {}: images of {}x{}x{}: network {} takes {}x{}x{}",
                                 data.name, data.shape.channels, data.shape.height,
                                 data.shape.width, network.name, shape.channels, shape.height,
                                 shape.width));
  }
  std::vector<std::size_t> indices(data.size());
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  for (std::size_t begin = 0; begin < data.size(); begin += kBatch) {
    const std::size_t end = std::min(begin + kBatch, data.size());
    auto images = torch::empty(
        {static_cast<std::int64_t>(end - begin), shape.channels, shape.height, shape.width});
    fill_batch(data, indices, begin, end, images.data_ptr<float>());
    run(images);
  }
}

}  // namespace

std::vector<int> predictions(const TorchNetwork& network, const Network& description,
                             const Dataset& data) {
  const torch::NoGradGuard no_grad;
  const auto device = network.parameters().device();
  std::vector<int> classes;
  classes.reserve(data.size());
  for_each_batch(description, data, [&](const torch::Tensor& images) {
    const auto largest =
        network.forward(images.to(device)).argmax(1).to(torch::kCPU, torch::kInt64).contiguous();
    const std::int64_t* first = largest.data_ptr<std::int64_t>();
    std::transform(first, first + largest.numel(), std::back_inserter(classes),
                   [](std::int64_t c) { return static_cast<int>(c); });
  });
  return classes;
}

std::vector<int> float_predictions(const Model& model, const Dataset& data, bool portable) {
  TorchNetworkOptions options;
  options.portable = portable;
  TorchNetwork network(model.network, options);
  network.assign(network.flatten(model.layers));
  return predictions(network, model.network, data);
}

void visit_activations(
    const Model& model, const Dataset& data,
    const std::function<void(std::size_t layer, const float* values, std::size_t count)>& visit) {
  const torch::NoGradGuard no_grad;
  TorchNetwork network(model.network);
  network.assign(network.flatten(model.layers));
  for_each_batch(model.network, data, [&](const torch::Tensor& images) {
    network.forward(images, [&](std::size_t layer, const torch::Tensor& input) {
      const auto values = input.contiguous();
      visit(layer, values.data_ptr<float>(), static_cast<std::size_t>(values.numel()));
    });
  });
}

}  // namespace kirchhoff::quant
