#include "sim/conversion_check.h"

#include <algorithm>
#include <string>
#include <vector>

#include "sim/own_kernel.h"
#include "sim/simulator.h"
#include "tests/quant/chains.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff::sim {
namespace {

using quant::LayerId;

constexpr LayerId kFirst{0};

/// A fault is put into a chip that runs a small network: 36 rows on arrays of 32, so that the first
/// layer has two row blocks.
class ConversionCheckTest : public SystemCTest {
 protected:
  static hw::ChipConfig chip() {
    hw::ChipConfig config;
    config.tile.pe.crossbar.rows = config.tile.pe.crossbar.cols = 32;
    config.tile.pe.adc.bits = 9;
    config.tile.pes = 1;
    return config;
  }

  /// A part of the first layer as it lies on the chip.
  struct Place {
    const mapping::Block& block;
    hw::TileId tile;

    hw::reg::Address array(int slice) const {
      return hw::reg::base_of(tile) + hw::reg::cells_of(block.pe, 2 * (block.first_pair + slice));
    }
  };
  Place place(const mapping::Mapping& mapping, int row_block) const {
    for (const mapping::Block& block : mapping.layers[kFirst].blocks)
      if (block.row_block == row_block) return {block, mapping.position[block.tile]};
    throw std::logic_error("no such block");
  }

  /// Toggles one bit of a row of cells, or of the flip flags.
  static void toggle(Simulator& simulator, hw::reg::Address row, int bytes, int bit) {
    std::vector<std::uint8_t> cells(static_cast<std::size_t>(bytes));
    ASSERT_TRUE(simulator.host().read(row, cells.data(), static_cast<unsigned>(bytes)));
    cells[static_cast<std::size_t>(bit / 8)] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    ASSERT_TRUE(simulator.host().write(row, cells.data(), static_cast<unsigned>(bytes)));
  }

  /// The input of row `row` at window (y, x) of the first layer.
  int input(const std::vector<std::uint8_t>& image, int row, int y, int x) const {
    const auto pixels = quant::quantise_image(image, bits());
    const quant::Shape& map = network_.image;
    return pixels[static_cast<std::size_t>((row / 9 * map.height + y + row % 9 / 3) * map.width +
                                           x + row % 3)];
  }
  int bits() const { return integers_.policy.layers[kFirst].activation; }

  /// The first window of channel 0, row by row, that drives `row`, and the first bit that does.
  void expect_first_drive(const Difference& difference, const std::vector<std::uint8_t>& image,
                          int row) const {
    const quant::Shape map = network_.layers[kFirst].convolved();
    for (int y = 0; y < map.height; ++y) {
      for (int x = 0; x < map.width; ++x) {
        const int value = input(image, row, y, x);
        if (value == 0) continue;
        EXPECT_EQ(difference.y, y);
        EXPECT_EQ(difference.x, x);
        ASSERT_TRUE(difference.conversion);
        EXPECT_EQ(difference.conversion->bit, __builtin_ctz(static_cast<unsigned>(value)));
        return;
      }
    }
    FAIL() << "no window drives the row";
  }

