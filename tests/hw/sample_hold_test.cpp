#include "hw/pe/sample_hold.h"

#include <gtest/gtest.h>

#include "tests/hw/pe_chain.h"

namespace kirchhoff::hw {
namespace {

class SampleHoldTest : public PeChainTest {};

TEST_F(SampleHoldTest, SampleHoldWaitsForABusyAdc) {
  SampleHold dut("dut", SampleHoldConfig{}, 0, clock_);
  dut.adc(far_);
  dut.sequencer(far_);
  elaborate();
  far_.is_busy = true;
  dut.offer({0, 0, false, 4, 2, true}, {7, -7});
  run_until(5);
  EXPECT_EQ(far_.sampled_count, 0);
  far_.is_busy = false;
  far_.idle.notify();
  run_until(6);
  EXPECT_EQ(far_.sampled_count, 1);
  EXPECT_EQ(far_.columns[0], (Columns{7, -7}));
  EXPECT_EQ(dut.samples(), 2u);
  EXPECT_EQ(dut.stall_cycles(), 6u);  // the ADC became idle just after edge 5
}

TEST_F(SampleHoldTest, SampleHoldAcquiresBeforeItLetsTheWordLinesGo) {
  SampleHoldConfig config;
  config.acquire = Duration::nanoseconds(2);
  SampleHold dut("dut", config, 0, clock_);
  dut.adc(far_);
  dut.sequencer(far_);
  elaborate();
  dut.offer({0, 0, false, 4, 1, true}, {1});
  run_until(1.998);
  EXPECT_EQ(far_.sampled_count, 0);
  run_until(2);
  EXPECT_EQ(far_.sampled_count, 1);
}

}  // namespace
}  // namespace kirchhoff::hw
