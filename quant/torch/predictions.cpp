#include "quant/torch/predictions.h"

#include <algorithm>
#include <iterator>
#include <numeric>

#include <torch/torch.h>

#include "quant/accuracy/image_blocks.h"
#include "quant/training/batch.h"

namespace kirchhoff::quant {

std::vector<int> predictions(const TorchNetwork& network, const Network& description,
                             const Dataset& data) {
  constexpr std::size_t kBatch = 250;
  check_shape(description, data);
  const torch::NoGradGuard no_grad;
  const auto device = network.parameters().device();
  const Shape& shape = description.image;
  std::vector<int> classes;
  classes.reserve(data.size());
  std::vector<std::size_t> indices(data.size());
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  for (std::size_t begin = 0; begin < data.size(); begin += kBatch) {
    const std::size_t end = std::min(begin + kBatch, data.size());
    auto images = torch::empty(
        {static_cast<std::int64_t>(end - begin), shape.channels, shape.height, shape.width});
    fill_batch(data, indices, begin, end, images.data_ptr<float>());
    const auto largest =
        network.forward(images.to(device)).argmax(1).to(torch::kCPU, torch::kInt64).contiguous();
    const std::int64_t* first = largest.data_ptr<std::int64_t>();
    std::transform(first, first + largest.numel(), std::back_inserter(classes),
                   [](std::int64_t c) { return static_cast<int>(c); });
  }
  return classes;
}

}  // namespace kirchhoff::quant
