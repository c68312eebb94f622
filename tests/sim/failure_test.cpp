#include <gtest/gtest.h>

#include "base/error.h"
#include "quant/network/networks.h"
#include "sim/simulator.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff {
namespace {

class FailureTest : public SystemCTest {};

/// A chip with a program loaded and every tile started but those in `forgotten`.
bool run_without(hw::Chip& chip, const quant::Network& network, std::size_t forgotten) {
  const auto policy = quant::Policy::uniform(network, 4, 4);
  const auto mapping = mapping::map_network(network, policy, chip.config());
  const auto program = mapping::assemble(network, policy, mapping, chip.config());
  chip.reset();
  for (const auto& write : program.writes) {
    EXPECT_TRUE(chip.host().write(write.address, write.bytes.data(),
                                  static_cast<unsigned>(write.bytes.size())));
  }
  for (std::size_t i = 0; i < program.tiles.size(); ++i) {
    const std::uint32_t start = hw::reg::kStart;
    if (i != forgotten) {
      EXPECT_TRUE(
          chip.host().write(hw::reg::base_of(program.tiles[i]) + hw::reg::kControl, &start, 4));
    }
  }
  hw::HostJob job;
  job.maps = {{network.image.channels, network.image.height, network.image.width, 8, {}}};
  for (const auto& s : program.streams) {
    job.routes.push_back({s.tile, s.stream, s.channel_begin, s.channels, s.rows, s.columns.begin,
                          s.columns.count, s.travel, 0, s.first_there});
  }
  job.result_channels = program.result_channels;
  job.result_pixels = program.result_pixels;
  job.expected = program.expected;
  chip.host().begin(job);
  sc_core::sc_start();
  return chip.host().done();
}

TEST_F(FailureTest, AnUnfinishedRunIsNoticedAndSaysWhoWaits) {
  const auto network = quant::lenet5();
  hw::ChipConfig config = mapping::resolve_mesh(network, {});
  hw::Chip chip("chip", config, {});
  elaborate();
  EXPECT_TRUE(run_without(chip, network, 99));
  EXPECT_TRUE(chip.waiting().empty());
  // C3 was forgotten: its pixels fill the network up to C1, and C5 waits for its own.
  EXPECT_FALSE(run_without(chip, network, 1));
  const auto waiting = chip.waiting();
  const auto mentions = [&](const char* text) {
    return std::any_of(waiting.begin(), waiting.end(),
                       [&](const std::string& l) { return l.find(text) != std::string::npos; });
  };
  EXPECT_TRUE(mentions("0 of 1 windows completed"));
  EXPECT_TRUE(mentions("from node 0 to node 1"));
  EXPECT_TRUE(mentions("waits for the tile"));
}

TEST_F(FailureTest, WritesToARunningTileAndOutsideTheMapAreRefused) {
  const auto network = quant::lenet5();
  hw::Chip chip("chip", mapping::resolve_mesh(network, {}), {});
  elaborate();
  EXPECT_FALSE(run_without(chip, network, 0));
  const hw::reg::Address c3 = hw::reg::kTileStride;
  std::uint32_t value = 0;
  EXPECT_TRUE(chip.host().read(c3 + hw::reg::kStatus, &value, 4));
  EXPECT_EQ(value, static_cast<std::uint32_t>(hw::reg::Status::kRunning));
  EXPECT_TRUE(chip.host().read(hw::reg::kStatus, &value, 4));
  EXPECT_EQ(value, static_cast<std::uint32_t>(hw::reg::Status::kIdle));
  value = 5;
  EXPECT_FALSE(chip.host().write(c3 + hw::reg::at(&hw::LayerRegisters::weight_bits), &value, 4));
  EXPECT_TRUE(chip.host().write(hw::reg::at(&hw::LayerRegisters::weight_bits), &value, 4));
  value = 77;
  EXPECT_FALSE(chip.host().write(hw::reg::at(&hw::LayerRegisters::weight_bits), &value, 4));
  EXPECT_FALSE(chip.host().write(hw::reg::kTileStride * 100, &value, 4));
  EXPECT_FALSE(chip.host().write(0x50000, &value, 4));
  EXPECT_FALSE(chip.host().write(hw::reg::kCounterBase, &value, 4));
}

TEST_F(FailureTest, CountersAreReadOverTlmAndStartAndClearResetThem) {
  const auto network = quant::lenet5();
  hw::Chip chip("chip", mapping::resolve_mesh(network, {}), {});
  elaborate();
  ASSERT_TRUE(run_without(chip, network, 99));
  const auto expected = chip.tile(hw::TileId{0}).counter_values();
  std::vector<std::uint64_t> values(expected.size());
  const auto bytes = static_cast<unsigned>(8 * values.size());
  EXPECT_TRUE(chip.host().read(hw::reg::kCounterBase, values.data(), bytes));
  EXPECT_EQ(values, expected);
  EXPECT_EQ(values[0], 784u);  // products of C1
  EXPECT_FALSE(chip.host().read(hw::reg::kCounterBase + 8, values.data(), bytes));
  EXPECT_FALSE(chip.host().read(hw::reg::kCounterBase + 4, values.data(), 8));
  const std::uint32_t start = hw::reg::kStart, clear = hw::reg::kClear;
  EXPECT_TRUE(chip.host().write(hw::reg::kControl, &start, 4));
  EXPECT_TRUE(chip.host().read(hw::reg::kCounterBase, values.data(), bytes));
  EXPECT_EQ(values, std::vector<std::uint64_t>(values.size(), 0));
  ASSERT_TRUE(run_without(chip, network, 99));
  EXPECT_TRUE(chip.host().write(hw::reg::kControl, &clear, 4));
  EXPECT_TRUE(chip.host().read(hw::reg::kCounterBase, values.data(), bytes));
  EXPECT_EQ(values, std::vector<std::uint64_t>(values.size(), 0));
}

TEST_F(FailureTest, StartRefusesDescriptorsThatDoNotFitTheTile) {
  const auto network = quant::lenet5();
  const auto config = mapping::resolve_mesh(network, {});
  hw::Chip chip("chip", config, {});
  elaborate();
  EXPECT_FALSE(run_without(chip, network, 0));
  const std::uint32_t start = hw::reg::kStart, clear = hw::reg::kClear;
  const auto start_after = [&](auto field, std::uint32_t wrong) {
    const hw::reg::Address address = hw::reg::at(field);
    std::uint32_t old = 0;
    EXPECT_TRUE(chip.host().read(address, &old, 4));
    EXPECT_TRUE(chip.host().write(address, &wrong, 4));
    const bool started = chip.host().write(hw::reg::kControl, &start, 4);
    if (!started) {
      EXPECT_TRUE(chip.host().write(address, &old, 4));
    }
    return started;
  };
  EXPECT_FALSE(start_after(&hw::LayerRegisters::slices, 9));
  EXPECT_FALSE(
      start_after(&hw::LayerRegisters::kernel_height, 6));  // the last window would leave the map
  EXPECT_FALSE(
      start_after(&hw::LayerRegisters::channel_begin, 1));  // the blocks' rows need channel 0
  EXPECT_FALSE(start_after(&hw::GroupRegisters::channels, 5));
  EXPECT_FALSE(start_after(&hw::GroupRegisters::aggregator, 6));
  EXPECT_FALSE(start_after(&hw::HopRegisters::channels, 7));
  EXPECT_FALSE(start_after(&hw::BlockRegisters::rows, 129));
  EXPECT_FALSE(start_after(&hw::BlockRegisters::rows, 0));
  EXPECT_FALSE(start_after(&hw::BlockRegisters::columns, 129));
  EXPECT_FALSE(start_after(&hw::BlockRegisters::group, 1));
  EXPECT_FALSE(start_after(&hw::BlockRegisters::first_pair, 5));
  EXPECT_FALSE(
      start_after(&hw::LayerRegisters::buffer_rows, 31));  // layers in sequence hold the whole map
  EXPECT_FALSE(start_after(&hw::ProducerRegister::node, 7));
  EXPECT_FALSE(start_after(&hw::HopRegisters::group, 1));
  EXPECT_FALSE(start_after(&hw::HopRegisters::node, 7));
  EXPECT_TRUE(chip.host().write(hw::reg::kControl, &clear, 4));
  EXPECT_FALSE(chip.host().write(hw::reg::kControl, &start, 4));  // nothing is programmed
}

// C3 at four bits: two blocks on the PE, on pairs 0 to 3 and 4 to 7.
TEST_F(FailureTest, StartRefusesBlocksThatShareAPairOrOverflowTheRegistersOfTheirPe) {
  const auto network = quant::lenet5();
  hw::ChipConfig config;
  config.mapping.pack = hw::Pack::kOn;
  config.tile.pe.input_register_bytes = 256;  // two windows of 128 + 22 inputs of six bits: 225
  hw::Chip chip("chip", mapping::resolve_mesh(network, config), {});
  elaborate();
  EXPECT_FALSE(run_without(chip, network, 1));
  const hw::reg::Address c3 = hw::reg::kTileStride;
  const auto starts_with = [&](auto field, int bank, std::uint32_t value) {
    const hw::reg::Address address = hw::reg::at(field, bank);
    const std::uint32_t start = hw::reg::kStart;
    EXPECT_TRUE(chip.host().write(c3 + address, &value, 4));
    return chip.host().write(c3 + hw::reg::kControl, &start, 4);
  };
  EXPECT_FALSE(starts_with(&hw::BlockRegisters::first_pair, 1, 3));
  EXPECT_FALSE(starts_with(&hw::LayerRegisters::activation_bits, 0, 7));
  const std::uint32_t four = 4;
  EXPECT_TRUE(chip.host().write(c3 + hw::reg::at(&hw::BlockRegisters::first_pair, 1), &four, 4));
  EXPECT_FALSE(starts_with(&hw::LayerRegisters::activation_bits, 0, 7));
  EXPECT_TRUE(starts_with(&hw::LayerRegisters::activation_bits, 0, 6));
}

}  // namespace
}  // namespace kirchhoff
