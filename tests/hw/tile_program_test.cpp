#include "hw/controller/tile_program.h"

#include <gtest/gtest.h>

namespace kirchhoff::hw {
namespace {

template <typename Bank>
void write(RegisterFile& file, int i, const Bank& bank) {
  reg::Address address = reg::first_of<Bank>(i);
  for (const std::uint32_t word : reg::words_of(bank)) {
    EXPECT_EQ(file.write(address, word), RegisterFile::Result::kOk) << address;
    address += 4;
  }
}

/// A 4 x 4 map, 3 x 3 windows, two groups of 8 channels, one of which is completed here.
class TileProgramTest : public testing::Test {
 protected:
  TileProgramTest() {
    config_.mesh_width = config_.mesh_height = 2;
    layer_.weight_bits = layer_.activation_bits = 4;
    layer_.output_bits = 4;
    layer_.slices = 3;
    layer_.channels = 2;
    layer_.input_height = layer_.input_width = 4;
    layer_.kernel_height = layer_.kernel_width = 3;
    layer_.stride_height = layer_.stride_width = layer_.pool = 1;
    layer_.dilation_height = layer_.dilation_width = 1;
    layer_.padding_top = layer_.padding_left = layer_.padding_bottom = layer_.padding_right = 1;
    layer_.output_height = layer_.output_width = 4;
    layer_.sources = layer_.images = layer_.hops = layer_.producers = 1;
    layer_.groups = 2;
    layer_.buffer_rows = 4;
    layer_.sum_bits = 32;
    write(file_, 0, layer_);
    write(file_, 0, ProducerRegister{4});
    write(file_, 0, GroupRegisters{0, 8, 0, 0, 0, 0});
    write(file_, 1, GroupRegisters{8, 8, 1, 1, 0, 2});
    write(file_, 0, HopRegisters{0, 4, 0, 0, 8, 0, 0, 0});
    write(file_, reg::block_index(PeId{0}, 0), BlockRegisters{0, 18, 8, 0, 0});
    write(file_, reg::block_index(PeId{1}, 0), BlockRegisters{0, 18, 8, 1, 0});
  }

  ChipConfig config_;
  LayerRegisters layer_;
  RegisterFile file_{TileId{0}, config_.tile.pes};
};

TEST_F(TileProgramTest, BlocksOfTheSameRowsShareABroadcast) {
  TileProgram program(file_);
  program.add_block(file_.block(PeId{0}, 0), PeId{0}, 0, true);
  program.add_block(file_.block(PeId{1}, 0), PeId{1}, 0, true);
  ASSERT_EQ(program.slices.size(), 1u);
  EXPECT_EQ(program.slices[0].targets.size(), 2u);
  EXPECT_EQ(program.window_bits, 18 * 4);
  EXPECT_EQ(program.groups[GroupId{0}].units.size(), 1u);
  EXPECT_EQ(program.groups[GroupId{1}].units.size(), 1u);
  EXPECT_EQ(program.groups[GroupId{0}].hops.size(), 1u);
  EXPECT_EQ(program.producers, std::vector<NodeId>{NodeId{4}});
}

TEST_F(TileProgramTest, ABlockForWhichAnotherStandsIsNoTarget) {
  TileProgram program(file_);
  program.add_block(file_.block(PeId{0}, 0), PeId{0}, 0, true);
  program.add_block(file_.block(PeId{1}, 0), PeId{1}, 0, false);
  EXPECT_EQ(program.slices[0].targets.size(), 1u);
  EXPECT_TRUE(program.groups[GroupId{1}].units[0].target.empty());
}

// Three channels from the second on, two outputs of each, 3 x 3 weights of 4 bits: 216 bits.
TEST_F(TileProgramTest, WeightsOfTheSfuFitItsRegister) {
  write(file_, reg::block_index(PeId{0}, 0), BlockRegisters{});
  write(file_, reg::block_index(PeId{1}, 0), BlockRegisters{});
  layer_.operation = static_cast<int>(Operation::kWeighted);
  layer_.channel_begin = 1;
  layer_.channels = 3;
  layer_.channel_outputs = 2;
  write(file_, 0, layer_);
  write(file_, 0, GroupRegisters{2, 4, 0, 0, 0, 0});
  write(file_, 1, GroupRegisters{6, 2, 0, 1, 0, 0});
  write(file_, 0, HopRegisters{0, 4, 0, 2, 4, 0, 0, 0});
  config_.tile.multiplier.weights.bytes = 27;
  EXPECT_TRUE(fits(file_, TileId{0}, config_));
  const WindowReduction reduction = TileProgram(file_).reduction;
  EXPECT_EQ(reduction.reduction, Reduction::kWeighted);
  EXPECT_EQ(reduction.outputs, 2);
  EXPECT_EQ(reduction.weights, nullptr);
  config_.tile.multiplier.weights.bytes = 26;
  EXPECT_FALSE(fits(file_, TileId{0}, config_));
  config_ = ChipConfig();
  config_.mesh_width = config_.mesh_height = 2;
  write(file_, 1, GroupRegisters{6, 3, 0, 1, 0, 0});  // the outputs of channels 1 to 3 are 2 to 7
  EXPECT_FALSE(fits(file_, TileId{0}, config_));
}

TEST_F(TileProgramTest, OnlyActivationsPassTheSfu) {
  EXPECT_EQ(TileProgram(file_).sfu.steps.size(), 3u);
  layer_.output_bits = 0;
  write(file_, 0, layer_);
  EXPECT_TRUE(TileProgram(file_).sfu.steps.empty());
}

TEST_F(TileProgramTest, FitsWhenEveryRuleHolds) {
  EXPECT_TRUE(fits(file_, TileId{0}, config_));
  write(file_, 0, GroupRegisters{0, 8, 4, 0, 0, 0});  // the host aggregates nothing
  EXPECT_FALSE(fits(file_, TileId{0}, config_));
  write(file_, 0, GroupRegisters{0, 8, 0, 0, 0, 0});
  write(file_, 0, HopRegisters{0, 4, 0, 1, 8, 0});  // one channel too many
  EXPECT_FALSE(fits(file_, TileId{0}, config_));
}

}  // namespace
}  // namespace kirchhoff::hw
