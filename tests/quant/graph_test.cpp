#include "quant/network/graph.h"

#include <gtest/gtest.h>

#include "files.h"
#include "quant/network/lower.h"
#include "quant/network/networks.h"
#include "quant/network/ops/batch_norm.h"
#include "quant/network/policy.h"
#include "quant/network/tensors.h"
#include "quant/network/zoo/builder.h"
#include "tests/support/random_graphs.h"

namespace kirchhoff::quant {
namespace {

const Layer& layer(const Network& network, const std::string& name) {
  for (const Layer& l : network.layers) {
    if (l.name == name) return l;
  }
  throw std::out_of_range(name);
}

std::string refusal(const std::function<void()>& act) {
  try {
    act();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

/// An operator list of a description around these entries.
std::string description(const std::string& operators) {
  return R"({"name": "g", "image": {"channels": 2, "height": 6, "width": 6}, "operators": [)" +
         operators + "]}";
}

TEST(Lower, FusesNormFunctionAndPoolingIntoTheMatrix) {
  Builder b("n", {3, 8, 8});
  b.convolution("c", 4, 3, 1).node("bn", batch_norm()).relu().max_pool(2).linear("fc", 5);
  const Lowered lowered = lower(b.take());
  ASSERT_EQ(lowered.network.layers.size(), 2);
  const Layer& c = lowered.network.layers[LayerId{0}];
  EXPECT_EQ(c.function, Function::relu());
  EXPECT_EQ(c.pool, 2);
  ASSERT_EQ(lowered.parameters.size(), 3u);
  EXPECT_EQ(lowered.parameters[1].node, NodeId{1});
  EXPECT_EQ(lowered.parameters[1].layer, LayerId{0});
}

TEST(Lower, ASumJoinsTheStageOfItsLaterOperand) {
  const Network network = find_network("resnet8");
  const Layer& plain = layer(network, "s1b1.conv2");
  EXPECT_EQ(plain.residual, std::vector<TensorId>{output_of(LayerId{0})});
  EXPECT_EQ(plain.function, Function::relu());
  // The convolution of the shortcut comes after the main path's: it takes that as its operand.
  const Layer& shortcut = layer(network, "s2b1.short");
  EXPECT_EQ(network.layers[producer_of(shortcut.residual.front())].name, "s2b1.conv2");
  EXPECT_EQ(layer(network, "pool").kind, LayerKind::kSum);
}

TEST(Lower, WhatSomebodyElseReadsStaysAsItIs) {
  Builder b("n", {1, 4, 4});
  const ValueId sums = b.convolution("a", 2, 1).last();
  b.relu();
  b.add("sum", sums).linear("fc", 2);
  const Network network = lower(b.take()).network;
  EXPECT_TRUE(network.layers[LayerId{0}].function.is_none()) << "its sums are read twice";
  EXPECT_EQ(layer(network, "a.relu").kind, LayerKind::kSum);
}

TEST(Lower, PoolingThatOverlapsAndWindowsThatHangOverAreStagesOfTheirOwn) {
  Builder b("n", {1, 7, 7});
  b.convolution("a", 2, 1).max_pool("p", 3, 2, 1).max_pool("q", 2, 2, 0, true).linear("fc", 2);
  const Network network = lower(b.take()).network;
  EXPECT_EQ(layer(network, "p").kind, LayerKind::kMaximum);
  EXPECT_EQ(layer(network, "q").output(), (Shape{2, 2, 2}));
  EXPECT_EQ(layer(network, "a").pool, 1);
}

TEST(Lower, ANetworkThatEndsWithoutSumsDeliversThemBehindAnotherStage) {
  Builder b("n", {1, 4, 4});
  b.convolution("a", 3, 1).relu();
  const Network network = lower(b.take()).network;
  EXPECT_EQ(network.layers.back().name, "a.out");
  EXPECT_EQ(network.layers.back().kind, LayerKind::kSum);
}

TEST(Lower, ThePaperAndLenetAreTheChainsTheyWere) {
  EXPECT_TRUE(lenet5().is_plain());
  EXPECT_TRUE(vgg13().is_plain());
  EXPECT_FALSE(find_network("resnet8").is_plain());
}

TEST(Lower, RefusesWhatNobodyReads) {
  const std::string found = refusal([] {
    parse_network(description(R"({"name": "a", "kind": "convolution", "out_channels": 2,
      "kernel": 1}, {"name": "b", "kind": "linear", "out_channels": 2, "inputs": ["image"]})"),
                  "g.json");
  });
  EXPECT_NE(found.find("a (convolution): nobody reads"), std::string::npos) << found;
}

TEST(Tensors, WidthsAndSignsBelongToMaps) {
  Builder b("n", {1, 6, 6});
  b.convolution("stem", 4, 3, 1).relu();
  const ValueId entered = b.last();
  b.convolution("linear", 4, 3, 1);  // no function: its map has a sign
  const ValueId other = b.last();
  b.from(entered).convolution("side", 4, 1).relu();
  b.concat("join", {other, b.last()}).convolution("c", 3, 1).relu();
  b.global_average("gap").linear("fc", 2);
  const Network network = lower(b.take()).network;
  const Tensors tensors(network);
  const TensorId signed_part = output_of(LayerId{1}), side = output_of(LayerId{2});
  EXPECT_TRUE(tensors.is_signed(signed_part));
  EXPECT_TRUE(tensors.is_signed(side)) << "what it is joined with has one";
  EXPECT_EQ(tensors.scale_group(signed_part), tensors.scale_group(side));
  // Two layers read the stem's map; the average's map decides what it reads.
  EXPECT_EQ(parse_policy("8/8,4/5,4/5,4/6,8/3", network).layers[LayerId{4}].activation, 3);
  const std::string found = refusal([&] { parse_policy("8/8,4/5,4/6,4/6,8/3", network); });
  EXPECT_NE(found.find("layers linear and side read the same map with 5 and 6"), std::string::npos)
      << found;
}

TEST(ParseGraph, SaysWhatIsWrongAndWhere) {
  const auto found = [](const std::string& operators) {
    return refusal([&] { parse_network(description(operators), "g.json"); });
  };
  EXPECT_NE(
      found(R"({"name": "a", "kind": "convolve"})").find("operators[0] (a): kind = \"convolve\""),
      std::string::npos);
  EXPECT_NE(found(R"({"name": "a", "kind": "relu", "slope": 1})").find("unknown key \"slope\""),
            std::string::npos);
  EXPECT_NE(found(R"({"name": "a", "kind": "relu", "inputs": ["b"]})").find("inputs: \"b\""),
            std::string::npos);
  EXPECT_NE(found(R"({"name": "a", "kind": "convolution", "out_channels": 3, "kernel": 3},
                     {"name": "s", "kind": "add", "inputs": ["a", "image"]})")
                .find("maps of 3x4x4 and 2x6x6"),
            std::string::npos);
  EXPECT_NE(found(R"({"name": "a", "kind": "convolution", "out_channels": 3, "kernel": 1,
                      "groups": 2})")
                .find("groups = 2"),
            std::string::npos);
}

TEST(ParseGraph, ReadsWhatGraphJsonWrites) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const Graph graph = RandomGraphs(seed).graph();
    const std::string text = graph_json(graph);
    const Graph again = parse_graph(text, "g.json");
    EXPECT_EQ(graph_json(again), text) << seed;
    EXPECT_EQ(lower(again).network.layers.size(), lower(graph).network.layers.size());
  }
}

