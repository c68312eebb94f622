#include <gtest/gtest.h>

#include "sim/simulator.h"
#include "tests/sim/random_networks.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff {
namespace {

// Small arrays make several row and column blocks cheap; few PEs per tile make layers span tiles.
hw::ChipConfig small_chip(int crossbar, int pes, int adc_bits) {
  hw::ChipConfig config;
  config.tile.pe.crossbar.rows = config.tile.pe.crossbar.cols = crossbar;
  config.tile.pes = pes;
  config.tile.pe.adc.bits = adc_bits;
  return config;
}

class ChipTest : public SystemCTest {
 protected:
  struct Outcome {
    sim::CostReport report;
    std::vector<quant::LayerTrace> layers;
    std::vector<std::int32_t> logits;
  };

  /// One image on a chip of its own kernel; fails unless every layer equals the golden inference.
  static Outcome run(const quant::IntegerNetwork& integers, const hw::ChipConfig& config, hw::Fidelity fidelity,
                     std::uint64_t seed) {
    auto* outer = sc_core::sc_curr_simcontext;
    sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
    Outcome outcome;
    {
      sim::Simulator simulator(integers.network, config, {fidelity, nullptr});
      simulator.load(integers);
      auto result = simulator.run_image(quant::random_image(integers.network.image, seed));
      EXPECT_TRUE(result.bit_exactness.exact())
          << result.bit_exactness.outputs_equal << " of " << result.bit_exactness.outputs << " outputs, "
          << result.bit_exactness.accumulators_equal << " of " << result.bit_exactness.accumulators << " accumulators";
      outcome = {result.report, result.layers, result.logits};
    }
    delete sc_core::sc_curr_simcontext;
    sc_core::sc_curr_simcontext = outer;
    return outcome;
  }

  static void expect_same_costs(const sim::CostReport& a, const sim::CostReport& b) {
    EXPECT_EQ(a.latency_ns, b.latency_ns);
    EXPECT_EQ(a.cycles, b.cycles);
    EXPECT_EQ(a.energy_pj(), b.energy_pj());
    ASSERT_EQ(a.layers.size(), b.layers.size());
    for (std::size_t l = 0; l < a.layers.size(); ++l) EXPECT_EQ(a.layers[l].counters, b.layers[l].counters) << l;
  }

  void compare_fidelities(const quant::Network& network, const quant::Policy& policy, const hw::ChipConfig& config,
                          std::uint64_t seed) {
    SCOPED_TRACE(fmt::format("seed {} policy {}", seed, policy.to_string()));
    const auto integers = quant::random_integer_network(network, policy, seed);
    const Outcome bit = run(integers, config, hw::Fidelity::kBit, seed);
    const Outcome mvm = run(integers, config, hw::Fidelity::kMvm, seed);
    expect_same_costs(bit.report, mvm.report);
    EXPECT_EQ(bit.logits, mvm.logits);
  }
};

TEST_F(ChipTest, RandomNetworksEqualGoldenInBothFidelitiesWithALosslessAdc) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    RandomNetworks random(seed);
    const quant::Network network = random.network(32);
    hw::ChipConfig config = small_chip(32, random.pick({2, 3, 16}), 9);
    if (seed % 2 == 0) config.schedule = hw::Schedule::kPipelined;
    compare_fidelities(network, random.policy(network), config, seed);
  }
}

}  // namespace
}  // namespace kirchhoff
