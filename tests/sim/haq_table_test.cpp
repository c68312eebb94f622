#include "sim/haq_table.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support/small_graphs.h"

namespace kirchhoff {
namespace {

/// conv1, short, conv2, last and fc have weights, pool has none; cycles grow with every index.
IntegerArray cycles_of(const quant::Network& network) {
  IntegerArray cycles{{network.weight_layers().size(), 8, 8}, {}};
  for (std::size_t i = 0; i < 64 * cycles.shape[0]; ++i)
    cycles.elements.push_back(static_cast<std::int64_t>(3 * i + 1));
  return cycles;
}

TEST(HaqTableTest, ALayerIsLookedUpByItsWidths) {
  const quant::Network network = residual_network();
  const sim::CostTable table = sim::from_haq_table(cycles_of(network), network, "t.npy");
  EXPECT_EQ(table.mismatch(network, 2, 8), "");
  EXPECT_NO_THROW(table.refuse_negative_totals("t.npy"));
  const quant::Policy policy = quant::policy_from_text("8/8,2/3,4/5,6/3,7/6,8/8", network);
  double expected = 0.0;
  const int widths[][2] = {{8, 8}, {2, 3}, {4, 5}, {6, 3}, {7, 6}, {8, 8}};
  for (int l = 0; l < 6; ++l)
    expected += 3 * (64 * l + 8 * (widths[l][0] - 1) + widths[l][1] - 1) + 1;
  EXPECT_EQ(table.cost(policy).latency_ns, expected);
}

TEST(HaqTableTest, WhatIsWrittenIsReadAgain) {
  const quant::Network network = residual_network();
  IntegerArray cycles = cycles_of(network);
  sim::CostTable table = sim::from_haq_table(cycles, network, "t.npy");
  for (std::size_t layer = 0; layer < cycles.shape[0]; ++layer) {
    for (std::size_t w = 0; w < 8; ++w) {
      for (std::size_t a = 0; a < 8; ++a) {
        cycles.elements[64 * layer + 8 * w + a] =
            cycles.elements[64 * layer + 8 * std::max<std::size_t>(w, 1) +
                            std::max<std::size_t>(a, 1)];
      }
    }
  }
  EXPECT_EQ(sim::to_haq_table(table, network, 1000.0).elements, cycles.elements)
      << "but for 1 bit, which nobody has";
  // The time of a layer without weights goes to the layer that reads its map.
  for (const quant::LayerId l : network.layers.ids()) {
    if (!network.layers[l].has_weights()) table.set(l, {0, 8}, {1000, 0, 0, 0, 0, 0});
  }
  const IntegerArray more = sim::to_haq_table(table, network, 2000.0);
  EXPECT_EQ(more.elements.back(), 2 * (cycles.elements.back() + 1000));
  EXPECT_EQ(more.elements.front(), 2 * cycles.elements.front());
}

TEST(HaqTableTest, AnotherNetworksIsRefused) {
  const quant::Network network = residual_network();
  IntegerArray cycles = cycles_of(network);
  cycles.shape[0] = 53;
  try {
    sim::from_haq_table(cycles, network, "t.npy");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_EQ(std::string(error.what()),
              "t.npy: shape = (53, 8, 8): must be (6, 8, 8): layers of residual with weights, "
              "weight bits, activation bits");
  }
  cycles = cycles_of(network);
  cycles.elements[64 + 9] = -5;
  try {
    sim::from_haq_table(cycles, network, "t.npy");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_EQ(std::string(error.what()), "t.npy: [1, 1, 1] = -5: must be at least 0");
  }
}

}  // namespace
}  // namespace kirchhoff
