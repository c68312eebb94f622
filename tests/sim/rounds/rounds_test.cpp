// Chips that are smaller than the network (chip.tiles): outputs, times, energies.

#include <algorithm>
#include <cmath>

#include "quant/network/lower.h"
#include "quant/network/networks.h"
#include "sim/turn_costs.h"
#include "tests/sim/random_networks.h"
#include "tests/sim/rounds/rounds_on_chip.h"
#include "tests/support/random_graphs.h"

namespace kirchhoff {
namespace {

class RoundsTest : public RoundsOnChip {
 protected:
  /// Chips of all schedules, packed and unpacked, of any number of writers.
  template <typename Random>
  static hw::ChipConfig chip(Random& random) {
    hw::ChipConfig config = small_chip(32, random.pick({1, 2, 3}), 9);
    if (random.pick({0, 1}) == 1) config.schedule = hw::Schedule::kPipelined;
    if (random.pick({0, 1}) == 1) config.mapping.pack = hw::Pack::kOn;
    if (random.pick({0, 1}) == 1) config.tile.pe.encoding = hw::Encoding::kOffset;
    config.mapping.depthwise = static_cast<hw::Depthwise>(random.pick({0, 1, 2}));
    config.round_of = random.pick({0, 1}) == 1 ? hw::RoundOf::kStream : hw::RoundOf::kImage;
    config.write_tiles = random.pick({0, 1, 2});
    config.tile.write_arrays = random.pick({1, 3});
    config.tile.pe.crossbar.write = hw::Duration::nanoseconds(random.pick({1, 10, 100}));
    if (random.pick({0, 0, 1}) == 1) config.unused = hw::Unused::kGatedLayers;
    if (random.pick({0, 0, 1}) == 1) config.tile.stage = hw::Duration::nanoseconds(10);
    return config;
  }

  /// Calls `check(config, mapping)` for chips of fewer tiles than a network has; says for how many.
  template <typename Random, typename Check>
  static int on_smaller_chips(Random& random, const quant::Network& network,
                              const quant::Policy& policy, const Check& check) {
    const hw::ChipConfig config = chip(random);
    const int need = tiles_of(network, policy, config);
    int chips = 0;
    for (const int tiles : {need - 1, need / 2, need / 3, 1}) {
      if (tiles < 1 || tiles >= need) continue;
      const auto smaller = with_tiles(network, policy, config, tiles);
      if (!smaller) continue;
      SCOPED_TRACE(fmt::format("{} of {} tiles", tiles, need));
      check(*smaller);
      ++chips;
    }
    return chips;
  }

  static void expect_golden(const quant::Network& network, const quant::Policy& policy,
                            const hw::ChipConfig& config, std::uint64_t seed) {
    const auto integers = quant::random_integer_network(network, policy, seed);
    const int images = seed % 2 == 0 ? 2 : 1;
    const sim::CostReport bit = run(integers, config, hw::Fidelity::kBit, images, seed);
    const sim::CostReport mvm = run(integers, config, hw::Fidelity::kMvm, images, seed);
    expect_same_costs(bit, mvm);
    expect_same_costs(mvm, cost(network, policy, config, images));
    EXPECT_GT(mvm.rewriting.rounds.size(), 1u);
  }
};

TEST_F(RoundsTest, RandomChainsEqualGoldenInBothFidelitiesAndDataModes) {
  int chips = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    RandomNetworks random(seed);
    const quant::Network network = random.network(32);
    const quant::Policy policy = random.policy(network);
    chips += on_smaller_chips(random, network, policy, [&](const hw::ChipConfig& config) {
      expect_golden(network, policy, config, seed);
    });
  }
  EXPECT_GT(chips, 12);
}

// Branches: maps that several rounds read, second operands from earlier rounds.
TEST_F(RoundsTest, RandomGraphsEqualGoldenInBothFidelitiesAndDataModes) {
  int chips = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    RandomGraphs random(seed);
    const quant::Network network = quant::lower(random.graph()).network;
    const quant::Policy policy = random.policy(network);
    chips += on_smaller_chips(random, network, policy, [&](const hw::ChipConfig& config) {
      expect_golden(network, policy, config, seed);
    });
  }
  EXPECT_GT(chips, 12);
}

