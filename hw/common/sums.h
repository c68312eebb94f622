#pragma once

#include <cstdint>
#include <vector>

namespace kirchhoff::hw {

/// An accumulator, and those of a column group. Empty vectors stand for "only sizes flow".
using Sum = std::int32_t;
using Sums = std::vector<Sum>;

}  // namespace kirchhoff::hw
