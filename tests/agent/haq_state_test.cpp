#include "agent/methods/ddpg/haq_state.h"

#include <gtest/gtest.h>

#include "quant/network/networks.h"
#include "tests/support/small_graphs.h"

namespace kirchhoff::agent {
namespace {

void expect_state(const State& state, const State& expected) {
  ASSERT_EQ(state.size(), HaqState::kSize);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_DOUBLE_EQ(state[i], expected[i]) << "element " << i;
  }
}

// first 3 -> 8 channels, 216 weights; deep 8 -> 8 depthwise, 72; point 8 -> 8, 1x1, 64; deep2 as
// deep; fc 8 -> 10, 80. All convolutions have maps of 64 pixels and stride 1.
TEST(HaqStateTest, KnowsDepthwiseLayersAndWeights) {
  const PolicySpace space(depthwise_network());
  const HaqState haq(space);
  const double inputs = 1.0, outputs = 0.0, pixels = 1.0;
  expect_state(haq.state({}), {1, inputs, outputs, 1, 1, 8.0 / 152, pixels, 0.25, 1, 0});
  expect_state(haq.state({0}), {1, inputs, outputs, 1, 1, 8.0 / 152, pixels, 0.25, 0.25, 1});
  expect_state(haq.state({0, 3}), {0, inputs, outputs, 1, 0, 0, pixels, 0.5, 5.0 / 8, 0});
  expect_state(haq.state({0, 3, 6, 4}),
               {1, inputs, outputs, 1, 1, 8.0 / 152, pixels, 0.75, 6.0 / 8, 0});
}

TEST(HaqStateTest, WhatIsTheSameEverywhereStaysAsItIs) {
  quant::Network network = quant::vgg13();
  network.layers.pop_back();  // without the fully connected layer every kernel is 3x3, stride 1
  const PolicySpace space(network);
  const State state = HaqState(space).state({});
  EXPECT_EQ(state[0], 0.0);
  EXPECT_EQ(state[3], 1.0);
  EXPECT_EQ(state[4], 3.0);
}

TEST(HaqStateTest, AFullyConnectedLayerHasAsManyPixelsAsInputs) {
  const PolicySpace space(quant::lenet5());
  // C1 1 1024 pixels, C3 6 196, C5 16 25, F6 120 inputs, OUT 84.
  const State state = HaqState(space).state({0, 0, 0, 0});
  EXPECT_DOUBLE_EQ(state[1], 1.0);
  EXPECT_DOUBLE_EQ(state[3], 0.0);
  EXPECT_DOUBLE_EQ(state[4], 0.0);
  EXPECT_DOUBLE_EQ(state[6], (120.0 - 25) / (1024 - 25));
}

}  // namespace
}  // namespace kirchhoff::agent