// Images keep their names however the passes divide a stream.
TEST_F(RoundsTest, NoiseEqualsGolden) {
  int chips = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(seed);
    RandomNetworks random(seed);
    const quant::Network network = random.network(32);
    const quant::Policy policy = random.policy(network);
    chips += on_smaller_chips(random, network, policy, [&](hw::ChipConfig config) {
      config.tile.pe.cells.read_noise = 0.2;
      config.tile.pe.adc.errors.noise_lsb = 0.3;
      const auto integers = quant::random_integer_network(network, policy, seed);
      run(integers, config, hw::Fidelity::kMvm, 3, seed);
    });
  }
  EXPECT_GT(chips, 4);
}

// Waiting for cells is all that it costs in time that they are written, to the picosecond.
TEST_F(RoundsTest, LatencyIsThatOfCellsWrittenInNoTimeAndTheWaits) {
  int waited = 0;
  for (std::uint64_t seed = 21; seed <= 32; ++seed) {
    SCOPED_TRACE(seed);
    RandomNetworks random(seed);
    const quant::Network network = random.network(32);
    const quant::Policy policy = random.policy(network);
    on_smaller_chips(random, network, policy, [&](hw::ChipConfig config) {
      const sim::CostReport slow = cost(network, policy, config);
      config.tile.pe.crossbar.write = hw::Duration::nanoseconds(0);
      const sim::CostReport fast = cost(network, policy, config);
      ASSERT_EQ(fast.rewriting.waiting_ns, 0);
      double waits = 0;
      for (std::size_t r = 0; r < slow.rewriting.rounds.size(); ++r) {
        const sim::RoundReport& round = slow.rewriting.rounds[r];
        EXPECT_NEAR(round.busy_ns, fast.rewriting.rounds[r].busy_ns, 1e-6);
        if (r > 0) waits += round.waiting_ns;
      }
      EXPECT_NEAR(slow.latency_ns, fast.latency_ns + waits, 1e-6);
      EXPECT_NEAR(slow.duration_ns, fast.duration_ns + slow.rewriting.waiting_ns, 1e-6);
      waited += slow.rewriting.waiting_ns > 0;
    });
  }
  EXPECT_GT(waited, 12);
}

TEST_F(RoundsTest, TheLedgersSumToTheTotalsAndHoldThePulses) {
  for (std::uint64_t seed = 41; seed <= 48; ++seed) {
    SCOPED_TRACE(seed);
    RandomNetworks random(seed);
    const quant::Network network = random.network(32);
    const quant::Policy policy = random.policy(network);
    on_smaller_chips(random, network, policy, [&](const hw::ChipConfig& config) {
      const sim::CostReport report = cost(network, policy, config, 2);
      const sim::RewritingReport& rewriting = report.rewriting;
      double pulses_pj = 0, busy = 0, leakage_ns = 0;
      for (const sim::LayerReport& layer : report.layers) {
        for (const sim::EnergyEntry& entry : layer.energy) {
          if (entry.event == "cell_pulses") pulses_pj += entry.energy_pj();
          if (entry.component == "controller" && entry.event == "leakage")
            leakage_ns += entry.count;
        }
      }
      EXPECT_NEAR(pulses_pj, rewriting.energy_pj, 1e-9 * pulses_pj);
      EXPECT_GT(rewriting.cells, 0);
      int most = 0;
      double tiles_ns = 0;
      for (const sim::RoundReport& round : rewriting.rounds) {
        busy += round.busy_ns;
        most = std::max(most, round.tiles);
        EXPECT_LE(round.tiles, config.tiles);
      }
      EXPECT_NEAR(report.duration_ns, busy + rewriting.waiting_ns, 1e-6);
      // A tile leaks in its round only: no more than the largest round all the time.
      for (const sim::LayerReport& layer : report.layers) {
        for (const sim::TileReport& tile : layer.tile_reports) tiles_ns += tile.held_ns;
      }
      EXPECT_NEAR(leakage_ns, tiles_ns, 1e-9 * tiles_ns);
      EXPECT_LE(tiles_ns, most * report.duration_ns * (1 + 1e-9));
      EXPECT_GT(report.power_rated_mw(), 0);
      EXPECT_LE(report.area_um2(), sim::chip_area_um2(mapping::resolve_mesh(network, config)));
    });
  }
}