// The stages of a graph have the shapes that its operators have.
TEST(Lower, KeepsShapes) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const Graph graph = RandomGraphs(seed).graph();
    const Network network = lower(graph).network;
    const Shape made = network.layers.back().output(), wanted = graph.shape(graph.result());
    EXPECT_EQ(made.size(), wanted.size()) << seed;
  }
}

TEST(Zoo, HasThePublishedSizes) {
  struct Size {
    const char* name;
    double weights_m, macs_m;
  };
  // Weights without biases and norms, products per image: by hand from the papers' tables.
  for (const Size& size : {Size{"resnet20", 0.2707, 40.8}, Size{"resnet18", 11.68, 1814},
                           Size{"resnet50", 25.50, 4089}, Size{"mobilenet-v1-imagenet", 4.209, 569},
                           Size{"mobilenet-v2-imagenet", 3.470, 301}, Size{"alexnet", 61.09, 714},
                           Size{"squeezenet", 1.232, 349}}) {
    const Network network = find_network(size.name);
    double weights = 0, macs = 0;
    for (const Layer& l : network.layers) {
      weights += static_cast<double>(l.weights()) / 1e6;
      macs += static_cast<double>(l.macs()) / 1e6;
    }
    EXPECT_NEAR(weights, size.weights_m, 0.01 * size.weights_m) << size.name;
    EXPECT_NEAR(macs, size.macs_m, 0.03 * size.macs_m) << size.name;
  }
}

}  // namespace
}  // namespace kirchhoff::quant
