// Copies of a layer's weights that share out its windows.

#include <algorithm>

#include <gtest/gtest.h>

#include "base/error.h"
#include "mapping/balance.h"
#include "mapping/row_needs.h"
#include "quant/network/lower.h"
#include "quant/network/networks.h"
#include "sim/ideal.h"
#include "sim/own_kernel.h"
#include "tests/sim/chip_test.h"
#include "tests/sim/random_networks.h"
#include "tests/support/random_graphs.h"

namespace kirchhoff {
namespace {

class ReplicationTest : public ChipTest {
 protected:
  /// Another number for every layer, the same one for all, or balanced ones.
  template <typename Random>
  static void set_copies(const quant::Network& network, Random& random, hw::ChipConfig& config) {
    hw::Replication& replicate = config.mapping.replicate;
    const int way = random.between(0, 3);
    replicate.balance = way == 0;
    config.mapping.replicate_tiles = random.between(4, 60);
    replicate.copies.clear();
    const std::size_t numbers = way == 1 ? 1 : network.weight_layers().size();
    for (std::size_t i = 0; i < numbers; ++i) replicate.copies.push_back(random.between(1, 9));
  }

  /// Fewer copies until a chip of modules for every array is quickly built, and taken down.
  static void keep_small(const quant::Network& network, hw::ChipConfig& config) {
    constexpr int kMostPes = 40;
    while (true) {
      const hw::ChipConfig resolved = mapping::resolve_mesh(network, config);
      if (resolved.mesh_width * resolved.mesh_height * config.tile.pes <= kMostPes) return;
      bool fewer = false;
      const auto halve = [&](int& number, int least) {
        fewer = fewer || number > least;
        number = std::max(least, number / 2);
      };
      for (int& number : config.mapping.replicate.copies) halve(number, 1);
      if (config.mapping.replicate.balance) halve(config.mapping.replicate_tiles, 1);
      if (!fewer) return;
    }
  }

  static int copies(const sim::CostReport& report) {
    int most = 1;
    for (const sim::LayerReport& layer : report.layers) most = std::max(most, layer.copies);
    return most;
  }

  template <typename Random>
  void compare(const quant::Network& network, Random& random, hw::ChipConfig config,
               std::uint64_t seed) {
    config.schedule = seed % 2 ? hw::Schedule::kPipelined : hw::Schedule::kSequential;
    set_copies(network, random, config);
    keep_small(network, config);
    SCOPED_TRACE(config.mapping.replicate.text());
    const quant::Policy policy = random.policy(network);
    compare_fidelities(network, policy, config, seed);
    sim::on_own_kernel([&] {
      most_ = std::max(most_, copies(sim::Simulator(network, config).cost(policy)));
      return 0;
    });
  }

  int most_ = 0;  ///< copies of a layer
};

TEST_F(ReplicationTest, RandomNetworksEqualGoldenInBothFidelitiesAndSchedules) {
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    RandomNetworks random(seed + 700);
    const quant::Network network = random.network(32);
    hw::ChipConfig config = small_chip(32, random.pick({1, 2, 3}), 9);
    if (seed % 5 == 0) config.mapping.pack = hw::Pack::kOn;
    if (seed % 7 == 0) config.tile.overlap = false;
    config.noc.vcs = random.pick({1, 2});
    compare(network, random, config, seed);
  }
  EXPECT_GT(most_, 3);
}

TEST_F(ReplicationTest, RandomGraphsEqualGoldenInBothFidelitiesAndSchedules) {
  constexpr hw::Depthwise kWays[] = {hw::Depthwise::kDiagonal, hw::Depthwise::kDigital,
                                     hw::Depthwise::kDense};
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    RandomGraphs random(seed + 800);
    const quant::Network network = quant::lower(random.graph()).network;
    hw::ChipConfig config = small_chip(32, random.pick({1, 2}), 9);
    config.mapping.depthwise = kWays[seed % 3];
    if (seed % 6 == 0) config.noc.flow_control = hw::FlowControl::kWormhole;
    compare(network, random, config, seed);
  }
  EXPECT_GT(most_, 3);
}

