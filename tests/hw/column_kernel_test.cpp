#include "hw/crossbar/column_kernel.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "base/processor.h"
#include "hw/crossbar/crossbar_array.h"

namespace kirchhoff::hw {
namespace {

// Every kernel that this machine has gives the sums of single levels.
TEST(ColumnKernelTest, KernelsOfAllProcessorsGiveTheSameSums) {
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
      LinePlane lines{};
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

}  // namespace
}  // namespace kirchhoff::hw
