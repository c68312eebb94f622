#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/constants.h"
#include "sim/explain.h"
#include "sim/report.h"

namespace kirchhoff::sim {

/// A tile, a layer or the unused hardware: something that has a ledger.
struct Scope {
  std::string prefix;  ///< "layer3", "tile2", "unused"
  std::string title;   ///< "layer 3, F6"
  const std::vector<EnergyEntry>* energy = nullptr;
  const std::vector<InstanceEntry>* instances = nullptr;
  Allocation allocation;
  const Counters* counters = nullptr;  ///< null for the unused hardware
  int images = 1;
  const LayerReport* layer = nullptr;  ///< likewise
  std::vector<BlockShape> blocks;
  int arrays = 2;                  ///< crossbars of a pair: 1 with the offset encoding
  int extra_columns = 0;           ///< that every crossbar reads beyond those of its block
  std::vector<std::size_t> tiles;  ///< of a layer: indices of its tiles among all
};

/// What each counter of a report counts.
const std::map<std::string, std::string>& counter_meanings();
/// True for what packets did on the way: it cannot be put down to a tile.
bool belongs_to_layer(const std::string& counter);
/// True for counters that are no amounts: moments and high-water marks do not add up.
bool is_extreme(const std::string& counter);

/// Fills `e` when `rest`, what follows the scope's name in a quantity, is "energy[.component
/// [.event]]", "power.rated[.component]" or "area[.component]" and the scope has it. False
/// otherwise.
/// What runs leaks for `duration_ns`; what is switched off between its windows, for `layer_ns`
/// (none: the layer's latency) and its wake-up.
bool explain_amount(Explanation& e, const Scope& scope, std::string rest,
                    const Constants& constants, double duration_ns,
                    std::optional<double> layer_ns = std::nullopt);

/// The same for "crossbars", "pes" and the counters.
bool explain_count(Explanation& e, const Scope& scope, const std::string& rest,
                   const Constants& constants);

}  // namespace kirchhoff::sim
