#include "hw/crossbar/crossbar_pair.h"

#include <gtest/gtest.h>

#include "tests/support/systemc_test.h"

namespace kirchhoff::hw {
namespace {

struct BitLineCapture : sc_core::sc_module, BitLineIf {
  sc_core::sc_export<BitLineIf> input{"input"};
  explicit BitLineCapture(const sc_core::sc_module_name& name) : sc_module(name) {
    input.bind(*this);
  }
  void sense(const BitStep&, const Columns& p, const Columns& n) override {
    positive = p;
    negative = n;
    at = sc_core::sc_time_stamp();
    ++calls;
  }
  Columns positive, negative;
  sc_core::sc_time at;
  int calls = 0;
};

class CrossbarPairTest : public SystemCTest {
 protected:
  CrossbarPairTest() { dut_.bit_lines(capture_.input); }
  Clock clock_{1000};
  CrossbarConfig config_;
  LaneCells cells_{config_, Encoding::kDifferential};
  CrossbarPair dut_{"dut", config_, clock_, cells_};
  BitLineCapture capture_{"capture"};
};

TEST_F(CrossbarPairTest, DeliversBothCountsAfterTheReadPulse) {
  elaborate();
  const std::uint8_t row[16] = {0b101};
  cells_.positive.write_row(0, row);
  cells_.negative->write_row(1, row);
  WordLines lines{{LinePlane{0b01}}, false};
  dut_.apply({0, 0, true, 2, 3, true}, lines);
  sc_core::sc_start(sc_core::sc_time(3999, sc_core::SC_PS));
  EXPECT_EQ(capture_.calls, 0);  // 3.16 ns are four cycles of 1 GHz
  sc_core::sc_start(sc_core::sc_time(2, sc_core::SC_PS));
  EXPECT_EQ(capture_.calls, 1);
  EXPECT_EQ(capture_.positive, (Columns{1, 0, 1}));
  EXPECT_EQ(capture_.negative, (Columns{0, 0, 0}));
}

TEST_F(CrossbarPairTest, CountsTheUsedCellsOfBothArrays) {
  elaborate();
  dut_.apply({0, 0, true, 5, 7, false}, {});
  EXPECT_EQ(dut_.cell_reads(), 2u * 5 * 7);
  dut_.reset();
  EXPECT_EQ(dut_.cell_reads(), 0u);
}

}  // namespace
}  // namespace kirchhoff::hw
