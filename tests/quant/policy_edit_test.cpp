#include "quant/network/policy_edit.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "files.h"
#include "quant/network/lower.h"
#include "quant/network/networks.h"
#include "quant/network/tensors.h"
#include "tests/support/random_graphs.h"

namespace kirchhoff::quant {
namespace {

Policy changed(const Policy& policy, const std::vector<std::string>& texts,
               const Network& network) {
  std::vector<WidthChange> changes;
  for (const std::string& text : texts)
    changes.push_back(parse_width_change(text, "--set", network));
  return with_changes(policy, changes, "--set", network);
}

TEST(PolicyEdit, ChangesWeightsActivationsOrBoth) {
  const Network network = lenet5();
  const Policy all = Policy::uniform(network, 8, 8);
  EXPECT_EQ(changed(all, {"C3=W4A5"}, network).to_string(), "8/8,4/5,8/8,8/8,8/8");
  EXPECT_EQ(changed(all, {"C3=w4", "OUT=A16"}, network).to_string(), "8/8,4/8,8/8,8/8,8/16");
  EXPECT_EQ(changed(all, {"C3=W4", "C3=A5", "C3=W4A5"}, network).to_string(),
            "8/8,4/5,8/8,8/8,8/8");
  EXPECT_EQ(changed(all, {}, network), all);
}

// What a change says holds afterwards, all else is as before, and the policy is one.
TEST(PolicyEdit, AWidthOfAMapIsThatOfAllItsReaders) {
  RandomGraphs random(77);
  int shared = 0;
  for (int round = 0; round < 80; ++round) {
    const Network network = lower(random.graph()).network;
    const std::vector<LayerId> layers = network.weight_layers();
    if (layers.empty()) continue;
    const Policy before = random.policy(network);
    const int last = static_cast<int>(layers.size()) - 1;
    const LayerId l = layers[static_cast<std::size_t>(random.between(0, last))];
    const int weight = random.between(2, 16), activation = random.between(2, 16);
    const Policy after = changed(
        before,
        {network.layers[l].name + "=W" + std::to_string(weight) + "A" + std::to_string(activation)},
        network);
    EXPECT_NO_THROW(check_widths(network, after, "after"));
    EXPECT_EQ(policy_from_text(after.to_string(), network), after);
    const Tensors tensors(network);
    const TensorGroup map = tensors.width_group(network.layers[l].inputs.front());
    for (const LayerId other : layers) {
      const bool reads = tensors.width_group(network.layers[other].inputs.front()) == map;
      shared += reads && other != l;
      EXPECT_EQ(after.layers[other].weight, other == l ? weight : before.layers[other].weight);
      EXPECT_EQ(after.layers[other].activation,
                reads ? activation : before.layers[other].activation);
    }
    const Policy narrow = clamped(after, 4, 6, network);
    EXPECT_EQ(policy_from_text(narrow.to_string(), network), narrow);
    for (const LayerId other : layers) {
      EXPECT_EQ(narrow.layers[other].weight, std::clamp(after.layers[other].weight, 4, 6));
      EXPECT_EQ(narrow.layers[other].activation, std::clamp(after.layers[other].activation, 4, 6));
    }
  }
  EXPECT_GT(shared, 10);
}

TEST(PolicyEdit, RefusesWhatIsNoChange) {
  const Network network = lenet5();
  const auto refused = [&](const std::string& text, const std::vector<std::string>& parts) {
    SCOPED_TRACE(text);
    expect_input_error([&] { parse_width_change(text, "--set", network); }, parts);
  };
  const std::string form = "must be LAYER=BITS, such as C3=W4A5";
  for (const char* text : {"C3", "C3=", "=W4", "C3=4", "C3=4/5", "C3=A5W4", "C3=W4A", "C3=W",
                           "C3=W4A5 ", "C3=W-4", "C3=W99999", ""})
    refused(text, {std::string("--set ") + text, ""});
  for (const char* text : {"C3", "C3=", "=W4", "C3=4", "C3=A5W4"}) refused(text, {form});
  refused("C4=W4", {"--set C4=W4: \"C4\": no layer with weights of lenet5 (did you mean"});
  refused("C3=W17", {"--set C3=W17: weight bits must be in [2, 16]"});
  refused("C3=W4A1", {"--set C3=W4A1: activation bits must be in [2, 16]"});
}

TEST(PolicyEdit, RefusesTwoWidthsOfOneThing) {
  const Network network = find_network("resnet8");
  const Policy all = Policy::uniform(network, 8, 8);
  const Tensors tensors(network);
  // Two layers that read one map.
  std::vector<std::string> readers;
  for (const TensorId map : network.tensors()) {
    const auto& same = tensors.readers(tensors.width_group(map));
    if (same.size() < 2) continue;
    for (const LayerId l : same) readers.push_back(network.layers[l].name);
    break;
  }
  ASSERT_GE(readers.size(), 2U);
  EXPECT_NO_THROW(changed(all, {readers[0] + "=A5", readers[1] + "=A5"}, network));
  expect_input_error(
      [&] {
        changed(all, {readers[0] + "=A5", readers[1] + "=A6"}, network);
      },
      {"--set " + readers[1] + "=A6: its activations have 5 bits by --set " + readers[0] +
       "=A5: layers that read one map have one width"});
  expect_input_error(
      [&] {
        changed(all, {readers[0] + "=W5", readers[0] + "=W6A6"}, network);
      },
      {"its weights have 5 bits by --set"});
}

}  // namespace
}  // namespace kirchhoff::quant