  const quant::Network network_ = quant::chain({4, 6, 6}, {{5, 3, 1, 0, 2}}, 3);
  quant::IntegerNetwork integers_ =
      quant::random_integer_network(network_, quant::Policy::uniform(network_, 4, 3), 11);
  const std::vector<std::uint8_t> image_ = quant::random_image(network_.image, 12);
};

TEST_F(ConversionCheckTest, AWrongCellIsNamedByTheConversionThatItChanges) {
  constexpr int kRow = 33, kColumn = 3, kSlice = 1;
  for (const auto fidelity : {hw::Fidelity::kBit, hw::Fidelity::kMvm}) {
    for (const bool held : {true, false}) {
      sim::on_own_kernel([&] {
        hw::ChipConfig config = chip();
        // Without sample-and-holds the columns of a bit step come in rounds.
        config.tile.pe.sample_hold.present = held;
        Simulator simulator(network_, config, {fidelity, nullptr});
        simulator.load(integers_);
        const auto mapping = mapping::map_network(network_, integers_.policy, config);
        const Place at = place(mapping, 1);
        toggle(simulator, at.array(kSlice) + 4 * (kRow - 32), 4, kColumn);
        const FunctionalResult result = simulator.run_image(image_);
        EXPECT_FALSE(result.bit_exactness.exact());
        EXPECT_TRUE(result.bit_exactness.first);
        if (!result.bit_exactness.first) return 0;
        const Difference& difference = *result.bit_exactness.first;
        EXPECT_EQ(difference.layer, kFirst);
        EXPECT_EQ(difference.channel, kColumn);
        expect_first_drive(difference, image_, kRow);
        if (!difference.conversion) return 0;
        const ConversionDifference& conversion = *difference.conversion;
        EXPECT_EQ(conversion.row_block, 1);
        EXPECT_EQ(conversion.tile, at.tile);
        EXPECT_NE(conversion.tile, place(mapping, 0).tile);
        EXPECT_EQ(conversion.pe, at.block.pe);
        EXPECT_EQ(conversion.slice, kSlice);
        EXPECT_EQ(conversion.column, kColumn);
        EXPECT_FALSE(conversion.unit_column);
        EXPECT_TRUE(conversion.chip);
        EXPECT_EQ(std::abs(conversion.chip.value_or(0) - conversion.golden), 1);
        const std::string text = result.bit_exactness.text(network_);
        EXPECT_NE(text.find("; first conversion that differs: row block 1 (tile " +
                            std::to_string(index(at.tile)) + ", PE 0), bit step " +
                            std::to_string(conversion.bit) + ", slice 1, column 3: code " +
                            std::to_string(*conversion.chip) + ", golden " +
                            std::to_string(conversion.golden)),
                  std::string::npos)
            << text;
        // The watch ended with the comparison, and the fault with another load.
        simulator.load(integers_);
        EXPECT_TRUE(simulator.run_image(image_).bit_exactness.exact());
        return 0;
      });
    }
  }
}

// The cells are right, their flag is not: what the ADC delivers is still what the golden inference
// expects, and the digital side makes another sum of it.
TEST_F(ConversionCheckTest, AFaultBehindTheAdcsLeavesTheConversionsAlone) {
  for (const auto fidelity : {hw::Fidelity::kBit, hw::Fidelity::kMvm}) {
    sim::on_own_kernel([&] {
      hw::ChipConfig config = chip();
      config.tile.pe.encoding = hw::Encoding::kOffset;
      Simulator simulator(network_, config, {fidelity, nullptr});
      simulator.load(integers_);
      const auto mapping = mapping::map_network(network_, integers_.policy, config);
      toggle(simulator, place(mapping, 0).array(2) + hw::reg::kFlipOffset, 4, 4);
      const FunctionalResult result = simulator.run_image(image_);
      EXPECT_TRUE(result.bit_exactness.first);
      if (!result.bit_exactness.first) return 0;
      EXPECT_EQ(result.bit_exactness.first->channel, 4);
      EXPECT_TRUE(result.bit_exactness.first->conversions_seen);
      EXPECT_FALSE(result.bit_exactness.first->conversion);
      EXPECT_NE(result.bit_exactness.text(network_).find("; no conversion differs"),
                std::string::npos);
      return 0;
    });
  }
}

// A row that the block does not drive: a column whose cell there is 0 converts the same, the unit
// column does not. Codes are those of the converter, whatever a step is worth.
TEST_F(ConversionCheckTest, AMissingRowIsSeenInTheUnitColumn) {
  constexpr int kRow = 35;
  integers_.layers[kFirst].weights(kRow, 0) = -2;  // stored as 6: its slice 0 is 0
  for (const auto fidelity : {hw::Fidelity::kBit, hw::Fidelity::kMvm}) {
    sim::on_own_kernel([&] {
      hw::ChipConfig config = chip();
      config.tile.pe.encoding = hw::Encoding::kOffset;
      Simulator simulator(network_, config, {fidelity, nullptr});
      simulator.load(integers_);
      const auto mapping = mapping::map_network(network_, integers_.policy, config);
      const Place at = place(mapping, 1);
      const std::uint32_t rows = 3;
      EXPECT_TRUE(simulator.host().write(
          hw::reg::base_of(at.tile) +
              hw::reg::at(&hw::BlockRegisters::rows, hw::reg::block_index(at.block.pe, 0)),
          &rows, 4));
      const FunctionalResult result = simulator.run_image(image_);
      EXPECT_TRUE(result.bit_exactness.first);
      if (!result.bit_exactness.first) return 0;
      expect_first_drive(*result.bit_exactness.first, image_, kRow);
      if (!result.bit_exactness.first->conversion) return 0;
      const ConversionDifference& conversion = *result.bit_exactness.first->conversion;
      EXPECT_TRUE(conversion.unit_column) << conversion.text();
      EXPECT_EQ(conversion.row_block, 1);
      EXPECT_EQ(conversion.slice, 0);
      EXPECT_EQ(conversion.chip.value_or(0) + 1, conversion.golden);
      EXPECT_NE(conversion.text().find("slice 0, unit column: code "), std::string::npos);
      return 0;
    });
  }
}

// A window that one of several copies of the weights computed is looked for where it was computed.
TEST_F(ConversionCheckTest, AWrongCellOfOneCopyIsNamed) {
  constexpr int kRow = 33, kColumn = 3, kSlice = 1;
  for (const int copies : {2, 4}) {
    for (int copy = 0; copy < copies; ++copy) {
      sim::on_own_kernel([&] {
        hw::ChipConfig config = chip();
        config.mapping.replicate.copies = {copies};
        Simulator simulator(network_, config);
        simulator.load(integers_);
        const auto mapping = mapping::map_network(network_, integers_.policy, config);
        const auto& blocks = mapping.layers[kFirst].blocks;
        EXPECT_EQ(mapping.layers[kFirst].grid.copies(), copies);
        const auto found = std::find_if(blocks.begin(), blocks.end(), [&](const mapping::Block& b) {
          return b.copy == copy && b.row_block == 1;
        });
        const Place at{*found, mapping.position[found->tile]};
        toggle(simulator, at.array(kSlice) + 4 * (kRow - 32), 4, kColumn);
        const FunctionalResult result = simulator.run_image(image_);
        EXPECT_TRUE(result.bit_exactness.first);
        if (!result.bit_exactness.first) return 0;
        const Difference& difference = *result.bit_exactness.first;
        EXPECT_EQ(difference.channel, kColumn);
        EXPECT_TRUE(difference.conversion);
        if (!difference.conversion) return 0;
        EXPECT_EQ(difference.conversion->tile, at.tile);
        EXPECT_EQ(difference.conversion->row_block, 1);
        EXPECT_EQ(difference.conversion->slice, kSlice);
        EXPECT_EQ(std::abs(difference.conversion->chip.value_or(0) - difference.conversion->golden),
                  1);
        return 0;
      });
    }
  }
}

// Images that overlap, blocks that share a PE, converters that round: the window that is looked at
// is the one that differs.
TEST_F(ConversionCheckTest, TheSecondImageOfAStreamIsFound) {
  constexpr int kRow = 34, kColumn = 2;
  const std::vector<std::uint8_t> dark(image_.size(), 0);
  for (const auto fidelity : {hw::Fidelity::kBit, hw::Fidelity::kMvm}) {
    sim::on_own_kernel([&] {
      hw::ChipConfig config = chip();
      config.schedule = hw::Schedule::kPipelined;
      config.mapping.pack = hw::Pack::kOn;
      Simulator simulator(network_, config, {fidelity, nullptr});
      simulator.load(integers_);
      EXPECT_TRUE(simulator.run_stream({dark, image_})[1].bit_exactness.exact());
      const auto mapping = mapping::map_network(network_, integers_.policy, config);
      const Place at = place(mapping, 1);
      EXPECT_EQ(at.block.slot, 1);
      toggle(simulator, at.array(0) + 4 * (kRow - 32), 4, kColumn);
      const auto results = simulator.run_stream({dark, image_});
      EXPECT_TRUE(results[0].bit_exactness.exact());
      EXPECT_TRUE(results[1].bit_exactness.first);
      if (!results[1].bit_exactness.first) return 0;
      const Difference& difference = *results[1].bit_exactness.first;
      EXPECT_EQ(difference.channel, kColumn);
      expect_first_drive(difference, image_, kRow);
      if (!difference.conversion) return 0;
      EXPECT_EQ(difference.conversion->row_block, 1);
      EXPECT_EQ(difference.conversion->slice, 0);
      EXPECT_EQ(std::abs(difference.conversion->chip.value_or(0) - difference.conversion->golden),
                1);
      return 0;
    });
  }
}

// A coarse converter may swallow the fault of a cell; where it does not, codes count its steps.
TEST_F(ConversionCheckTest, CodesAreThoseOfACoarseConverter) {
  sim::on_own_kernel([&] {
    hw::ChipConfig config = chip();
    config.tile.pe.adc.bits = 3;
    config.tile.pe.adc.lsb = 2;
    Simulator simulator(network_, config, {hw::Fidelity::kMvm, nullptr});
    simulator.load(integers_);
    const auto mapping = mapping::map_network(network_, integers_.policy, config);
    for (int row = 0; row < 32; ++row)
      toggle(simulator, place(mapping, 0).array(0) + 4 * row, 4, 1);
    const FunctionalResult result = simulator.run_image(image_);
    EXPECT_TRUE(result.bit_exactness.first && result.bit_exactness.first->conversion);
    if (!result.bit_exactness.first || !result.bit_exactness.first->conversion) return 0;
    const ConversionDifference& conversion = *result.bit_exactness.first->conversion;
    EXPECT_GE(conversion.chip.value_or(9), -4);
    EXPECT_LE(conversion.chip.value_or(9), 3);
    EXPECT_GE(conversion.golden, -4);
    EXPECT_LE(conversion.golden, 3);
    EXPECT_NE(conversion.chip, conversion.golden);
    return 0;
  });
}

}  // namespace
}  // namespace kirchhoff::sim
