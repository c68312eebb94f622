#include "quant/training/torch_network.h"

#include <stdexcept>

#include <fmt/format.h>
#include <torch/torch.h>

#include "traces/error.h"

namespace kirchhoff::quant {
namespace {

torch::Device find_device(const std::string& name) {
  if (name == "cuda") {
    if (!torch::cuda::is_available()) {
      throw InputError("device cuda: this LibTorch has no CUDA device: must be cpu");
    }
    // Without these two, equal seeds would not give equal bytes.
    at::globalContext().setBenchmarkCuDNN(false);
    at::globalContext().setDeterministicCuDNN(true);
  } else if (name != "cpu") {
    throw InputError(fmt::format("device {}: must be cpu or cuda", name));
  }
  return torch::Device(name);
}

struct NetworkModuleImpl : torch::nn::Module {
  explicit NetworkModuleImpl(const Network& network) {
    for (const Layer& layer : network.layers) {
      if (layer.kind == LayerKind::kFullyConnected) {
        linears_.push_back(register_module(
            "linear" + std::to_string(stages_.size()),
            torch::nn::Linear(torch::nn::LinearOptions(layer.rows(), layer.out_channels))));
        stages_.push_back({layer, linears_.size() - 1});
      } else {
        const auto options = torch::nn::Conv2dOptions(layer.input.channels, layer.out_channels,
                                                      {layer.kernel_height, layer.kernel_width})
                                 .stride(layer.stride)
                                 .padding(layer.padding);
        convolutions_.push_back(register_module("convolution" + std::to_string(stages_.size()),
                                                torch::nn::Conv2d(options)));
        stages_.push_back({layer, convolutions_.size() - 1});
      }
    }
  }

  torch::Tensor forward(torch::Tensor map,
                        const std::function<void(std::size_t, const torch::Tensor&)>& visit) {
    for (std::size_t l = 0; l < stages_.size(); ++l) {
      const auto& [layer, index] = stages_[l];
      if (visit) visit(l, map);
      if (layer.kind == LayerKind::kFullyConnected) {
        map = linears_[index]->forward(map.flatten(1)).unsqueeze(-1).unsqueeze(-1);
      } else {
        map = convolutions_[index]->forward(map);
      }
      // ReLU and maximum commute, and pooling first leaves less to do.
      if (layer.pool > 1) map = torch::max_pool2d(map, layer.pool);
      if (layer.relu) map = torch::relu(map);
    }
    return map.flatten(1);
  }

  /// Weight and bias of every layer, in the order of the layers.
  std::vector<torch::Tensor> layer_parameters() {
    std::vector<torch::Tensor> parameters;
    for (const auto& [layer, index] : stages_) {
      const bool linear = layer.kind == LayerKind::kFullyConnected;
      parameters.push_back(linear ? linears_[index]->weight : convolutions_[index]->weight);
      parameters.push_back(linear ? linears_[index]->bias : convolutions_[index]->bias);
    }
    return parameters;
  }

 private:
  struct Stage {
    Layer layer;
    std::size_t index;  // in linears_ or convolutions_
  };
  std::vector<Stage> stages_;
  std::vector<torch::nn::Conv2d> convolutions_;
  std::vector<torch::nn::Linear> linears_;
};
TORCH_MODULE(NetworkModule);

}  // namespace

struct TorchNetwork::Impl {
  Impl(const Network& description, const torch::Device& where)
      : network(description), device(where), module(description) {
    const auto parts = module->layer_parameters();
    std::int64_t count = 0;
    for (const auto& part : parts) count += part.numel();
    const auto options = torch::TensorOptions().dtype(torch::kFloat32).device(device);
    parameters = torch::zeros({count}, options);
    gradients = torch::zeros({count}, options);
    std::int64_t begin = 0;
    for (auto part : parts) {
      part.set_data(parameters.narrow(0, begin, part.numel()).view(part.sizes()));
      part.mutable_grad() = gradients.narrow(0, begin, part.numel()).view(part.sizes());
      begin += part.numel();
    }
  }

  Network network;
  torch::Device device;
  mutable NetworkModule module;
  torch::Tensor parameters;
  torch::Tensor gradients;
};

TorchNetwork::TorchNetwork(const Network& network, const std::string& device)
    : impl_(std::make_unique<Impl>(network, find_device(device))) {}
TorchNetwork::~TorchNetwork() = default;

at::Tensor TorchNetwork::forward(const at::Tensor& images) const {
  return impl_->module->forward(images, nullptr);
}

at::Tensor TorchNetwork::forward(
    const at::Tensor& images,
    const std::function<void(std::size_t layer, const at::Tensor& input)>& visit) const {
  return impl_->module->forward(images, visit);
}

at::Tensor TorchNetwork::parameters() const { return impl_->parameters; }
at::Tensor TorchNetwork::gradients() const { return impl_->gradients; }

at::Tensor TorchNetwork::weight_mask() const {
  std::vector<torch::Tensor> parts;
  for (const auto& part : impl_->module->layer_parameters()) {
    parts.push_back(torch::full({part.numel()}, part.dim() > 1 ? 1.0f : 0.0f));
  }
  return torch::cat(parts).to(impl_->device);
}

std::vector<float> TorchNetwork::flatten(const std::vector<FloatLayer>& layers) const {
  std::vector<float> flat;
  for (const FloatLayer& layer : layers) {
    flat.insert(flat.end(), layer.weights.begin(), layer.weights.end());
    flat.insert(flat.end(), layer.bias.begin(), layer.bias.end());
  }
  return flat;
}

std::vector<FloatLayer> TorchNetwork::layers(const std::vector<float>& flat) const {
  std::vector<FloatLayer> layers;
  auto next = flat.begin();
  for (const Layer& layer : impl_->network.layers) {
    const auto weights = next + static_cast<std::ptrdiff_t>(layer.rows()) * layer.out_channels;
    const auto bias = weights + layer.out_channels;
    layers.push_back({{next, weights}, {weights, bias}});
    next = bias;
  }
  return layers;
}

void TorchNetwork::assign(const std::vector<float>& flat) {
  if (static_cast<std::int64_t>(flat.size()) != impl_->parameters.numel()) {
    throw std::logic_error("TorchNetwork::assign: parameters of another network");
  }
  const torch::NoGradGuard no_grad;
  impl_->parameters.copy_(torch::tensor(flat));
}

}  // namespace kirchhoff::quant
