#include "quant/float/float_network.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "chains.h"
#include "files.h"
#include "small_model.h"

namespace kirchhoff::quant {
namespace {

using Inputs = IndexedVector<TensorId, std::vector<float>>;  // every map, image after image

Model random_model(const Network& network) {
  Model model;
  model.network = network;
  for (const LayerId l : network.layers.ids()) {
    const Layer& layer = network.layers[l];
    const auto number = static_cast<std::uint64_t>(l);
    const float deviation = std::sqrt(2.0f / static_cast<float>(layer.rows()));
    model.layers.push_back(
        {bell_values(static_cast<std::size_t>(layer.rows() * layer.out_channels), deviation,
                     number + 1),
         bell_values(static_cast<std::size_t>(layer.out_channels), 0.05f, number + 100)});
  }
  return model;
}

/// Those that fill no vector, and one whose middle layers are computed by Winograd's filtering in
/// tiles of both sizes, with and without padding, pooled and not.
std::vector<Network> networks() {
  std::vector<Network> all = odd_networks();
  all.push_back(chain(
      {3, 14, 14},
      {{16, 3, 1, 1, 1}, {32, 3, 1, 1, 2}, {16, 3, 1, 0, 1}, {16, 3, 1, 1, 1}, {5, 3, 2, 0, 1}},
      10));
  return all;
}

Inputs inputs_of(const Model& model, const Dataset& data, int threads) {
  Inputs inputs(model.layers.size());
  visit_activations(
      model, data,
      [&](TensorId map, const float* values, std::size_t count) {
        inputs[map].insert(inputs[map].end(), values, values + count);
      },
      threads);
  return inputs;
}

TEST(FloatNetwork, IsThePlainLoopsUpToRounding) {
  for (const Network& network : networks()) {
    const Model model = random_model(network);
    const Dataset data = random_dataset(network.image, 60, 11);
    const Inputs inputs = inputs_of(model, data, 2);
    const std::vector<int> predictions = float_predictions(model, data, 2);
    ASSERT_EQ(predictions.size(), data.size());
    IndexedVector<TensorId, std::size_t> at(inputs.size(), 0);
    for (std::size_t i = 0; i < data.size(); ++i) {
      const auto logits = float_inference(
          model, data.image(i), [&](TensorId map, const float* values, std::size_t count) {
            ASSERT_LE(at[map] + count, inputs[map].size());
            for (std::size_t k = 0; k < count; ++k)
              EXPECT_NEAR(inputs[map][at[map]++], values[k], 1e-4) << index(map);
          });
      // The chosen class is the best but for rounding.
      const double most = *std::max_element(logits.begin(), logits.end());
      EXPECT_NEAR(logits[static_cast<std::size_t>(predictions[i])], most, 1e-4);
    }
    for (const TensorId map : inputs.ids()) EXPECT_EQ(at[map], inputs[map].size());
  }
}

TEST(FloatNetwork, IsTheSameForAnyNumberOfThreadsAndImages) {
  for (const Network& network : networks()) {
    const Model model = random_model(network);
    const Dataset data = random_dataset(network.image, 77, 3);
    const Inputs all = inputs_of(model, data, 1);
    EXPECT_EQ(inputs_of(model, data, 3), all);
    EXPECT_EQ(float_predictions(model, data, 3), float_predictions(model, data, 1));
    std::vector<std::size_t> few(7);
    for (std::size_t i = 0; i < few.size(); ++i) few[i] = i;
    const Inputs front = inputs_of(model, data.subset(few), 1);
    for (const TensorId m : all.ids()) {
      ASSERT_EQ(front[m].size() * data.size(), all[m].size() * few.size());
      EXPECT_TRUE(std::equal(front[m].begin(), front[m].end(), all[m].begin())) << index(m);
    }
  }
}

TEST(FloatNetwork, RefusesImagesOfAnotherShape) {
  const Model model = random_model(odd_networks().front());
  const Dataset wrong = random_dataset({1, 9, 8}, 2, 1);
  expect_input_error([&] { float_predictions(model, wrong); }, {"1x9x8", "1x9x9"});
  expect_input_error([&] { visit_activations(model, wrong, {}); }, {"1x9x8", "1x9x9"});
}

}  // namespace
}  // namespace kirchhoff::quant