// Buffers of the fewest rows: copies of one layer never wait for each other in a circle, not at the
// end of an image either, and a row that comes late overwrites none that is needed.
TEST_F(ReplicationTest, StreamsThroughTheSmallestBuffersEqualGolden) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    RandomGraphs random(seed + 900);
    const quant::Network network = quant::lower(random.graph()).network;
    const quant::Policy policy = random.policy(network);
    hw::ChipConfig config = small_chip(32, random.pick({1, 2, 16}), 9);
    config.schedule = hw::Schedule::kPipelined;
    config.mapping.skip_rows = 0;
    set_copies(network, random, config);
    SCOPED_TRACE(fmt::format("seed {} copies {}", seed, config.mapping.replicate.text()));
    for (config.tile.edram.kb = 1; config.tile.edram.kb < 64; ++config.tile.edram.kb) {
      try {
        mapping::map_network(network, policy, config);
        break;
      } catch (const InputError&) {
      }
    }
    const auto integers = quant::random_integer_network(network, policy, seed);
    sim::on_own_kernel([&] {
      sim::Simulator simulator(network, config);
      simulator.load(integers);
      std::vector<std::vector<std::uint8_t>> images;
      for (std::uint64_t i = 0; i < 3; ++i)
        images.push_back(quant::random_image(network.image, seed + i));
      const auto results = simulator.run_stream(images);
      for (const sim::FunctionalResult& result : results)
        EXPECT_TRUE(result.bit_exactness.exact()) << result.bit_exactness.text(network);
      // Sizes alone give the same costs.
      const sim::CostReport sizes = simulator.cost(policy, 3);
      EXPECT_EQ(sizes.duration_ns, results.front().report.duration_ns);
      EXPECT_EQ(sizes.energy_pj(), results.front().report.energy_pj());
      return 0;
    });
  }
}

// Rings of the fewest rows with which a chip moves, everywhere at once.
TEST_F(ReplicationTest, RingsOfTheFewestRowsEqualGolden) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    RandomGraphs random(seed + 950);
    const quant::Network network = quant::lower(random.graph()).network;
    const quant::Policy policy = random.policy(network);
    hw::ChipConfig config = small_chip(32, random.pick({1, 16}), 9);
    config.schedule = hw::Schedule::kPipelined;
    config.noc.vcs = random.pick({1, 4});
    set_copies(network, random, config);
    SCOPED_TRACE(fmt::format("seed {} copies {}", seed, config.mapping.replicate.text()));
    config = mapping::resolve_mesh(network, config);
    mapping::Mapping mapping = mapping::map_network(network, policy, config);
    const auto needs = mapping::row_needs(network, config.schedule);
    for (mapping::TileShare& share : mapping.tiles) {
      share.buffer_rows = needs[share.layer].input;
      if (share.residual.count > 0) share.residual_rows = needs[share.layer].residual;
    }
    const auto integers = quant::random_integer_network(network, policy, seed);
    sim::on_own_kernel([&] {
      sim::Simulator simulator(network, config);
      std::vector<std::vector<std::uint8_t>> images;
      for (std::uint64_t i = 0; i < 3; ++i)
        images.push_back(quant::random_image(network.image, seed + i));
      simulator.load(integers, mapping);
      for (const sim::FunctionalResult& result : simulator.run_stream(images))
        EXPECT_TRUE(result.bit_exactness.exact()) << result.bit_exactness.text(network);
      return 0;
    });
  }
}

// One copy of everything is what a network without copies is, to the last counter.
TEST_F(ReplicationTest, OneCopyIsNone) {
  RandomNetworks random(77);
  const quant::Network network = random.network(32);
  const quant::Policy policy = random.policy(network);
  hw::ChipConfig config = small_chip(32, 2, 9), ones = config;
  ones.mapping.replicate.copies.assign(network.weight_layers().size(), 1);
  const auto cost = [&](const hw::ChipConfig& chip) {
    return sim::on_own_kernel([&] { return sim::Simulator(network, chip).cost(policy); });
  };
  expect_same_costs(cost(config), cost(ones));
}

