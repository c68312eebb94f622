#include <random>

#include <gtest/gtest.h>

#include "base/processor.h"
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
      array.write_row(r, row.data());
      std::vector<std::uint8_t> back(static_cast<std::size_t>(bytes));
      array.read_row(r, back.data());
      EXPECT_EQ(back, row);
    }
    WordLines lines{};
    for (int r = 0; r < size; ++r) {
      if (engine() % 2) lines[static_cast<std::size_t>(r / 64)] |= std::uint64_t{1} << (r % 64);
    }
    Columns sums(static_cast<std::size_t>(size));
    array.sum(lines, size, sums.data());
    for (int c = 0; c < size; ++c) {
      int expected = 0;
      for (int r = 0; r < size; ++r) {
        expected += cells[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)] &&
                    (lines[static_cast<std::size_t>(r / 64)] >> (r % 64) & 1);
      }
      EXPECT_EQ(sums[static_cast<std::size_t>(c)], expected);
    }
  }
}

TEST(CrossbarArrayTest, RewritingARowClearsItsOldCells) {
  CrossbarArray array(32, 32);
  const std::uint8_t ones[4] = {255, 255, 255, 255}, zeros[4] = {};
  array.write_row(5, ones);
  EXPECT_EQ(array.level(5, 31), 1);
  array.write_row(5, zeros);
  EXPECT_EQ(array.level(5, 31), 0);
}

// Every kernel that this machine has gives the sums of single levels.
TEST(CrossbarArrayTest, KernelsOfAllProcessorsGiveTheSameSums) {
  std::mt19937_64 engine(4);
  for (const int cell_bits : {1, 2, 4}) {
    for (const int rows : {33, 64, 100, 128, 130, 512}) {
      const int cols = 32 + static_cast<int>(engine() % 100);
      CrossbarArray array(rows, cols, cell_bits);
      std::vector<std::uint8_t> bytes(static_cast<std::size_t>(array.row_bytes()));
      for (int r = 0; r < rows; ++r) {
        for (auto& byte : bytes) byte = static_cast<std::uint8_t>(engine());
        array.write_row(r, bytes.data());
      }
      WordLines lines{};
      for (int r = 0; r < rows; ++r) {
        if (engine() % 2) lines[static_cast<std::size_t>(r / 64)] |= std::uint64_t{1} << (r % 64);
      }
      Columns expected(static_cast<std::size_t>(cols), 0);
      for (int c = 0; c < cols; ++c) {
        for (int r = 0; r < rows; ++r) {
          if (lines[static_cast<std::size_t>(r / 64)] >> (r % 64) & 1)
            expected[static_cast<std::size_t>(c)] += array.level(r, c);
        }
      }
      for (const base::Processor kind : base::processors()) {
        const base::ForceProcessor forced(kind);
        Columns sums(static_cast<std::size_t>(cols), -1);
        sum_columns({array.plane(0, 0), cols, cell_bits, array.words()}, lines.data(), sums.data());
        EXPECT_EQ(sums, expected) << rows << " rows, " << cell_bits << " bits";
      }
    }
  }
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
  LaneCells cells_{config_, Encoding::kDifferential};
  CrossbarPair dut_{"dut", config_, clock_, cells_};
  BitLineCapture capture_{"capture"};
};

TEST_F(CrossbarPairTest, DeliversBothCountsAfterTheReadPulse) {
  elaborate();
  const std::uint8_t row[16] = {0b101};
  cells_.positive.write_row(0, row);
  cells_.negative->write_row(1, row);
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
