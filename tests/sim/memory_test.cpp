#include <random>

#include <gtest/gtest.h>
#include <malloc.h>

#include "quant/network/networks.h"
#include "quant/network/policy.h"
#include "sim/simulator.h"

namespace kirchhoff::sim {
namespace {

// A search costs thousands of policies on one chip: what one of them leaves behind would add up.
TEST(MemoryTest, PoliciesLeaveNothingBehind) {
  const quant::Network network = quant::lenet5();
  Simulator simulator(network, hw::ChipConfig{});
  std::mt19937 engine(1);
  std::uniform_int_distribution<int> bits(quant::kMinBits, quant::kMaxSearchBits);
  const auto cost_some = [&](int count) {
    for (int i = 0; i < count; ++i) {
      auto policy = quant::Policy::uniform(network, 8, 8);
      for (quant::LayerBits& layer : policy.layers) layer = {bits(engine), bits(engine)};
      simulator.cost(policy);
    }
    return mallinfo2().uordblks;
  };
  const std::size_t before = cost_some(50);
  const std::size_t after = cost_some(250);
  // Buffers still meet a new high-water mark now and then; a leak of a packet per policy is more.
  EXPECT_LT(after, before + 16 * 1024);
}

}  // namespace
}  // namespace kirchhoff::sim
