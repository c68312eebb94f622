#pragma once

#include <cstdint>

#include "hw/common/sums.h"

namespace kirchhoff::hw {

/// What a PE does with all of its columns, integers all.

/// Rows of narrow weights are a multiple of this, with zeros at the end, so that vectors of any
/// width fit.
constexpr int kNarrowRows = 32;

/// sums[c] = the product of column c's weights, which follow each other, with the inputs, where 32
/// bits hold it.
void multiply_narrow(const std::int16_t* weights, const std::int16_t* inputs, int columns, int rows,
                     Sum* sums);
/// The same for any number of rows and where it needs 64 bits.
void multiply_wide(const std::int32_t* weights, const std::int32_t* inputs, int columns, int rows,
                   Sum* sums);

/// sums[c] += codes[c] * factor
void add_scaled(const std::int32_t* codes, int count, std::int32_t factor, Sum* sums);

/// codes[c] = values[c] within [low, high]; returns how many were not.
std::uint32_t saturate(const std::int32_t* values, std::int32_t* codes, int count, std::int32_t low,
                       std::int32_t high);

}  // namespace kirchhoff::hw
