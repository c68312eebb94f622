#include "hw/pe/registers.h"

#include <gtest/gtest.h>

#include "tests/support/systemc_test.h"

namespace kirchhoff::hw {
namespace {

class RegistersTest : public SystemCTest {};

TEST_F(RegistersTest, InputRegisterServesADigitOfEveryRow) {
  InputRegister dut("dut", RegisterConfig{128, {}, {}, {}, {}, {}});
  const std::int32_t values[3] = {0b101, 0b010, 0b111};
  dut.load(1, values, 3, 8);
  EXPECT_EQ(dut.writes(), 1u);
  PeSetup setup;
  setup.rows = 3;
  setup.activation_bits = 3;
  setup.functional = true;
  DacConfig dac;
  WordLines lines;
  dut.read_digit(1, setup, dac, {0, 1}, {0, 3}, lines);
  ASSERT_EQ(lines.planes.size(), 1u);
  EXPECT_EQ(lines.planes[0][0], 0b101u);
  dut.read_digit(1, setup, dac, {1, 1}, {0, 3}, lines);
  EXPECT_EQ(lines.planes[0][0], 0b110u);
  EXPECT_EQ(dut.reads(), 2u);
  // Two bits at once, the upper two rows after the first: latched with it.
  dac.bits = 2;
  dut.read_digit(1, setup, dac, {1, 2}, {0, 1}, lines);
  EXPECT_EQ(dut.reads(), 4u);
  dut.read_digit(1, setup, dac, {1, 2}, {1, 2}, lines);
  EXPECT_EQ(dut.reads(), 4u);
  ASSERT_EQ(lines.planes.size(), 2u);
  EXPECT_EQ(lines.planes[0][0], 0b110u);
  EXPECT_EQ(lines.planes[1][0], 0b100u);
  EXPECT_FALSE(lines.has_sign);
  EXPECT_EQ(driven_of(lines), 1 + 3);
  setup.input_signed = true;
  dut.read_digit(1, setup, dac, {1, 2}, {1, 2}, lines);
  EXPECT_EQ(driven_of(lines), 1 - 1) << "the digit with the sign bit has a sign";
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
