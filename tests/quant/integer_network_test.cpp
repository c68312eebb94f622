#include "quant/network/integer_network.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include "base/error.h"
#include "quant/network/golden.h"
#include "quant/network/networks.h"

namespace kirchhoff::quant {
namespace {

IntegerNetwork random_lenet() {
  const Network network = lenet5();
  return random_integer_network(network, Policy::uniform(network, 6, 5), 42);
}

/// The message of the InputError that validate() throws after `spoil`.
std::string refusal(const std::function<void(IntegerNetwork&)>& spoil) {
  IntegerNetwork network = random_lenet();
  spoil(network);
  try {
    network.validate();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(IntegerNetwork, RandomNetworksAreValidAtEveryWidth) {
  const Network network = lenet5();
  for (int bits = kMinBits; bits <= kMaxBits; ++bits) {
    EXPECT_NO_THROW(random_integer_network(
                        network, Policy::uniform(network, bits, kMinBits + kMaxBits - bits), 5)
                        .validate());
  }
}

TEST(IntegerNetwork, TheSameSeedGivesTheSameIntegers) {
  const IntegerNetwork a = random_lenet(), b = random_lenet();
  for (const LayerId l : a.layers.ids()) {
    EXPECT_EQ(a.layers[l].weights, b.layers[l].weights);
    EXPECT_EQ(a.layers[l].multiplier, b.layers[l].multiplier);
    EXPECT_EQ(a.layers[l].bias, b.layers[l].bias);
    EXPECT_EQ(a.layers[l].shift, b.layers[l].shift);
  }
  EXPECT_EQ(a.output_bias, b.output_bias);
  const Network network = lenet5();
  const IntegerNetwork other = random_integer_network(network, Policy::uniform(network, 6, 5), 43);
  EXPECT_NE(a.layers[LayerId{0}].weights, other.layers[LayerId{0}].weights);
  EXPECT_EQ(random_image({1, 2, 2}, 9), random_image({1, 2, 2}, 9));
}

TEST(IntegerNetwork, RandomWeightsReachBothExtremes) {
  const IntegerNetwork network = random_lenet();
  EXPECT_EQ(network.layers[LayerId{1}].weights.maxCoeff(), 31);
  EXPECT_EQ(network.layers[LayerId{1}].weights.minCoeff(), -31);
}

TEST(IntegerNetwork, OutputWidthIsTheConsumersActivationWidth) {
  const Network network = lenet5();
  Policy policy = Policy::uniform(network, 8, 8);
  policy.layers[LayerId{1}].activation = 3;
  const IntegerNetwork integers = random_integer_network(network, policy, 1);
  EXPECT_EQ(integers.layers[LayerId{0}].output_bits, 3);
  EXPECT_EQ(integers.layers[LayerId{1}].output_bits, 8);
  EXPECT_EQ(integers.layers.back().output_bits, 0);
  EXPECT_TRUE(integers.layers.back().multiplier.empty());
}

TEST(IntegerNetwork, ValidateNamesTheLayerAndTheValue) {
  EXPECT_EQ(refusal([](IntegerNetwork&) {}), "");
  EXPECT_EQ(refusal([](IntegerNetwork& n) { n.layers[LayerId{0}].weights(0, 0) = 32; }),
            "lenet5: layer C1: weight = 32: must be in [-31, 31]");
  EXPECT_NE(refusal([](IntegerNetwork& n) { n.layers[LayerId{1}].multiplier[0] = 40000; }), "");
  EXPECT_NE(
      refusal([](IntegerNetwork& n) { n.layers[LayerId{1}].bias[0] = std::int64_t{1} << 47; }), "");
  EXPECT_NE(refusal([](IntegerNetwork& n) { n.layers[LayerId{1}].shift = 48; }), "");
  EXPECT_NE(refusal([](IntegerNetwork& n) { n.layers[LayerId{1}].output_bits = 4; }), "");
  EXPECT_NE(refusal([](IntegerNetwork& n) { n.layers[LayerId{1}].weight_bits = 17; }), "");
  EXPECT_NE(refusal([](IntegerNetwork& n) { n.layers[LayerId{1}].activation_bits = 8; }), "");
  EXPECT_NE(refusal([](IntegerNetwork& n) { n.layers[LayerId{1}].multiplier.pop_back(); }), "");
  EXPECT_NE(refusal([](IntegerNetwork& n) { n.layers[LayerId{1}].weights.resize(3, 3); }), "");
  EXPECT_NE(refusal([](IntegerNetwork& n) { n.layers.pop_back(); }), "");
  EXPECT_NE(refusal([](IntegerNetwork& n) { n.output_bias.clear(); }), "");
  EXPECT_NE(refusal([](IntegerNetwork& n) { n.policy.layers.pop_back(); }), "");
  EXPECT_NE(refusal([](IntegerNetwork& n) { n.layers.back().multiplier = {1}; }), "");
}

TEST(Requantisation, ConstantsReproduceTheRealArithmetic) {
  IntegerLayer layer;
  const std::vector<double> multiplier = {0.0123, -0.5, 1e-6, 0.9};
  const std::vector<double> bias = {3.7, 90.0, 0.0, -12.5};
  set_requantisation(layer, multiplier, bias);
  for (std::size_t c = 0; c < multiplier.size(); ++c) {
    for (int acc = -20000; acc <= 20000; acc += 37) {
      const double real = acc * multiplier[c] + bias[c];
      const int y = requantise(Layer(), layer, acc, static_cast<int>(c), 0);
      EXPECT_NEAR(y, std::clamp(real, 0.0, 255.0),
                  0.5 + std::abs(acc) * std::ldexp(0.51, -layer.shift))
          << c << " " << acc;
    }
  }
}

TEST(Requantisation, UsesTheLargestShiftThatFits) {
  IntegerLayer layer;
  set_requantisation(layer, {0.75}, {0.0});
  EXPECT_EQ(layer.shift, 15);
  EXPECT_EQ(layer.multiplier[0], 24576);
  EXPECT_EQ(layer.bias[0], 1 << 14);
  set_requantisation(layer, {1e-30},
                     {0.0});  // the multiplier vanishes, the shift is the register's limit
  EXPECT_EQ(layer.shift, 47);
  set_requantisation(layer, {1e-12}, {10000.0});  // here the bias is what limits the shift
  EXPECT_EQ(layer.shift, 33);
  set_requantisation(layer, {20000.0}, {1.0});
  EXPECT_EQ(layer.shift, 0);
  EXPECT_EQ(layer.bias[0], 1);
}

TEST(Requantisation, RefusesScalesOutOfProportion) {
  IntegerLayer layer;
  EXPECT_THROW(set_requantisation(layer, {40000.0}, {0.0}), InputError);
  EXPECT_THROW(set_requantisation(layer, {0.1}, {1e15}), InputError);
}

TEST(QuantiseImage, KeepsTheMostSignificantBitsRounded) {
  const std::vector<std::uint8_t> image = {0, 1, 7, 8, 23, 24, 127, 247, 248, 255};
  EXPECT_EQ(quantise_image(image, 8),
            (std::vector<std::int32_t>{0, 1, 7, 8, 23, 24, 127, 247, 248, 255}));
  EXPECT_EQ(quantise_image(image, 4), (std::vector<std::int32_t>{0, 0, 0, 1, 1, 2, 8, 15, 15, 15}));
  EXPECT_EQ(quantise_image({31, 32, 95, 96, 160, 224, 255}, 2),
            (std::vector<std::int32_t>{0, 1, 1, 2, 3, 3, 3}));
  // Registers wider than a pixel hold it as it is.
  EXPECT_EQ(quantise_image(image, 16), quantise_image(image, 8));
  EXPECT_THROW(quantise_image(image, 17), InputError);
}

}  // namespace
}  // namespace kirchhoff::quant
