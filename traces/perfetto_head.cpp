#include "traces/perfetto_head.h"

#include <cmath>

#include <fmt/format.h>

namespace kirchhoff {

std::uint64_t PerfettoHead::ticks(std::uint64_t ps) const {
  if (cycle_mhz == 0) return ps / 1000u + (ps % 1000u >= 500u ? 1u : 0u);
  const double per_ps = cycle_mhz * 1e-6, cycles = static_cast<double>(ps) * per_ps;
  // Edge k lies at k / f rounded to a picosecond; as a time of its own it is k cycles.
  const double edge = std::nearbyint(cycles);
  const bool on_edge = std::nearbyint(edge / per_ps) == static_cast<double>(ps);
  return static_cast<std::uint64_t>(std::nearbyint((on_edge ? edge : cycles) * 1000));
}

std::string PerfettoHead::microsecond() const {
  return cycle_mhz > 0 ? fmt::format("a cycle at {} MHz", cycle_mhz)
                       : "a microsecond of simulated time";
}

}  // namespace kirchhoff
