#include "base/matrix_product.h"

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "base/processor.h"

namespace kirchhoff::base {
namespace {

std::vector<float> random_values(std::size_t count, std::mt19937_64& engine) {
  std::vector<float> values(count);
  for (float& value : values) {
    value = static_cast<float>(static_cast<int>(engine() % 20001) - 10000) * 1e-4f;
  }
  return values;
}

/// The definition: one chain per element.
std::vector<float> chains(std::size_t rows, std::size_t inner, std::size_t columns,
                          const MatrixView& left, const MatrixView& right,
                          std::vector<float> sums) {
  const auto at = [](const MatrixView& view, std::size_t row, std::size_t column) {
    return view.data[static_cast<std::ptrdiff_t>(row) * view.row_step +
                     static_cast<std::ptrdiff_t>(column) * view.column_step];
  };
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      float& sum = sums[r * columns + c];
      for (std::size_t i = 0; i < inner; ++i) sum = std::fma(at(left, r, i), at(right, i, c), sum);
    }
  }
  return sums;
}

TEST(MatrixProductTest, EveryElementIsOneChainOfFusedSumsInAnyLayout) {
  std::mt19937_64 engine(3);
  for (int round = 0; round < 150; ++round) {
    const std::size_t rows = 1 + engine() % 40,
                      inner = engine() % 8 == 0 ? 257 + engine() % 300 : engine() % 70;
    const std::size_t columns = 1 + engine() % 50;
    const auto a = random_values(rows * inner + 1, engine);
    const auto b = random_values(inner * columns + 1, engine);
    MatrixView left{a.data(), static_cast<std::ptrdiff_t>(inner), 1};
    MatrixView right{b.data(), static_cast<std::ptrdiff_t>(columns), 1};
    if (engine() % 2 == 0)
      left = MatrixView{a.data(), static_cast<std::ptrdiff_t>(rows), 1}.transposed();
    if (engine() % 2 == 0)
      right = MatrixView{b.data(), static_cast<std::ptrdiff_t>(inner), 1}.transposed();
    const auto before = random_values(rows * columns, engine);
    const auto expected_sums = chains(rows, inner, columns, left, right, before);
    const auto expected =
        chains(rows, inner, columns, left, right, std::vector<float>(rows * columns, 0.0f));
    for (const Processor kind : processors()) {
      const ForceProcessor forced(kind);
      std::vector<float> sums = before, product(rows * columns, NAN);
      matrix_product(rows, inner, columns, left, right, sums.data(), columns, true);
      EXPECT_EQ(sums, expected_sums);
      matrix_product(rows, inner, columns, left, right, product.data(), columns);
      EXPECT_EQ(product, expected);
    }
  }
}

TEST(MatrixProductTest, AnyDivisionOfTheWorkGivesTheSame) {
  std::mt19937_64 engine(4);
  const std::size_t rows = 37, inner = 300, columns = 41;
  const auto a = random_values(rows * inner, engine), b = random_values(inner * columns, engine);
  const MatrixView left{a.data(), inner, 1}, right{b.data(), columns, 1};
  std::vector<float> whole(rows * columns);
  matrix_product(rows, inner, columns, left, right, whole.data(), columns);
  for (int round = 0; round < 30; ++round) {
    std::vector<float> parts(rows * columns);
    const std::size_t row = 1 + engine() % (rows - 1), column = 1 + engine() % (columns - 1),
                      middle = 1 + engine() % (inner - 1);
    for (const auto& [r0, r1] : {std::pair{std::size_t{0}, row}, {row, rows}}) {
      for (const auto& [c0, c1] : {std::pair{std::size_t{0}, column}, {column, columns}}) {
        for (const auto& [i0, i1] : {std::pair{std::size_t{0}, middle}, {middle, inner}}) {
          matrix_product(r1 - r0, i1 - i0, c1 - c0, {a.data() + r0 * inner + i0, inner, 1},
                         {b.data() + i0 * columns + c0, columns, 1},
                         parts.data() + r0 * columns + c0, columns, i0 > 0);
        }
      }
    }
    EXPECT_EQ(parts, whole);
  }
}

}  // namespace
}  // namespace kirchhoff::base
