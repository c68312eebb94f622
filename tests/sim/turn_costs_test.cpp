#include "sim/turn_costs.h"

#include <cstdio>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "hw/config/config_loader.h"
#include "quant/network/lower.h"
#include "quant/network/networks.h"
#include "tests/sim/random_networks.h"
#include "tests/sim/small_chip.h"
#include "tests/support/random_graphs.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff {
namespace {

class TurnCostsTest : public SystemCTest {
 protected:
  /// Chips on which time, counts or prices take another way.
  template <typename Random>
  static hw::ChipConfig chip(Random& random) {
    hw::ChipConfig config = small_chip(32, random.pick({1, 2, 3, 16}), 9);
    hw::PeConfig& pe = config.tile.pe;
    config.clock.pe_mhz = random.pick({1200, 1200, 1000, 640, 997});
    config.clock.tile_mhz = random.pick({1200, 1200, 800, 333});
    config.clock.noc_mhz = random.pick({1000, 1000, 1001, 500});
    if (random.pick({0, 0, 1}) == 1) config.tile.stage = hw::Duration::nanoseconds(10);
    if (random.pick({0, 1}) == 1) {
      config.noc.flow_control = hw::FlowControl::kWormhole;
      config.noc.credit_cycles = random.pick({1, 3});
    }
    config.noc.vcs = random.pick({1, 2});
    if (random.pick({0, 0, 1}) == 1) config.noc.topology = hw::NocTopology::kCmesh;
    if (random.pick({0, 1}) == 1) config.mapping.pack = hw::Pack::kOn;
    config.mapping.depthwise = static_cast<hw::Depthwise>(random.pick({0, 1, 2}));
    config.unused = random.pick({0, 1}) == 1 ? hw::Unused::kIdle : hw::Unused::kGatedLayers;
    pe.crossbar.cell_bits = random.pick({1, 1, 2});
    pe.encoding = random.pick({0, 1}) == 1 ? hw::Encoding::kOffset : hw::Encoding::kDifferential;
    pe.sample_hold.present = random.pick({0, 1}) == 1;
    pe.overlap = random.pick({0, 1}) == 1;
    config.tile.overlap = random.pick({0, 1, 1}) == 1;
    hw::Replication& replicate = config.mapping.replicate;
    replicate.balance = random.pick({0, 0, 0, 1}) == 1;
    replicate.copies = {random.pick({1, 1, 2, 5})};
    config.mapping.replicate_tiles = random.pick({9, 30});
    return config;
  }

  /// In a kernel of its own.
  template <typename Work>
  static void on_a_chip(const Work& work) {
    auto* outer = sc_core::sc_curr_simcontext;
    sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
    work();
    delete sc_core::sc_curr_simcontext;
    sc_core::sc_curr_simcontext = outer;
  }

  /// Overlapping layers, or images of a batch that follow one another.
  template <typename Random>
  static hw::ChipConfig overlapping(Random& random) {
    hw::ChipConfig config = chip(random);
    config.schedule =
        random.pick({0, 1, 1, 1}) == 1 ? hw::Schedule::kPipelined : hw::Schedule::kSequential;
    const bool pipelined = config.schedule == hw::Schedule::kPipelined;
    config.cost.batch = pipelined ? random.pick({1, 1, 3}) : 2;
    return config;
  }

  /// `policy` with other weights, wherever their bits are of no moment for anything else.
  template <typename Random>
  static quant::Policy with_other_weights(quant::Policy policy, Random& random) {
    for (quant::LayerBits& bits : policy.layers) {
      if (bits.weight > 0) bits.weight = random.pick({2, 4, 5, 8});
    }
    return policy;
  }

