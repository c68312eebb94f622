#pragma once

#include <cstdint>

namespace kirchhoff::hw {

/// Whole cycles of a clock that cover `ns`; a billionth of slack keeps 1 ns at 1 GHz one cycle.
constexpr std::uint64_t cycles_for(double ns, int mhz) {
  const double cycles = ns * mhz / 1000.0;
  const auto whole = static_cast<std::uint64_t>(cycles);
  return cycles - static_cast<double>(whole) > 1e-9 ? whole + 1 : whole;
}

}  // namespace kirchhoff::hw
