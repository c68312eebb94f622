// Real cells: chip at both fidelities, golden inference and accuracy engine give the same integers.

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "base/processor.h"
#include "quant/accuracy/accuracy_engine.h"
#include "quant/network/lower.h"
#include "sim/simulator.h"
#include "tests/sim/chip_test.h"
#include "tests/sim/random_networks.h"
#include "tests/sim/small_chip.h"
#include "tests/support/random_graphs.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff {
namespace {

using hw::CellDrift;
using hw::CellsConfig;
using hw::CellSpread;

/// Any effect and several at once; at least one of them.
CellsConfig random_cells(RandomNetworks& random) {
  CellsConfig cells;
  cells.seed = random.between(0, 1 << 20);
  cells.programming = random.pick({0, 0, 7});
  cells.spread = static_cast<CellSpread>(random.between(0, 9));
  cells.sigma = 0.01 * random.between(1, 40);
  cells.on_off_ratio = random.pick({0, 0, 2, 10, 100});
  cells.spread_law = static_cast<hw::SpreadLaw>(random.between(0, cells.on_off_ratio > 0 ? 2 : 1));
  cells.stuck_low = 0.01 * random.pick({0, 1, 10});
  cells.stuck_high = 0.01 * random.pick({0, 1, 10});
  cells.stuck_cluster = static_cast<hw::StuckCluster>(random.between(0, 3));
  cells.drift = static_cast<CellDrift>(random.between(0, 2));
  cells.age_s = random.pick({1, 100, 1000000});
  cells.drift_exponent = 0.01 * random.between(-20, 20);
  if (cells.ideal()) cells.stuck_low = 0.05;
  return cells;
}

/// The same of converters; at least one of what their kind can have.
hw::ConverterErrors random_errors(RandomNetworks& random, hw::AdcKind kind) {
  hw::ConverterErrors errors;
  const bool spikes = kind == hw::AdcKind::kIntegrateFire;
  errors.gain_sigma = 0.01 * random.pick({0, 1, 10});
  if (!spikes) {
    errors.offset_sigma = 0.1 * random.pick({0, 3, 30});
    errors.inl_lsb = 0.1 * random.pick({0, 5, 50});
    errors.inl_curve = static_cast<hw::InlCurve>(random.between(0, 1));
    errors.dnl_lsb = 0.01 * random.pick({0, 5, 50});
  }
  if (errors.ideal()) errors.gain_sigma = 0.05;
  return errors;
}

void random_converter(RandomNetworks& random, hw::ChipConfig& config) {
  hw::PeConfig& pe = config.tile.pe;
  pe.pairs = 16;
  pe.crossbar.rows = random.between(32, 100);
  pe.crossbar.cols = random.between(32, 100);
  pe.crossbar.cell_bits = random.pick({1, 1, 2, 4});
  pe.encoding = random.pick({0, 1}) == 1 ? hw::Encoding::kOffset : hw::Encoding::kDifferential;
  pe.input_sum = random.pick({0, 1}) == 1 ? hw::InputSum::kDigital : hw::InputSum::kUnitColumn;
  if (random.pick({0, 1}) == 1) config.mapping.slices = hw::SliceRule::kMagnitude;
  pe.crossbar.rows_per_read = random.pick({0, 0, 8, 21});
  // One array has no way to read digits with a sign.
  if (pe.encoding == hw::Encoding::kDifferential) pe.dac.bits = random.pick({1, 1, 2, 3});
  pe.dac.levels = static_cast<hw::DacLevels>(random.between(0, 1));
  if (random.between(0, 4) == 0) {
    pe.dac.levels = hw::DacLevels::kDigital;
    pe.crossbar.rows_per_read = 1;
  }
  pe.adc.kind = static_cast<hw::AdcKind>(random.between(0, 4));
  pe.adc.per_pair = random.pick({1, 1, 3, 32});
  pe.adc.bits = random.pick({10, 8, 7, 5});
  pe.adc.lsb = random.pick({1, 1, 4, 3});
  // Cells alone, converters alone, both.
  const int real = random.between(0, 2);
  if (real != 1) pe.cells = random_cells(random);
  if (real != 0) pe.adc.errors = random_errors(random, pe.adc.kind);
  // Without noise, with that of cells, of converters, of both.
  const int noise = random.pick({0, 0, 1, 2, 3});
  if (noise % 2 == 1) {
    pe.cells.read_noise = 0.01 * random.pick({1, 5, 100});
    pe.cells.noise_law = static_cast<hw::NoiseLaw>(random.between(0, 1));
  }
  if (noise / 2 == 1) pe.adc.errors.noise_lsb = 0.1 * random.pick({1, 3, 30});
  pe.cells.reading = random.pick({0, 0, 3});
  if (real != 1) pe.cells.wire_ohm = random.pick({0, 0, 1, 10});
}

quant::Dataset dataset_of(const quant::Shape& shape, std::size_t images, std::uint64_t seed) {
  quant::Dataset data;
  data.name = "random";
  data.shape = shape;
  for (std::size_t i = 0; i < images; ++i) {
    const std::vector<std::uint8_t> image = quant::random_image(shape, seed + i);
    data.pixels.insert(data.pixels.end(), image.begin(), image.end());
    data.labels.push_back(0);
  }
  return data;
}

class RealCellsTest : public ChipTest {};

TEST_F(RealCellsTest, RandomEffectsOnRandomNetworksEqualGoldenInBothFidelities) {
  int different = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    RandomNetworks random(seed + 700);
    const quant::Network network = random.network(32);
    hw::ChipConfig config = small_chip(32, random.pick({2, 3, 16}), 9);
    random_converter(random, config);
    if (seed % 4 == 0) config.tile.pe.sample_hold.present = false;
    if (seed % 3 == 0) config.mapping.pack = hw::Pack::kOn;
    const quant::Policy policy = random.policy(network);
    compare_fidelities(network, policy, config, seed);
    const auto integers = quant::random_integer_network(network, policy, seed);
    const auto real = run(integers, config, hw::Fidelity::kMvm, seed).logits;
    config.tile.pe.cells = CellsConfig();
    config.tile.pe.adc.errors = {};
    different += real != run(integers, config, hw::Fidelity::kMvm, seed).logits ? 1 : 0;
  }
  // A converter may hide what a few cells do, in near-memory mode what all of them do.
  EXPECT_GE(different, 7);
}

