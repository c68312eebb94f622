#include "hw/controller/register_file.h"

#include <gtest/gtest.h>

namespace kirchhoff::hw {
namespace {

TEST(RegisterFileTest, DecodesRightsAndRanges) {
  RegisterFile file(TileId{7}, 16);
  std::uint32_t value = 0;
  EXPECT_EQ(file.read(reg::kId, value), RegisterFile::Result::kOk);
  EXPECT_EQ(value, 7u);
  EXPECT_EQ(file.write(reg::kId, 1), RegisterFile::Result::kAccessError);
  EXPECT_EQ(file.write(reg::kStatus, 1), RegisterFile::Result::kAccessError);
  EXPECT_EQ(file.read(reg::kControl, value), RegisterFile::Result::kAccessError);
  EXPECT_EQ(file.write(reg::at(&LayerRegisters::weight_bits), 6), RegisterFile::Result::kOk);
  EXPECT_EQ(file.layer().weight_bits, 6);
  EXPECT_EQ(file.write(reg::at(&LayerRegisters::weight_bits), 0),
            RegisterFile::Result::kRangeError);
  EXPECT_EQ(file.write(reg::at(&LayerRegisters::activation_bits), 17),
            RegisterFile::Result::kRangeError);
  EXPECT_EQ(file.layer().weight_bits, 6);
  EXPECT_EQ(file.write(0x0f00, 1), RegisterFile::Result::kAddressError);
  EXPECT_EQ(file.write(reg::at(&LayerRegisters::weight_bits) + 1, 1),
            RegisterFile::Result::kAddressError);
  EXPECT_EQ(file.write(reg::first_of<BlockRegisters>(reg::block_index(PeId{16}, 0)), 1),
            RegisterFile::Result::kAddressError);
  EXPECT_EQ(file.write(reg::at(&BlockRegisters::rows, reg::block_index(PeId{15}, 3)), 99),
            RegisterFile::Result::kOk);
  EXPECT_EQ(file.block(PeId{15}, 3).rows, 99);
}

}  // namespace
}  // namespace kirchhoff::hw
