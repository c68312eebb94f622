#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace kirchhoff {

/// What a timeline says besides its events.
struct PerfettoHead {
  /// About the run, in this order: command, policy, version. They stand, for whoever looks at the
  /// timeline, in a slice as long as the run; of JSON in the file's first line, a metadata event
  /// "trace", too.
  std::vector<std::pair<std::string, std::string>> facts;
  /// Above 0, times are cycles of this clock: one is shown as a microsecond. Otherwise they are
  /// simulated time.
  int cycle_mhz = 0;

  /// What Perfetto takes for nanoseconds: a time rounded to them, or thousandths of a cycle.
  std::uint64_t ticks(std::uint64_t ps) const;
  /// "a microsecond of simulated time": what the viewer's microsecond is.
  std::string microsecond() const;
};

}  // namespace kirchhoff
