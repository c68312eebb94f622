#include "hw/pe/registers.h"

#include <gtest/gtest.h>

#include "tests/support/systemc_test.h"

namespace kirchhoff::hw {
namespace {

class RegistersTest : public SystemCTest {};

TEST_F(RegistersTest, InputRegisterServesOneBitOfEveryRow) {
  InputRegister dut("dut", RegisterConfig{128, {}, {}, {}, {}, {}});
  const std::int32_t values[3] = {0b101, 0b010, 0b111};
  dut.load(1, values, 3, 8);
  EXPECT_EQ(dut.writes(), 1u);
  EXPECT_EQ(dut.read_bit(1, 0, 3, true)[0], 0b101u);
  EXPECT_EQ(dut.read_bit(1, 1, 3, true)[0], 0b110u);
  EXPECT_EQ(dut.reads(), 2u);
  dut.load(0, nullptr, 128, 8);
  EXPECT_EQ(dut.writes(), 9u);
}

TEST_F(RegistersTest, OutputRegisterAccumulatesPerSlot) {
  OutputRegister dut("dut", RegisterConfig{64, {}, {}, {}, {}, {}});
  dut.begin(0, 2);
  dut.begin(1, 2);
  dut.accumulate(0, 16, {1, -1});
  dut.accumulate(0, 1, {3, 3});
  EXPECT_EQ(dut.drain(0, 2), (Sums{19, -13}));
  EXPECT_EQ(dut.drain(1, 2), (Sums{0, 0}));
  EXPECT_EQ(dut.reads(), 2u);
}

}  // namespace
}  // namespace kirchhoff::hw
