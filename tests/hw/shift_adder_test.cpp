#include "hw/pe/shift_adder.h"

#include <gtest/gtest.h>

#include "tests/hw/pe_chain.h"

namespace kirchhoff::hw {
namespace {

class ShiftAdderTest : public PeChainTest {};

TEST_F(ShiftAdderTest, ShiftAdderWeighsByWeightBitPlusActivationBit) {
  ShiftAdder dut("dut", ShiftAdderConfig{}, 3, clock_);
  dut.sums(far_);
  dut.sequencer(far_);
  dut.configure(SliceDecoder(PeConfig{}, PeSetup{}, 3, {}));
  elaborate();
  dut.accept({0, 2, true, 4, 2, true}, {1, -1});
  run_until(1);
  EXPECT_EQ(far_.factors, (std::vector<int>{32}));
  EXPECT_EQ(far_.accumulated_count, 1);
  EXPECT_EQ(dut.adds(), 2u);
}

// The last bit of a number with a sign weighs negatively.
TEST_F(ShiftAdderTest, TheStepOfTheSignIsSubtracted) {
  ShiftAdder dut("dut", ShiftAdderConfig{}, 3, clock_);
  dut.sums(far_);
  dut.sequencer(far_);
  PeSetup setup;
  setup.activation_bits = 4;
  setup.input_signed = true;
  dut.configure(SliceDecoder(PeConfig{}, setup, 1, {}));
  elaborate();
  for (int bit = 0; bit < 4; ++bit) {
    dut.accept({0, bit, bit == 3, 4, 2, true}, {1, -1});
    run_until(bit + 1);
  }
  run_until(10);
  EXPECT_EQ(far_.factors, (std::vector<int>{2, 4, 8, -16}));
}

// Without sample-and-holds the codes of a bit step come in rounds: they are added when the last is
// there, and every round is reported.
TEST_F(ShiftAdderTest, RoundsOfColumnsAreAddedTogether) {
  ShiftAdder dut("dut", ShiftAdderConfig{}, 0, clock_);
  dut.sums(far_);
  dut.sequencer(far_);
  dut.configure(SliceDecoder(PeConfig{}, PeSetup{}, 0, {}));
  elaborate();
  BitStep step{0, 1, false, 4, 2, true};
  step.complete = false;
  dut.accept(step, {1, 2});
  run_until(5);
  EXPECT_TRUE(far_.columns.empty());
  EXPECT_EQ(far_.accumulated_count, 1);
  step.first_column = 2;
  step.columns = 1;
  step.complete = true;
  dut.accept(step, {3});
  run_until(10);
  EXPECT_EQ(far_.columns, std::vector<Columns>{(Columns{1, 2, 3})});
  EXPECT_EQ(far_.factors, std::vector<int>{2});
  EXPECT_EQ(far_.accumulated_count, 2);
  EXPECT_EQ(dut.adds(), 3u);
}

// An adder that is slower than the conversions works on several bit steps at a time.
TEST_F(ShiftAdderTest, BitStepsLeaveInTheirOrderEachAfterItsTime) {
  ShiftAdderConfig config;
  config.cycles = 10;
  ShiftAdder dut("dut", config, 0, clock_);
  dut.sums(far_);
  dut.sequencer(far_);
  dut.configure(SliceDecoder(PeConfig{}, PeSetup{}, 0, {}));
  elaborate();
  for (int bit = 0; bit < 4; ++bit) {
    dut.accept({0, bit, bit == 3, 4, 1, true}, {bit + 1});
    run_until(3.0 * (bit + 1));
  }
  EXPECT_EQ(far_.accumulated_count, 1) << "the first, at 10 ns of 12";
  run_until(100);
  EXPECT_EQ(far_.columns, (std::vector<Columns>{{1}, {2}, {3}, {4}}));
  EXPECT_EQ(far_.factors, (std::vector<int>{1, 2, 4, 8}));
  // The codes after the first came a picosecond behind edges 3, 6 and 9: the next edge counts.
  std::vector<std::uint64_t> cycles;
  for (const sc_core::sc_time& time : far_.times) cycles.push_back(clock_.cycle_at(time));
  EXPECT_EQ(cycles, (std::vector<std::uint64_t>{10, 4 + 10, 7 + 10, 10 + 10}));
  EXPECT_EQ(dut.busy_cycles(), 40u);
}

}  // namespace
}  // namespace kirchhoff::hw