// A spread of a twentieth of the window: a converter that sees one cell at a time takes it for its
// level, one that sees a column does not.
TEST_F(RealCellsTest, NearMemoryModeHidesWhatMissesItsLevelByLittle) {
  RandomNetworks random(900);
  const quant::Network network = random.network(32);
  const auto integers = quant::random_integer_network(network, random.policy(network), 900);
  hw::ChipConfig config = small_chip(32, 3, 9);
  const auto logits = [&] { return run(integers, config, hw::Fidelity::kMvm, 900).logits; };
  const auto ideal = logits();
  config.tile.pe.cells.spread = CellSpread::kNormal;
  config.tile.pe.cells.sigma = 0.05;
  EXPECT_NE(logits(), ideal);
  config.tile.pe.dac.bits = 4;
  config.tile.pe.dac.levels = hw::DacLevels::kDigital;
  config.tile.pe.crossbar.rows_per_read = 1;
  config.tile.pe.adc.bits = 2;
  EXPECT_EQ(logits(), ideal);
}

// By the chip's own cells, with as many threads as one likes.
TEST_F(RealCellsTest, TheAccuracyEngineEqualsGolden) {
  for (std::uint64_t seed = 1; seed <= 16; ++seed) {
    RandomNetworks random(seed + 1000);
    const quant::Network network = random.network(32);
    hw::ChipConfig config = small_chip(32, 3, 8);
    random_converter(random, config);
    const auto adc = sim::Simulator::adc_model(config, network);
    ASSERT_NE(adc, nullptr);
    const auto integers = quant::random_integer_network(network, random.policy(network), seed);
    const std::size_t images = 3;
    const quant::Dataset data = dataset_of(network.image, images, seed);
    for (const int threads : {1, 3}) {
      const quant::BatchLogits found =
          quant::batch_inference(integers, data, images, threads, adc.get());
      for (std::size_t i = 0; i < images; ++i) {
        EXPECT_EQ(found.logits[i],
                  quant::golden_inference(integers, data.image(i), adc.get()).logits)
            << seed;
      }
    }
  }
}

// Groups, depthwise layers on and off the crossbars, residual sums, inputs with a sign.
TEST_F(RealCellsTest, RandomGraphsEqualGolden) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    RandomGraphs graphs(seed);
    const quant::Network network = quant::lower(graphs.graph()).network;
    RandomNetworks random(seed + 800);
    hw::ChipConfig config = small_chip(32, 4, 8);
    random_converter(random, config);
    config.mapping.depthwise = static_cast<hw::Depthwise>(random.between(0, 2));
    SCOPED_TRACE(fmt::format("seed {}", seed));
    compare_fidelities(network, graphs.policy(network), config, seed);
  }
}

