#include "hw/pe/column_loops.h"

#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "base/processor.h"

namespace kirchhoff::hw {
namespace {

/// `count` integers of up to `bits` bits with a sign.
template <class Integer>
std::vector<Integer> random_integers(std::size_t count, int bits, std::mt19937_64& engine) {
  std::vector<Integer> values(count);
  for (Integer& value : values)
    value = static_cast<Integer>(static_cast<std::int64_t>(engine()) >> (63 - bits));
  return values;
}

TEST(ColumnLoops, AreThePlainLoopsOnEveryProcessor) {
  std::mt19937_64 engine(5);
  for (int round = 0; round < 60; ++round) {
    const int columns = 1 + static_cast<int>(engine() % 140),
              rows = kNarrowRows * static_cast<int>(1 + engine() % 5);
    const auto cells = static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows);
    const auto narrow = random_integers<std::int16_t>(cells, 8, engine),
               narrow_inputs =
                   random_integers<std::int16_t>(static_cast<std::size_t>(rows), 8, engine);
    const auto wide = random_integers<std::int32_t>(cells, 16, engine),
               inputs = random_integers<std::int32_t>(static_cast<std::size_t>(rows), 16, engine),
               codes = random_integers<std::int32_t>(static_cast<std::size_t>(columns), 12, engine);
    const std::int32_t factor = 1 << engine() % 31, low = -(1 << engine() % 12), high = -low - 1;
    std::vector<Sum> narrow_products, wide_products, scaled;
    std::vector<std::int32_t> saturated;
    std::uint32_t clipped = 0;
    for (int c = 0; c < columns; ++c) {
      const auto first = static_cast<std::size_t>(c) * static_cast<std::size_t>(rows);
      Sum narrow_sum = 0, wide_sum = 0;
      for (std::size_t r = 0; r < inputs.size(); ++r) {
        narrow_sum += narrow[first + r] * narrow_inputs[r];
        wide_sum += Sum{wide[first + r]} * inputs[r];
      }
      const std::int32_t code = codes[static_cast<std::size_t>(c)];
      narrow_products.push_back(narrow_sum);
      wide_products.push_back(wide_sum);
      scaled.push_back(c + Sum{code} * factor);
      saturated.push_back(std::clamp(code, low, high));
      clipped += code < low || code > high;
    }
    for (const base::Processor kind : base::processors()) {
      const base::ForceProcessor forced(kind);
      std::vector<Sum> sums(static_cast<std::size_t>(columns), -1);
      multiply_narrow(narrow.data(), narrow_inputs.data(), columns, rows, sums.data());
      EXPECT_EQ(sums, narrow_products);
      multiply_wide(wide.data(), inputs.data(), columns, rows, sums.data());
      EXPECT_EQ(sums, wide_products);
      for (int c = 0; c < columns; ++c) sums[static_cast<std::size_t>(c)] = c;
      add_scaled(codes.data(), columns, factor, sums.data());
      EXPECT_EQ(sums, scaled);
      std::vector<std::int32_t> found(static_cast<std::size_t>(columns));
      EXPECT_EQ(saturate(codes.data(), found.data(), columns, low, high), clipped);
      EXPECT_EQ(found, saturated);
    }
  }
}

}  // namespace
}  // namespace kirchhoff::hw