  /// Policies whose layers come back, and some that are new: each as the sum of its turns and
  /// whole.
  template <typename NextPolicy>
  static void expect_whole_costs(const quant::Network& network, const hw::ChipConfig& config,
                                 const NextPolicy& next_policy) {
    on_a_chip([&] {
      sim::Simulator simulator(network, config);
      sim::TurnCosts turns(simulator);
      for (int i = 0; i < 10; ++i) {
        const quant::Policy policy = next_policy();
        SCOPED_TRACE(policy.to_string());
        const int batch = config.cost.batch;
        const sim::CostTotals sum = turns.totals(policy),
                              whole = simulator.cost(policy, batch).compared(batch);
        ASSERT_EQ(sum.latency_ns, whole.latency_ns);
        ASSERT_EQ(sum.energy_pj, whole.energy_pj);
        ASSERT_EQ(sum.power_rated_mw, whole.power_rated_mw);
        const std::size_t simulated = turns.simulated();
        ASSERT_EQ(turns.totals(policy).energy_pj, whole.energy_pj);
        ASSERT_EQ(turns.simulated(), simulated) << "a turn that is known is not simulated again";
      }
      EXPECT_LT(turns.simulated(), turns.asked());
    });
  }
};

TEST_F(TurnCostsTest, SumsEqualWholeSimulationsOfRandomChains) {
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    SCOPED_TRACE(seed);
    RandomNetworks random(seed);
    const quant::Network network = random.network(32);
    expect_whole_costs(network, chip(random), [&] { return random.policy(network); });
  }
}

TEST_F(TurnCostsTest, SumsEqualWholeSimulationsOfRandomGraphs) {
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    SCOPED_TRACE(seed);
    RandomGraphs random(seed);
    const quant::Network network = quant::lower(random.graph()).network;
    expect_whole_costs(network, chip(random), [&] { return random.policy(network); });
  }
}

// One turn of all layers, which those with the same times share.
TEST_F(TurnCostsTest, LayersThatOverlapCostWhatTheirWholeSimulationSays) {
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    SCOPED_TRACE(seed);
    RandomNetworks random(seed);
    const quant::Network network = random.network(32);
    quant::Policy last = random.policy(network);
    expect_whole_costs(network, overlapping(random), [&] {
      last = random.pick({0, 1}) == 1 ? with_other_weights(last, random) : random.policy(network);
      return last;
    });
  }
}

TEST_F(TurnCostsTest, BranchesThatOverlapCostWhatTheirWholeSimulationSays) {
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    SCOPED_TRACE(seed);
    RandomGraphs random(seed);
    const quant::Network network = quant::lower(random.graph()).network;
    quant::Policy last = random.policy(network);
    expect_whole_costs(network, overlapping(random), [&] {
      last = random.pick({0, 1}) == 1 ? with_other_weights(last, random) : random.policy(network);
      return last;
    });
  }
}

// What the sharing stands on: weight bits take no time, as long as they move no block.
TEST_F(TurnCostsTest, WeightBitsTakeNoTimeOnAnyPreset) {
  for (const auto& file : std::filesystem::directory_iterator(KIRCHHOFF_PRESETS)) {
    const std::string name = file.path().filename();
    SCOPED_TRACE(name);
    hw::ConfigLoader loader;
    loader.load_file(file.path().string(), name);
    loader.set_from_flag("chip.schedule", "pipelined");
    const hw::ChipConfig config = loader.finish();
    const quant::Network network = quant::find_network("lenet5");
    on_a_chip([&] {
      sim::Simulator simulator(network, config);
      sim::TurnCosts turns(simulator);
      for (const int activation : {3, 8}) {
        turns.totals(quant::Policy::uniform(network, 8, activation));
        const std::size_t simulated = turns.simulated();
        for (const int weight : {2, 5, 7}) {
          const quant::Policy policy = quant::Policy::uniform(network, weight, activation);
          const int batch = config.cost.batch;
          const sim::CostTotals whole = simulator.cost(policy, batch).compared(batch),
                                shared = turns.totals(policy);
          if (config.mapping.pack == hw::Pack::kOff) {
            EXPECT_EQ(turns.simulated(), simulated) << weight;
          }
          EXPECT_EQ(shared.latency_ns, whole.latency_ns);
          EXPECT_EQ(shared.energy_pj, whole.energy_pj);
          EXPECT_EQ(shared.power_rated_mw, whole.power_rated_mw);
        }
      }
    });
  }
}