// Cells that are called real and are ideal: nothing moves.
TEST_F(RealCellsTest, CellsWithoutAnyDeviationGiveTheIdealIntegers) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    RandomNetworks random(seed + 900);
    const quant::Network network = random.network(32);
    hw::ChipConfig config = small_chip(32, 3, 6);
    random_converter(random, config);
    config.tile.pe.cells = CellsConfig();
    config.tile.pe.adc.errors = {};
    const quant::Policy policy = random.policy(network);
    const auto integers = quant::random_integer_network(network, policy, seed);
    const Outcome ideal = run(integers, config, hw::Fidelity::kBit, seed);
    const auto expect_ideal = [&] {
      ASSERT_TRUE(config.tile.pe.real());
      for (const auto fidelity : {hw::Fidelity::kBit, hw::Fidelity::kMvm}) {
        const Outcome real = run(integers, config, fidelity, seed);
        EXPECT_EQ(real.logits, ideal.logits) << seed;
        expect_same_costs(real.report, ideal.report);
      }
    };
    CellsConfig& cells = config.tile.pe.cells;
    cells.spread = CellSpread::kNormal;
    cells.sigma = 1e-9;  // below a 256th of a level, whatever is drawn
    expect_ideal();
    // Nor does a threshold between two levels move to either. Thirds of a level and spikes have
    // thresholds on levels.
    if (config.tile.pe.adc.kind == hw::AdcKind::kIntegrateFire) continue;
    cells = CellsConfig();
    config.tile.pe.adc.errors.offset_sigma = 1e-9;
    if (config.tile.pe.adc.lsb % 2 == 1) expect_ideal();
  }
}

// What a difference of the off currents leaves of them: nothing.
TEST_F(RealCellsTest, OffCurrentsOfAPairCancel) {
  RandomNetworks random(5);
  const quant::Network network = random.network(32);
  const auto integers = quant::random_integer_network(network, random.policy(network), 5);
  hw::ChipConfig config = small_chip(32, 3, 7);
  const auto ideal = run(integers, config, hw::Fidelity::kMvm, 5).logits;
  config.tile.pe.cells.on_off_ratio = 3;
  EXPECT_EQ(run(integers, config, hw::Fidelity::kMvm, 5).logits, ideal);
  config.tile.pe.encoding = hw::Encoding::kOffset;
  config.tile.pe.adc.bits = 10;
  EXPECT_NE(run(integers, config, hw::Fidelity::kMvm, 5).logits, ideal);
}

TEST_F(RealCellsTest, EnergyOfDataCountsTheLevelsThatWereProgrammed) {
  RandomNetworks random(6);
  const quant::Network network = random.network(32);
  const auto integers = quant::random_integer_network(network, random.policy(network, 4), 6);
  hw::ChipConfig config = small_chip(32, 3, 12);  // its inputs are the first layer's
  config.tile.pe.crossbar.energy = hw::CrossbarEnergy::kData;
  const Outcome ideal = run(integers, config, hw::Fidelity::kBit, 6);
  config.tile.pe.cells.spread = CellSpread::kNeurram;
  const Outcome real = run(integers, config, hw::Fidelity::kBit, 6);
  const quant::LayerId first{0};
  for (const char* counter : {"lrs_reads", "hrs_reads"})
    EXPECT_EQ(real.report.layers[first].counters.at(counter),
              ideal.report.layers[first].counters.at(counter));
}

TEST_F(RealCellsTest, AnotherSeedIsAnotherChipAndTheSameSeedTheSame) {
  RandomNetworks random(7);
  const quant::Network network = random.network(32);
  const auto integers = quant::random_integer_network(network, random.policy(network), 7);
  hw::ChipConfig config = small_chip(32, 3, 8);
  config.tile.pe.cells.spread = CellSpread::kNormal;
  config.tile.pe.cells.sigma = 0.3;
  const auto first = run(integers, config, hw::Fidelity::kMvm, 7).logits;
  EXPECT_EQ(run(integers, config, hw::Fidelity::kMvm, 7).logits, first);
  config.tile.pe.cells.seed = 2;
  EXPECT_NE(run(integers, config, hw::Fidelity::kMvm, 7).logits, first);
  config.tile.pe.cells.seed = 1;
  config.tile.pe.cells.programming = 1;
  EXPECT_NE(run(integers, config, hw::Fidelity::kMvm, 7).logits, first);
}

