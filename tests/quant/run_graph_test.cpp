#include "quant/network/run_graph.h"

#include <gtest/gtest.h>

#include "quant/network/ops/add.h"
#include "quant/network/ops/linear.h"
#include "tests/quant/files.h"

namespace kirchhoff::quant {
namespace {

/// fc (2 to 2) and a sum of what it makes and the image.
Graph small_graph() {
  Graph graph("small", {2, 1, 1});
  const ValueId made = graph.append("fc", linear(2));
  graph.append("sum", add(), {made, kImageValue});
  return graph;
}

const std::vector<Parameters> kParameters = {{{1, 2, 3, 4}, {0.5, -0.5}}, {}};
const RealMap kImageMap = {{2, 1, 1}, {1, 10}};

TEST(RunGraphTest, EveryOperatorReadsWhatThoseBeforeItMade) {
  const auto values = run_graph_values(small_graph(), kParameters, kImageMap);
  ASSERT_EQ(values.size(), 3);
  EXPECT_EQ(values[ValueId{1}].values, (std::vector<float>{21.5, 42.5}));
  EXPECT_EQ(run_graph(small_graph(), kParameters, kImageMap).values,
            (std::vector<float>{22.5, 52.5}));
}

TEST(RunGraphTest, WhatDoesNotFitTheGraphIsRefused) {
  EXPECT_EQ(input_error([] {
              run_graph(small_graph(), kParameters, {{1, 1, 2}, {1, 10}});
            }),
            "network small: image 1x1x2 of 2 values: must be 2x1x1");
  EXPECT_EQ(input_error([] { run_graph(small_graph(), {kParameters[0]}, kImageMap); }),
            "network small: parameters of 1 operators: must be of 2");
  EXPECT_EQ(input_error([] {
              run_graph(small_graph(), {{{1, 2, 3}, {0, 0}}, {}}, kImageMap);
            }),
            "network small: fc (linear): weights: 3 numbers: must be 4");
}

}  // namespace
}  // namespace kirchhoff::quant
