#include <random>

#include <gtest/gtest.h>

#include "hw/crossbar/crossbar_array.h"
#include "hw/crossbar/crossbar_pair.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff::hw {
namespace {

TEST(CrossbarArrayTest, CountsDrivenConductingCellsOfAColumn) {
  std::mt19937_64 engine(3);
  for (const int size : {32, 100, 128, 512}) {
    CrossbarArray array(size, size);
    std::vector<std::vector<bool>> cells(static_cast<std::size_t>(size),
                                         std::vector<bool>(static_cast<std::size_t>(size)));
    const int bytes = (size + 7) / 8;
    for (int r = 0; r < size; ++r) {
      std::vector<std::uint8_t> row(static_cast<std::size_t>(bytes), 0);
      for (int c = 0; c < size; ++c) {
        const bool set = engine() % 3 == 0;
        cells[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)] = set;
        if (set) row[static_cast<std::size_t>(c / 8)] |= static_cast<std::uint8_t>(1u << (c % 8));
      }
      array.write_row(r, row.data(), bytes);
      std::vector<std::uint8_t> back(static_cast<std::size_t>(bytes));
      array.read_row(r, back.data(), bytes);
      EXPECT_EQ(back, row);
    }
    WordLines lines{};
    for (int r = 0; r < size; ++r) {
      if (engine() % 2) lines[static_cast<std::size_t>(r / 64)] |= std::uint64_t{1} << (r % 64);
    }
    for (int c = 0; c < size; ++c) {
      int expected = 0;
      for (int r = 0; r < size; ++r) {
        expected += cells[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)] &&
                    (lines[static_cast<std::size_t>(r / 64)] >> (r % 64) & 1);
      }
      EXPECT_EQ(array.count(c, lines), expected);
    }
  }
}

TEST(CrossbarArrayTest, RewritingARowClearsItsOldCells) {
  CrossbarArray array(32, 32);
  const std::uint8_t ones[4] = {255, 255, 255, 255}, zeros[4] = {};
  array.write_row(5, ones, 4);
  EXPECT_TRUE(array.cell(5, 31));
  array.write_row(5, zeros, 4);
  EXPECT_FALSE(array.cell(5, 31));
}

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
  CrossbarPair dut_{"dut", config_, clock_};
  BitLineCapture capture_{"capture"};
};

TEST_F(CrossbarPairTest, DeliversBothCountsAfterTheReadPulse) {
  elaborate();
  const std::uint8_t row[16] = {0b101};
  dut_.positive().write_row(0, row, 16);
  dut_.negative().write_row(1, row, 16);
  WordLines lines{};
  lines[0] = 0b01;
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
  EXPECT_EQ(dut_.array_reads(), 2u);
  EXPECT_EQ(dut_.cell_reads(), 2u * 5 * 7);
  dut_.reset();
  EXPECT_EQ(dut_.cell_reads(), 0u);
}

}  // namespace
}  // namespace kirchhoff::hw
