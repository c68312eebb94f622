#include "quant/torch/device_inference.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "quant/accuracy/accuracy_engine.h"
#include "quant/network/golden.h"
#include "quant/network/lower.h"
#include "quant/network/networks.h"
#include "quant/torch/device_stage.h"
#include "tests/quant/chains.h"
#include "tests/quant/files.h"
#include "tests/quant/small_model.h"
#include "tests/quant/torch_devices.h"
#include "tests/support/random_graphs.h"

namespace kirchhoff::quant {
namespace {

/// Logits of the first `images`.
std::vector<std::vector<std::int64_t>> device_logits(const IntegerNetwork& network,
                                                     const Dataset& data, std::size_t images,
                                                     const std::string& device) {
  const auto size = static_cast<std::size_t>(network.network.layers.back().output().size());
  std::vector<std::vector<std::int64_t>> logits(images);
  DeviceInference(network.network, data, device)
      .run(PolicyIntegers(network), 0, images,
           [&](std::size_t first, int count, const std::int64_t* rows) {
             for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
               logits[first + i].assign(rows + i * size, rows + (i + 1) * size);
           });
  return logits;
}

void expect_golden(const IntegerNetwork& network, std::size_t images, std::uint64_t seed) {
  const Dataset data = random_dataset(network.network.image, images, seed);
  for (const std::string& device : torch_devices()) {
    const auto logits = device_logits(network, data, images, device);
    ASSERT_EQ(logits.size(), images);
    for (std::size_t i = 0; i < images; ++i)
      EXPECT_EQ(logits[i], golden_inference(network, data.image(i)).logits) << device;
  }
}

TEST(DeviceInference, EqualsGoldenOnOddShapesAtEveryWidth) {
  for_odd_integers(
      [](const IntegerNetwork& network, std::uint64_t seed) { expect_golden(network, 5, seed); });
}

TEST(DeviceInference, EqualsGoldenOnLeNet) {
  const Network network = lenet5();
  expect_golden(random_integer_network(network, Policy::uniform(network, 8, 8), 5), 7, 6);
  expect_golden(random_integer_network(network, parse_policy("8/8,3/5,5/2,2/7,8/8", network), 6), 7,
                7);
}

TEST(DeviceInference, EqualsGoldenOnAnyGraph) {
  for (std::uint64_t seed = 1; seed <= 80; ++seed) {
    SCOPED_TRACE(seed);
    RandomGraphs random(seed);
    const Network network = lower(random.graph()).network;
    expect_golden(random_integer_network(network, random.policy(network), seed), 3, seed);
  }
}

TEST(DeviceInference, IsExactWhereSinglePrecisionWouldRound) {
  // 2,000 full-scale products are four times what float32 counts.
  const Network network = chain({80, 5, 5}, {{3, 5, 1, 0, 1}}, 2);
  IntegerNetwork integers = random_integer_network(network, Policy::uniform(network, 8, 8), 9);
  IntegerLayer& layer = integers.layers[LayerId{0}];
  layer.weights.setConstant(127);
  layer.weights(7, 0) = 126;
  layer.weights.col(2).setConstant(-127);
  for (std::size_t c = 0; c < 3; ++c) {
    layer.multiplier[c] = c == 2 ? -1 : 1;
    layer.bias[c] = 100 - std::int64_t{2000} * 127 * 255;
  }
  layer.shift = 0;
  Dataset data = random_dataset(network.image, 3, 1);
  data.pixels.assign(3 * 2000, 255);
  data.pixels[2000] = 254;
  data.pixels[4000 + 7] = 254;
  for (const std::string& device : torch_devices()) {
    const auto logits = device_logits(integers, data, 3, device);
    for (std::size_t i = 0; i < 3; ++i)
      EXPECT_EQ(logits[i], golden_inference(integers, data.image(i)).logits) << device;
  }
  const std::vector<std::int64_t> chunks = exact_chunks(layer.weights, 8);
  EXPECT_EQ(chunks, (std::vector<std::int64_t>{0, 518, 1036, 1554, 2000}));
  EXPECT_EQ(exact_chunks(layer.weights, 2), (std::vector<std::int64_t>{0, 2000}));
}

TEST(DeviceInference, AnswersLikeTheAccuracyEngine) {
  const Model model = small_model();
  const Dataset data = random_dataset(model.network.image, 40, 3);
  ClipTable clips;
  for (int l = 0; l < model.layers.size(); ++l) {
    clips.weight.emplace_back().fill(1.0f);
    clips.activation.emplace_back().fill(1.0f);
  }
  Quantizer quantizer(model, clips);
  AccuracyEngine engine(quantizer, data, 1);
  for (const std::string& device : torch_devices()) {
    AccuracyEngine other(quantizer, data,
                         std::make_unique<DeviceInference>(model.network, data, device));
    for (const char* text : {"W8A8", "W3A5", "W6A2", "W8A8"}) {
      const Policy policy = parse_policy(text, model.network);
      EXPECT_EQ(other.real_logits(policy, 7, 20).values, engine.real_logits(policy, 7, 20).values);
      EXPECT_EQ(other.predictions(policy, 0, 40), engine.predictions(policy, 0, 40)) << text;
    }
    const Policy wide = Policy::uniform(model.network, 9, 8);
    EXPECT_EQ(input_error([&] { other.predictions(wide, 0, 1); }),
              "device " + device + ": policy " + wide.to_string() + ": must have widths of 2 to 8");
    EXPECT_NE(input_error([&] { other.predictions(wide, 30, 11); }), "");
  }
}

TEST(DeviceInference, RefusesUnknownDevices) {
  const IntegerNetwork network =
      random_integer_network(lenet5(), Policy::uniform(lenet5(), 8, 8), 1);
  const Dataset data = random_dataset({1, 32, 32}, 1, 1);
  EXPECT_EQ(input_error([&] { device_logits(network, data, 1, "abacus"); }),
            "device abacus: must be cpu or cuda");
  EXPECT_EQ(input_error([&] { device_logits(network, data, 2, "cpu"); }),
            "2 images asked for: dataset random has 1");
}

}  // namespace
}  // namespace kirchhoff::quant
