#include "hw/pe/column_mux.h"

#include <gtest/gtest.h>

#include "tests/hw/pe_chain.h"

namespace kirchhoff::hw {
namespace {

/// An ADC whose bursts take five cycles.
struct SlowAdc : sc_core::sc_module, ConvertIf {
  sc_core::sc_event idle;
  std::vector<Columns> bursts;

  explicit SlowAdc(const sc_core::sc_module_name& name) : sc_module(name) {}
  bool busy() const override { return false; }
  const sc_core::sc_event& idle_event() const override { return idle; }
  std::uint64_t convert(const BitStep&, const Columns& columns) override {
    bursts.push_back(columns);
    return 5;
  }
};

class ColumnMuxTest : public PeChainTest {};

// Nothing holds the columns: they are converted as they are offered, and the word lines may change
// only when the codes are there.
TEST_F(ColumnMuxTest, WordLinesStayDrivenUntilTheConversionIsOver) {
  ColumnMux dut("dut", 0, clock_);
  SlowAdc adc("adc");
  dut.adc(adc);
  dut.sequencer(far_);
  elaborate();
  dut.offer({0, 0, false, 4, 2, true}, {7, -7});
  ASSERT_EQ(adc.bursts.size(), 1u);
  EXPECT_EQ(adc.bursts[0], (Columns{7, -7}));
  run_until(4.998);
  EXPECT_EQ(far_.sampled_count, 0);
  run_until(5);
  EXPECT_EQ(far_.sampled_count, 1);
}

TEST_F(ColumnMuxTest, AResetForgetsTheConversionUnderWay) {
  ColumnMux dut("dut", 0, clock_);
  SlowAdc adc("adc");
  dut.adc(adc);
  dut.sequencer(far_);
  elaborate();
  dut.offer({0, 0, false, 4, 2, true}, {7, -7});
  run_until(2);
  dut.reset();
  run_until(20);
  EXPECT_EQ(far_.sampled_count, 0);
}

}  // namespace
}  // namespace kirchhoff::hw