// Narrow maps take fewer tiles, so that tiles belong to other layers under other policies.
TEST_F(TurnCostsTest, TilesMayChangeTheirLayers) {
  for (const char* name : {"vgg13", "resnet8"}) {
    SCOPED_TRACE(name);
    RandomGraphs random(7);
    const quant::Network network = quant::find_network(name);
    expect_whole_costs(network, hw::ChipConfig(), [&] { return random.policy(network); });
  }
}

// A memo of another process: on a chip that has never run whole, some tiles only take packets.
TEST_F(TurnCostsTest, AChipMayBeginWithAnyTurn) {
  const quant::Network network = quant::find_network("lenet5");
  const std::string path = ::testing::TempDir() + "/turns.txt";
  std::remove(path.c_str());
  const quant::Policy known = quant::Policy::uniform(network, 8, 8);
  const auto sum = [&](const quant::Policy& policy, std::size_t simulated) {
    double energy_pj = 0;
    on_a_chip([&] {
      sim::Simulator simulator(network, hw::ChipConfig());
      sim::TurnCosts turns(simulator, sim::TurnMemo(path, "lenet5"));
      energy_pj = turns.totals(policy).energy_pj;
      EXPECT_EQ(turns.simulated(), simulated);
    });
    return energy_pj;
  };
  const double of_known = sum(known, 6);
  EXPECT_EQ(sum(known, 0), of_known);
  for (const quant::LayerId l : network.layers.ids()) {
    SCOPED_TRACE(index(l));
    quant::Policy policy = known;
    policy.layers[l].activation = 3;
    double whole = 0;
    on_a_chip([&] { whole = sim::Simulator(network, hw::ChipConfig()).cost(policy).energy_pj(); });
    EXPECT_EQ(sum(policy, 2), whole) << "the layer's turn, and that of whoever makes its map";
  }
}

// A turn of all layers outlives the process, too.
TEST_F(TurnCostsTest, OverlappingLayersAreRememberedWithOtherWeights) {
  const quant::Network network = quant::find_network("lenet5");
  hw::ChipConfig config;
  config.schedule = hw::Schedule::kPipelined;
  const std::string path = ::testing::TempDir() + "/overlapping_turns.txt";
  std::remove(path.c_str());
  const auto cost = [&](int weight, int activation, std::size_t simulated) {
    sim::CostTotals totals;
    on_a_chip([&] {
      sim::Simulator simulator(network, config);
      sim::TurnCosts turns(simulator, sim::TurnMemo(path, "lenet5"));
      const quant::Policy policy = quant::Policy::uniform(network, weight, activation);
      totals = turns.totals(policy);
      EXPECT_EQ(turns.simulated(), simulated);
      const sim::CostTotals whole = simulator.cost(policy).totals();
      EXPECT_EQ(totals.latency_ns, whole.latency_ns);
      EXPECT_EQ(totals.energy_pj, whole.energy_pj);
      EXPECT_EQ(totals.power_rated_mw, whole.power_rated_mw);
    });
    return totals;
  };
  const double latency_ns = cost(8, 6, 1).latency_ns;
  EXPECT_EQ(cost(3, 6, 0).latency_ns, latency_ns);
  cost(3, 5, 1);
}

// Weight bits change nothing but counts, so that a new policy may have no new turn.
TEST_F(TurnCostsTest, WeightBitsNeedNoSimulation) {
  const quant::Network network = quant::find_network("lenet5");
  sim::Simulator simulator(network, hw::ChipConfig());
  sim::TurnCosts turns(simulator);
  turns.totals(quant::Policy::uniform(network, 8, 6));
  const std::size_t simulated = turns.simulated();
  EXPECT_EQ(simulated, 6u) << "the host's and five layers'";
  const quant::Policy other = quant::Policy::uniform(network, 3, 6);
  EXPECT_EQ(turns.totals(other).energy_pj, simulator.cost(other).totals().energy_pj);
  EXPECT_EQ(turns.simulated(), simulated);
}

}  // namespace
}  // namespace kirchhoff
