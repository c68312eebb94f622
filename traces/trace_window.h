#pragma once

#include <cstdint>
#include <limits>

namespace kirchhoff {

/// The part of the simulated time that a trace shows, both ends included.
struct TraceWindow {
  std::uint64_t start_ps = 0;
  std::uint64_t stop_ps = std::numeric_limits<std::uint64_t>::max();

  bool bounded() const { return stop_ps != std::numeric_limits<std::uint64_t>::max(); }
};

/// The size that no trace file has to stay below.
inline constexpr std::uint64_t kNoTraceLimit = std::numeric_limits<std::uint64_t>::max();

}  // namespace kirchhoff
