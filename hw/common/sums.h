#pragma once

#include <cstdint>
#include <vector>

namespace kirchhoff::hw {

/// An accumulator, and those of a column group. 16-bit weights and activations need more than 32
/// bits; how many the wires carry is a matter of the program. Empty vectors stand for "only sizes
/// flow".
using Sum = std::int64_t;
using Sums = std::vector<Sum>;

}  // namespace kirchhoff::hw
