#include "agent/policy_space.h"

#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "quant/network/networks.h"
#include "quant/network/tensors.h"
#include "tests/support/small_graphs.h"

namespace kirchhoff::agent {
namespace {

void expect_state(const State& state, const State& expected) {
  for (std::size_t i = 0; i < kStateSize; ++i)
    EXPECT_DOUBLE_EQ(state[i], expected[i]) << "element " << i;
}

TEST(PolicySpaceTest, StatesOfLeNet5AreTheNormalisedFeatures) {
  const PolicySpace space(quant::lenet5());
  // C1 6 1 32 5 1, C3 16 6 14 5 1, C5 120 16 5 5 1, F6 84 120 1 1 0, OUT 10 84 1 1 0.
  ASSERT_EQ(space.slots().size(), 6);
  expect_state(space.state({}), {0.25, 10.0 / 114, 5.0 / 119, 13.0 / 31, 1, 1, 0, 1});
  expect_state(space.state({0}), {0.25, 10.0 / 114, 5.0 / 119, 13.0 / 31, 1, 1, 1, 0});
  expect_state(space.state({0, 3}), {0.5, 1, 15.0 / 119, 4.0 / 31, 1, 1, 0, 0.5});
  expect_state(space.state({0, 3, 6}), {0.5, 1, 15.0 / 119, 4.0 / 31, 1, 1, 1, 1});
  expect_state(space.state({0, 3, 6, 1}), {0.75, 78.0 / 114, 1, 0, 0, 0, 0, 1.0 / 6});
  expect_state(space.state({0, 3, 6, 1, 2}), {0.75, 78.0 / 114, 1, 0, 0, 0, 1, 2.0 / 6});
}

TEST(PolicySpaceTest, ActionsFillTheFreeLayersWeightsFirst) {
  const PolicySpace space(quant::lenet5());
  EXPECT_EQ(space.policy({0, 1, 2, 3, 4, 6}).to_string(), "8/8,2/3,4/5,6/8,8/8");
  const Actions actions = {0, 6, 1, 5, 2, 4};
  EXPECT_EQ(space.policy(actions).to_string(), "8/8,2/8,3/7,4/6,8/8");
  EXPECT_EQ(space.actions(space.policy(actions)), actions);
  EXPECT_EQ(space.reference().to_string(), "8/8,8/8,8/8,8/8,8/8");
  EXPECT_EQ(PolicySpace(quant::vgg13()).slots().size(), 12);
}

TEST(PolicySpaceTest, FeatureThatIsTheSameInEveryLayerIsZero) {
  quant::Network network = quant::vgg13();
  network.layers.pop_back();  // without the fully connected layer every kernel is 3x3, stride 1
  const State state = PolicySpace(network).state({});
  EXPECT_EQ(state[4], 0.0);
  EXPECT_EQ(state[5], 0.0);
}

TEST(PolicySpaceTest, NetworkWithoutFreeLayersIsRefused) {
  quant::Network network = quant::lenet5();
  network.layers.resize(2);
  EXPECT_THROW(PolicySpace space(network), InputError);
}

std::string names_of(const PolicySpace& space) {
  std::string names;
  for (const Slot& slot : space.slots()) {
    names += space.network().layers[slot.layer].name + (slot.activation ? ".a " : ".w ");
  }
  return names;
}

TEST(PolicySpaceTest, LayersThatReadOneMapShareASlot) {
  const PolicySpace space(residual_network());
  EXPECT_EQ(names_of(space), "conv1.w conv1.a conv2.w conv2.a short.w last.w last.a ");
  const quant::Policy policy = space.policy({0, 1, 2, 3, 4, 5, 6});
  EXPECT_EQ(policy.to_string(), "8/8,2/3,4/5,6/3,7/8,8/8");
  EXPECT_EQ(space.actions(policy), (Actions{0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(space.free_layers()[2].activation, space.free_layers()[0].activation);
}

TEST(PolicySpaceTest, LayersWithoutWeightsFollowTheMapThatTheyRead) {
  const PolicySpace space(depthwise_network());
  EXPECT_EQ(names_of(space), "deep.w deep.a point.w point.a deep2.w deep2.a ");
  quant::Policy policy = space.policy({0, 1, 2, 3, 4, 5});
  quant::Policy filled = policy;
  quant::fill_widths(space.network(), filled);
  EXPECT_EQ(policy, filled);
  space.set_bits(policy, SlotId{5}, 3);
  EXPECT_EQ(space.bits(policy, SlotId{5}), 3);
  EXPECT_EQ(policy.to_string(), "8/8,2/3,4/5,6/3,8/8");
  filled = policy;
  quant::fill_widths(space.network(), filled);
  EXPECT_EQ(policy, filled);
}

TEST(PolicySpaceTest, MapsThatTheLastLayerReadsStayAt8Bits) {
  const PolicySpace space(joined_network());
  EXPECT_EQ(names_of(space), "one.w one.a second.w ");
  EXPECT_FALSE(space.free_layers()[1].activation);
  EXPECT_EQ(space.policy({0, 1, 2}).to_string(), "8/8,2/3,4/8,8/8");
}

TEST(PolicySpaceTest, WeightsAloneMayBeChosen) {
  const PolicySpace space(residual_network(), Widths::kWeights);
  EXPECT_EQ(names_of(space), "conv1.w conv2.w short.w last.w ");
  EXPECT_EQ(space.policy({0, 1, 2, 3}).to_string(), "8/8,2/8,3/8,4/8,5/8,8/8");
}

TEST(PolicySpaceTest, StatesCountLayersWithWeights) {
  const PolicySpace space(residual_network());
  EXPECT_DOUBLE_EQ(space.state({})[0], 0.2);
  EXPECT_DOUBLE_EQ(space.state({0, 0, 0, 0})[0], 0.6) << "short, behind conv2";
  EXPECT_DOUBLE_EQ(space.state({0, 0, 0, 0})[6], 0.0);
}

}  // namespace
}  // namespace kirchhoff::agent
