#include "sim/simulator.h"

#include <cstddef>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "hw/pe/conversion.h"
#include "quant/network/networks.h"
#include "sim/own_kernel.h"
#include "tests/sim/random_networks.h"
#include "tests/sim/small_chip.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff {
namespace {

class SimulatorTest : public SystemCTest {};

// Data-dependent energy needs a chip that reads every cell, and integers in it.
TEST_F(SimulatorTest, DataDependentEnergyFollowsTheImage) {
  const quant::Network network = quant::lenet5();
  hw::ChipConfig config;
  config.tile.pe.crossbar.energy = hw::CrossbarEnergy::kData;
  EXPECT_THROW(sim::Simulator(network, config, {hw::Fidelity::kMvm, nullptr}), InputError);
  const auto integers =
      quant::random_integer_network(network, quant::Policy::uniform(network, 4, 4), 1);
  sim::Simulator simulator(network, config, {hw::Fidelity::kBit, nullptr});
  simulator.load(integers);
  const auto crossbar_pj = [&](const std::vector<std::uint8_t>& image) {
    return simulator.run_image(image).report.layers[quant::LayerId{0}].components_pj().at(
        "crossbar");
  };
  const auto pixels = static_cast<std::size_t>(network.image.size());
  EXPECT_EQ(crossbar_pj(std::vector<std::uint8_t>(pixels, 0)), 0.0);
  const double noise = crossbar_pj(quant::random_image(network.image, 1));
  EXPECT_GT(noise, 0.0);
  EXPECT_LT(noise, crossbar_pj(std::vector<std::uint8_t>(pixels, 255)));
}

// A policy is a program: what ran in between leaves no trace.
TEST_F(SimulatorTest, RunningAThenBThenARepeatsA) {
  RandomNetworks random(5);
  const quant::Network network = random.network(32);
  const auto a = quant::random_integer_network(network, random.policy(network), 1);
  const auto b = quant::random_integer_network(network, random.policy(network), 2);
  const auto image = quant::random_image(network.image, 3);
  for (const auto fidelity : {hw::Fidelity::kBit, hw::Fidelity::kMvm}) {
    for (const auto schedule : {hw::Schedule::kSequential, hw::Schedule::kPipelined}) {
      hw::ChipConfig config = small_chip(32, 2, 9);
      config.schedule = schedule;
      sim::Simulator simulator(network, config, {fidelity, nullptr});
      simulator.load(a);
      const auto first = simulator.run_image(image);
      const auto again = simulator.run_image(image);
      simulator.load(b);
      const auto other = simulator.run_image(image);
      simulator.load(a);
      const auto last = simulator.run_image(image);
      EXPECT_TRUE(other.bit_exactness.exact());
      expect_same_costs(first.report, again.report);
      expect_same_costs(first.report, last.report);
      EXPECT_EQ(first.logits, last.logits);
      // Timing-only runs see sizes, and sizes alone make time and energy.
      const auto timing = simulator.cost(a.policy);
      EXPECT_EQ(timing.latency_ns, first.report.latency_ns);
      sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
    }
  }
}

TEST_F(SimulatorTest, PipelinedIsNotSlowerThanSequential) {
  const auto network = quant::lenet5();
  hw::ChipConfig config;
  sim::Simulator sequential(network, config);
  const double slow = sequential.cost(quant::Policy::uniform(network, 8, 8)).latency_ns;
  sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
  config.schedule = hw::Schedule::kPipelined;
  sim::Simulator pipelined(network, config);
  EXPECT_LT(pipelined.cost(quant::Policy::uniform(network, 8, 8)).latency_ns, slow);
}

TEST_F(SimulatorTest, TheGoldenInferenceNeedsAnAdcOnlyWhereItMayChangeAValue) {
  const quant::Network network = quant::lenet5();
  hw::ChipConfig config;
  EXPECT_TRUE(sim::Simulator::adc_model(config, network)) << "128 rows and codes up to 127";
  config.tile.pe.crossbar.rows = 64;
  EXPECT_FALSE(sim::Simulator::adc_model(config, network));
  config.tile.pe.adc.lsb = 2;
  config.tile.pe.encoding = hw::Encoding::kOffset;
  config.tile.pe.crossbar.cell_bits = 4;
  const auto adc = sim::Simulator::adc_model(config, network);
  ASSERT_TRUE(adc);
  EXPECT_EQ(adc->lsb, 2);
  EXPECT_EQ(adc->block_rows, 64);
  EXPECT_EQ(adc->cell_bits, 4);
  EXPECT_TRUE(adc->offset);
  EXPECT_TRUE(adc->unit_column);
}

// The model of the golden inference and the chip's converter are two sources of one fact.
TEST_F(SimulatorTest, TheModelConvertsAsTheChipDoes) {
  for (const auto encoding : {hw::Encoding::kDifferential, hw::Encoding::kOffset}) {
    for (const int bits : {1, 3, 8}) {
      for (const int lsb : {1, 2, 3, 8}) {
        hw::ChipConfig config;
        config.tile.pe.encoding = encoding;
        config.tile.pe.adc.bits = bits;
        config.tile.pe.adc.lsb = lsb;
        const quant::AdcModel model = sim::Simulator::adc_model(config);
        const hw::Converter converter(config.tile.pe.adc, encoding);
        for (int value = encoding == hw::Encoding::kOffset ? 0 : -300; value <= 300; ++value) {
          std::uint64_t clipped = 0;
          ASSERT_EQ(model.convert(value), converter.convert(value, clipped)) << value;
          ASSERT_EQ(model.clips(value), clipped == 1) << value;
        }
      }
    }
  }
}

TEST_F(SimulatorTest, RatiosAreThoseOfOneImageWeighedByTheConfiguration) {
  sim::CostReport report, reference;
  report.images = 4;
  report.latency_ns = 50;
  reference.latency_ns = 200;
  sim::LayerReport layer;
  layer.energy = {{"adc", "conversions", 10, 8.0, "", 0}};
  layer.instances = {{"adc", 1, 3, 0, "", ""}};
  report.layers.push_back(layer);
  layer.energy[0].each_pj = 1;
  layer.instances[0].each_mw = 6;
  reference.layers.push_back(layer);
  hw::CostConfig weights;
  weights.alpha = 0.5;
  weights.beta = 0.25;
  weights.gamma = 0.25;
  const sim::Ratios ratios = sim::ratios(report, reference, weights);
  EXPECT_DOUBLE_EQ(ratios.latency, 0.25);
  EXPECT_DOUBLE_EQ(ratios.energy, 80.0 / 4 / 10);
  EXPECT_DOUBLE_EQ(ratios.power, 0.5);
  EXPECT_DOUBLE_EQ(ratios.cost, 0.125 + 0.5 + 0.125);
}

}  // namespace
}  // namespace kirchhoff