// Copies of a layer compute what one would: products, conversions and values are as many, and what
// is allocated is there as often as there are copies.
TEST_F(ReplicationTest, CopiesShareOutTheWorkAndMultiplyTheHardware) {
  const quant::Network network = quant::find_network("lenet5");
  const quant::Policy policy = quant::Policy::uniform(network, 6, 4);
  hw::ChipConfig config;
  config.schedule = hw::Schedule::kPipelined;
  const auto cost = [&] {
    return sim::on_own_kernel([&] { return sim::Simulator(network, config).cost(policy); });
  };
  const sim::CostReport one = cost();
  config.mapping.replicate.copies = {6, 4, 1, 1, 1};
  const sim::CostReport shared = cost();
  for (const quant::LayerId l : network.layers.ids()) {
    const sim::LayerReport &a = one.layers[l], &b = shared.layers[l];
    SCOPED_TRACE(a.name);
    for (const char* counter : {"conversions", "products", "requantised", "pool_comparisons"})
      EXPECT_EQ(a.counters.at(counter), b.counters.at(counter)) << counter;
    EXPECT_EQ(b.allocation.pairs, a.allocation.pairs * b.copies);
    EXPECT_EQ(b.allocation.adcs, a.allocation.adcs * b.copies);
    EXPECT_EQ(b.allocation.cells, a.allocation.cells * b.copies);
    EXPECT_EQ(b.crossbars, a.crossbars * b.copies);
    EXPECT_EQ(b.tiles, a.tiles * b.copies);
  }
  EXPECT_EQ(shared.layers[quant::LayerId{0}].copies, 6);
  EXPECT_EQ(shared.layers[quant::LayerId{1}].copies, 4);
  EXPECT_EQ(shared.programming.cells, one.programming.cells +
                                          5 * one.layers[quant::LayerId{0}].allocation.cells +
                                          3 * one.layers[quant::LayerId{1}].allocation.cells);
  EXPECT_LT(shared.latency_ns, one.latency_ns / 3);
}

// Balanced copies raise the throughput of a stream as far as the pace of its slowest stage falls.
TEST_F(ReplicationTest, ABalancedPipelineKeepsThePaceOfItsSlowestStage) {
  const quant::Network network = quant::find_network("vgg13");
  const quant::Policy policy = quant::Policy::uniform(network, 8, 8);
  hw::ChipConfig config;
  config.schedule = hw::Schedule::kPipelined;
  const auto interval = [&] {
    return sim::on_own_kernel([&] {
      const sim::CostReport report = sim::Simulator(network, config).cost(policy, 4);
      double slowest = 0;
      for (const sim::LayerReport& layer : report.layers)
        slowest = std::max(slowest, layer.ideal.latency_ns / report.images);
      EXPECT_GE(report.interval_ns, 0.999 * slowest);
      EXPECT_LE(report.interval_ns, 1.35 * slowest);
      return report.interval_ns;
    });
  };
  const double one = interval();
  config.mapping.replicate.balance = true;
  config.mapping.replicate_tiles = 84;  // twice what it takes without copies
  EXPECT_LT(interval(), one / 4);
}

// The pace that copies are balanced by is the ideal one of the report.
TEST_F(ReplicationTest, ThePaceOfAStageIsItsIdealTime) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    RandomNetworks random(seed + 30);
    hw::ChipConfig config = small_chip(32, random.pick({1, 3, 16}), 9);
    hw::PeConfig& pe = config.tile.pe;
    config.clock.pe_mhz = random.pick({1200, 1000, 640, 997});
    pe.sample_hold.present = random.pick({0, 1}) == 1;
    pe.overlap = random.pick({0, 1}) == 1;
    pe.adc.per_pair = random.pick({1, 5, 8, 32});
    pe.adc.cycles = random.pick({1, 4});
    pe.dac.drive = hw::Duration::nanoseconds(random.pick({0, 1, 7}));
    pe.crossbar.read = hw::Duration::nanoseconds(random.pick({0, 3, 60}));
    pe.encoding = random.pick({0, 1}) == 1 ? hw::Encoding::kOffset : hw::Encoding::kDifferential;
    const quant::Network network = random.network(32);
    const quant::Policy policy = random.policy(network);
    set_copies(network, random, config);
    const sim::CostReport report =
        sim::on_own_kernel([&] { return sim::Simulator(network, config).cost(policy); });
    const hw::ChipConfig resolved = mapping::resolve_mesh(network, config);
    const mapping::Partitioner partitioner(network, resolved);
    const mapping::CopyGrids grids = partitioner.grids(policy);
    for (const quant::LayerId l : network.layers.ids()) {
      const quant::Layer& layer = network.layers[l];
      const auto copy = partitioner.copy(l, policy, mapping::widest_piece(layer, grids[l], false));
      const double ns = mapping::busiest_windows(layer, grids[l]) *
                        mapping::window_ns(layer, policy.layers[l], copy, resolved);
      EXPECT_NEAR(ns, report.layers[l].ideal.latency_ns, 1e-9 * ns) << seed;
    }
  }
}

}  // namespace
}  // namespace kirchhoff