// Noise alone: every image, window, reading and chip has its own, and the same again.
TEST_F(RealCellsTest, NoiseIsDrawnByImageReadingAndSeed) {
  RandomNetworks random(9);
  const quant::Network network = random.network(32);
  const auto integers = quant::random_integer_network(network, random.policy(network), 9);
  hw::ChipConfig config = small_chip(32, 3, 8);
  const auto logits = [&] { return run(integers, config, hw::Fidelity::kMvm, 9).logits; };
  const auto ideal = logits();
  for (const bool of_cells : {true, false}) {
    SCOPED_TRACE(of_cells);
    config.tile.pe.cells = {};
    config.tile.pe.cells.read_noise = of_cells ? 1.0 : 0;
    config.tile.pe.adc.errors.noise_lsb = of_cells ? 0 : 0.5;
    const auto first = logits();
    EXPECT_NE(first, ideal);
    EXPECT_EQ(logits(), first);
    config.tile.pe.cells.reading = 1;
    EXPECT_NE(logits(), first);
    config.tile.pe.cells.reading = 0;
    config.tile.pe.cells.programming = 1;
    EXPECT_EQ(logits(), first);
    config.tile.pe.cells.seed = 2;
    EXPECT_NE(logits(), first);
  }
}

// In a stream, alone, in another order: an image meets its own noise.
TEST_F(RealCellsTest, AnImageHasItsNoiseWhereverItLies) {
  RandomNetworks random(10);
  const quant::Network network = random.network(32);
  const auto integers = quant::random_integer_network(network, random.policy(network), 10);
  hw::ChipConfig config = small_chip(32, 3, 8);
  config.tile.pe.cells.read_noise = 0.3;
  config.tile.pe.adc.errors.noise_lsb = 0.5;
  const auto a = quant::random_image(network.image, 1), b = quant::random_image(network.image, 2);
  const auto adc = sim::Simulator::adc_model(config, network);
  const auto of_a = quant::golden_inference(integers, a, adc.get()).logits,
             of_b = quant::golden_inference(integers, b, adc.get()).logits;
  for (const auto& images : {std::vector{a, b}, std::vector{b, a, b}}) {
    quant::Dataset data;
    data.shape = network.image;
    for (const auto& image : images) {
      data.pixels.insert(data.pixels.end(), image.begin(), image.end());
      data.labels.push_back(0);
    }
    const auto found = quant::batch_inference(integers, data, images.size(), 1, adc.get());
    for (std::size_t i = 0; i < images.size(); ++i)
      EXPECT_EQ(found.logits[i], images[i] == a ? of_a : of_b);
  }
  for (const auto fidelity : {hw::Fidelity::kBit, hw::Fidelity::kMvm}) {
    auto* outer = sc_core::sc_curr_simcontext;
    sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
    {
      sim::Simulator simulator(network, config, {fidelity, nullptr});
      simulator.load(integers);
      const auto results = simulator.run_stream({a, b, a});
      EXPECT_EQ(results[0].logits, of_a);
      EXPECT_EQ(results[1].logits, of_b);
      EXPECT_EQ(results[2].logits, of_a);
      EXPECT_EQ(simulator.run_image(b).logits, of_b);
    }
    delete sc_core::sc_curr_simcontext;
    sc_core::sc_curr_simcontext = outer;
  }
}

// The same levels and cells, another converter; as many as share a pair's columns.
TEST_F(RealCellsTest, ConvertersAreDrawnByTheSeedAndShareColumns) {
  RandomNetworks random(8);
  const quant::Network network = random.network(32);
  const auto integers = quant::random_integer_network(network, random.policy(network), 8);
  hw::ChipConfig config = small_chip(32, 3, 8);
  const auto logits = [&] { return run(integers, config, hw::Fidelity::kMvm, 8).logits; };
  const auto ideal = logits();
  config.tile.pe.adc.errors.offset_sigma = 1;
  const auto first = logits();
  EXPECT_NE(first, ideal);
  EXPECT_EQ(logits(), first);
  config.tile.pe.adc.per_pair = 2;
  EXPECT_NE(logits(), first);
  config.tile.pe.adc.per_pair = 1;
  config.tile.pe.cells.programming = 1;
  EXPECT_EQ(logits(), first);
  config.tile.pe.cells.seed = 2;
  EXPECT_NE(logits(), first);
}

}  // namespace
}  // namespace kirchhoff
