// Graphs in training: what the portable layers compute and derive, beside LibTorch's own.

#include <cmath>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "base/error.h"
#include "chains.h"
#include "files.h"
#include "quant/float/float_network.h"
#include "quant/network/lower.h"
#include "quant/network/resized.h"
#include "quant/quantizer/quantizer.h"
#include "quant/torch/torch_network.h"
#include "quant/training/batch.h"
#include "tests/support/random_graphs.h"
#include "tests/support/random_parameters.h"

namespace kirchhoff::quant {
namespace {

Model model_of(const Graph& graph, std::uint64_t seed) {
  const Lowered lowered = lower(graph);
  Model model;
  model.network = lowered.network;
  model.layers = fold(graph, lowered, random_parameters(graph, seed));
  return model;
}

torch::Tensor images_of(const Dataset& data) {
  std::vector<std::size_t> all(data.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  auto images = torch::empty({static_cast<std::int64_t>(data.size()), data.shape.channels,
                              data.shape.height, data.shape.width});
  fill_batch(data, all, 0, all.size(), images.data_ptr<float>());
  return images;
}

/// Logits of a loss that tells them apart, and every parameter's gradient.
std::pair<torch::Tensor, torch::Tensor> pass(const Network& network, const Dataset& data,
                                             bool portable, bool batch_norm) {
  TorchNetworkOptions options;
  options.portable = portable;
  options.batch_norm = batch_norm;
  const TorchNetwork torch_network(network, options);
  {
    const torch::NoGradGuard no_grad;
    const auto count = torch_network.parameters().numel();
    // A pattern without a period that any layer has.
    torch_network.parameters().copy_(
        torch::sin(torch::arange(count, torch::kFloat32) * 12.9898).mul(0.5).add(0.1));
  }
  const auto logits = torch_network.forward(images_of(data));
  (logits * torch::cos(torch::arange(logits.numel(), torch::kFloat32)).view_as(logits))
      .sum()
      .backward();
  return {logits.detach(), torch_network.gradients().clone()};
}

void expect_near(const torch::Tensor& found, const torch::Tensor& expected, double share) {
  const double most = std::max(1e-3, expected.abs().max().item<double>());
  EXPECT_LT((found - expected).abs().max().item<double>(), share * most);
}

TEST(TorchGraph, GradientsOfAnyGraphAreLibTorchs) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    const Network network = lower(RandomGraphs(seed).graph()).network;
    const Dataset data = random_dataset(network.image, 9, seed);
    const auto own = pass(network, data, true, false), theirs = pass(network, data, false, false);
    expect_near(own.first, theirs.first, 1e-4);
    expect_near(own.second, theirs.second, 2e-3);
  }
}

TEST(TorchGraph, ImagesOfAnotherSizePassTheNetworkThatIsResizedToThem) {
  const torch::NoGradGuard no_grad;
  int taken = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    const Network network = lower(RandomGraphs(seed).graph()).network;
    Network small;
    try {
      small = resized(network, network.image.height * 3 / 4, network.image.width * 3 / 4);
      small.validate();
    } catch (const InputError&) {
      continue;
    }
    ++taken;
    const TorchNetwork whole(network), other(small);
    const auto parameters = torch::sin(torch::arange(whole.parameters().numel()) * 12.9898);
    whole.parameters().copy_(parameters);
    other.parameters().copy_(parameters);
    const auto images = images_of(random_dataset(small.image, 9, seed));
    EXPECT_TRUE(torch::equal(whole.forward(images), other.forward(images)));
  }
  EXPECT_GT(taken, 0);
}

TEST(TorchGraph, InferenceSeesTheBitsThatTheNetworkInTrainingSees) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    const Model model = model_of(RandomGraphs(seed).graph(), seed);
    const Dataset data = random_dataset(model.network.image, 30, seed);
    TorchNetwork torch_network(model.network);
    torch_network.assign(torch_network.flatten(model.layers));
    const torch::NoGradGuard no_grad;
    const auto logits = torch_network.forward(images_of(data)).contiguous();
    const float* const first = logits.data_ptr<float>();
    EXPECT_EQ(float_outputs(model, data, 2), std::vector<float>(first, first + logits.numel()));
  }
}

// With batch norm folded by the statistics of the same batch.
TEST(TorchGraph, FoldedBatchNormIsTheNetworkThatWasTrained) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    const Network network = lower(RandomGraphs(seed).graph()).network;
    const Dataset data = random_dataset(network.image, 40, seed);
    TorchNetworkOptions options;
    options.batch_norm = true;
    TorchNetwork trained(network, options);
    const torch::NoGradGuard no_grad;
    trained.parameters().copy_(
        torch::sin(torch::arange(trained.parameters().numel(), torch::kFloat32) * 12.9898)
            .mul(0.5)
            .add(0.1));
    trained.clamp_scales();
    const auto images = images_of(data);
    const auto statistics = trained.statistics([&](const auto& use) { use(images); });
    Model model;
    model.network = network;
    model.layers = trained.layers(statistics);
    const auto expected = trained.forward(images);
    const std::vector<float> outputs = float_outputs(model, data, 1);
    expect_near(torch::tensor(outputs).view_as(expected), expected, 1e-3);
  }
}

// What a fine-tuning sees is what the integers do, but for values between two steps.
TEST(TorchGraph, FakeQuantisationIsThatOfTheIntegers) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    const Model model = model_of(RandomGraphs(seed).graph(), seed);
    bool tables = false;  // address steps of their own
    for (const Layer& layer : model.network.layers)
      tables = tables || !layer.function.clamps() || layer.kind != LayerKind::kConvolution;
    if (tables) continue;
    const Dataset data = random_dataset(model.network.image, 20, seed);
    const ClipTable clips = calibrate(
        model, [&](const ActivationVisitor& visit) { visit_activations(model, data, visit, 1); });
    Quantizer quantizer(model, clips);
    const Policy policy = Policy::uniform(model.network, 8, 8);
    TorchNetworkOptions options;
    options.quantization.emplace();
    options.quantization->policy = policy;
    const Tensors tensors(model.network);
    for (const LayerId l : policy.layers.ids()) {
      const auto w = static_cast<std::size_t>(policy.layers[l].weight);
      options.quantization->weight_clips.push_back(w == 0 ? 1.0f : clips.weight[l][w]);
    }
    for (const TensorId map : clips.activation.ids())
      options.quantization->activation_clips.push_back(clips.activation[map][8]);
    TorchNetwork torch_network(model.network, options);
    torch_network.assign(torch_network.flatten(model.layers));
    const torch::NoGradGuard no_grad;
    const auto logits = torch_network.forward(images_of(data));
    const IntegerNetwork integers = quantizer.quantise(policy);
    std::vector<float> expected;
    for (std::size_t i = 0; i < data.size(); ++i) {
      for (const std::int64_t logit : golden_inference(integers, data.image(i)).logits)
        expected.push_back(
            static_cast<float>(static_cast<double>(logit) * quantizer.logit_scale(policy)));
    }
    expect_near(logits, torch::tensor(expected).view_as(logits), 0.05);
  }
}

}  // namespace
}  // namespace kirchhoff::quant