// Nothing of a chip that is large enough changes.
TEST_F(RoundsTest, AsManyTilesAsTheNetworkNeedsAreAnUncappedChip) {
  for (std::uint64_t seed = 51; seed <= 58; ++seed) {
    SCOPED_TRACE(seed);
    RandomNetworks random(seed);
    const quant::Network network = random.network(32);
    const quant::Policy policy = random.policy(network);
    hw::ChipConfig config = chip(random);
    const sim::CostReport uncapped = cost(network, policy, config, 2);
    const hw::ChipConfig resolved = mapping::resolve_mesh(network, config);
    config.tiles = seed % 2 == 0 ? 65536 : resolved.mesh_width * resolved.mesh_height;
    const sim::CostReport capped = cost(network, policy, config, 2);
    expect_same_costs(uncapped, capped);
    EXPECT_EQ(uncapped.duration_ns, capped.duration_ns);
    EXPECT_EQ(uncapped.power_rated_mw(), capped.power_rated_mw());
    EXPECT_EQ(uncapped.area_um2(), capped.area_um2());
    EXPECT_EQ(uncapped.programming.time_ns, capped.programming.time_ns);
    EXPECT_TRUE(capped.rewriting.rounds.empty());
    for (const quant::LayerId l : uncapped.layers.ids()) {
      const auto& a = uncapped.layers[l].energy;
      const auto& b = capped.layers[l].energy;
      ASSERT_EQ(a.size(), b.size());
      for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i].count, b[i].count);
    }
  }
}

TEST_F(RoundsTest, RunsDoNotInfluenceEachOther) {
  const quant::Network network = quant::lenet5();
  hw::ChipConfig config;
  config.tiles = 2;
  sim::on_own_kernel([&] {
    sim::Simulator simulator(network, config);
    const auto a = quant::Policy::uniform(network, 6, 4), b = quant::Policy::uniform(network, 3, 7);
    const sim::CostReport first = simulator.cost(a);
    simulator.cost(b, 2);
    const auto integers = quant::random_integer_network(network, a, 5);
    simulator.load(integers);
    for (int i = 0; i < 2; ++i) {
      const auto result = simulator.run_image(quant::random_image(network.image, 5));
      EXPECT_TRUE(result.bit_exactness.exact());
      expect_same_costs(first, result.report);
    }
    expect_same_costs(first, simulator.cost(a));
    return 0;
  });
}

// A search asks the sum of turns, which knows rounds as a whole.
TEST_F(RoundsTest, CostsOfASearchAreThoseOfTheWholeSimulation) {
  const quant::Network network = quant::lenet5();
  for (const int batch : {1, 3}) {
    hw::ChipConfig config;
    config.tiles = 2;
    config.cost.batch = batch;
    sim::on_own_kernel([&] {
      sim::Simulator simulator(network, config);
      sim::TurnCosts turns(simulator);
      const auto policy = quant::Policy::uniform(network, 6, 4);
      const sim::CostTotals sum = turns.totals(policy),
                            whole = simulator.cost(policy, batch).compared(batch);
      EXPECT_EQ(sum.latency_ns, whole.latency_ns);
      EXPECT_EQ(sum.energy_pj, whole.energy_pj);
      EXPECT_EQ(sum.power_rated_mw, whole.power_rated_mw);
      return 0;
    });
  }
}

// Images that share a round share its cells.
TEST_F(RoundsTest, AStreamThatPassesRoundsTogetherWritesEveryRoundOnce) {
  const quant::Network network = quant::lenet5();
  const auto policy = quant::Policy::uniform(network, 6, 4);
  hw::ChipConfig config;
  config.tiles = 2;
  const sim::CostReport alone = cost(network, policy, config);
  const sim::CostReport each = cost(network, policy, config, 4);
  config.round_of = hw::RoundOf::kStream;
  const sim::CostReport together = cost(network, policy, config, 4);
  EXPECT_EQ(each.rewriting.cells, 4 * alone.rewriting.cells);
  EXPECT_EQ(together.rewriting.cells, alone.rewriting.cells);
  EXPECT_EQ(together.rewriting.images, 4 * alone.rewriting.images);
  EXPECT_EQ(each.rewriting.images, alone.rewriting.images);
  EXPECT_LT(together.duration_ns, each.duration_ns);
  EXPECT_EQ(together.rewriting.between_rounds_bytes, 4 * alone.rewriting.between_rounds_bytes);
  EXPECT_EQ(together.rewriting.between_rounds_bytes, each.rewriting.between_rounds_bytes);
}

TEST_F(RoundsTest, UnusedHardwareCannotIdleWhereLayersShareTiles) {
  const quant::Network network = quant::lenet5();
  hw::ChipConfig config;
  config.tiles = 2;
  config.unused = hw::Unused::kIdle;
  sim::on_own_kernel([&] {
    sim::Simulator simulator(network, config);
    try {
      simulator.cost(quant::Policy::uniform(network, 8, 8));
      ADD_FAILURE() << "not refused";
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find("chip.unused = idle"), std::string::npos);
    }
    return 0;
  });
}

}  // namespace
}  // namespace kirchhoff
