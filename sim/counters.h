#pragma once

#include <map>
#include <string>

#include "sim/report.h"

namespace kirchhoff::sim {

/// Pulses that wrote cells in a run (sim/round_costs.h): of tiles, but counted by the host.
inline constexpr char kCellPulses[] = "cell_pulses";

/// How the counters of tiles make that of their layer.
enum class CounterKind { kAmount, kFirst, kLast };

/// A counter of a report.
struct CounterMeaning {
  std::string counts;
  CounterKind kind = CounterKind::kAmount;
  /// What packets did on the way cannot be put down to a tile.
  bool of_layer_only = false;
};

/// Every counter that tiles and network have, by its name.
const std::map<std::string, CounterMeaning>& counter_meanings();

/// True for moments and high-water marks, which do not add up.
bool is_extreme(const std::string& counter);

/// Adds the counters of a tile to those of its layer; `sums` is empty before the first.
void add_counters(const Counters& tile, Counters& sums);

}  // namespace kirchhoff::sim
