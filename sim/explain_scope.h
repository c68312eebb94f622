#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hw/config/expression.h"
#include "sim/constants.h"
#include "sim/explain.h"
#include "sim/report.h"

namespace kirchhoff::sim {

/// A tile, a layer or the unused hardware: something that has a ledger.
struct Scope {
  std::string prefix;  ///< "layer3", "tile2", "unused"
  std::string title;   ///< "layer 3, F6"
  std::vector<EnergyEntry> energy;
  std::vector<InstanceEntry> instances;
  Allocation allocation;
  const Counters* counters = nullptr;  ///< null for the unused hardware
  const LayerReport* layer = nullptr;  ///< likewise
  hw::Work work;
  std::vector<std::size_t> tiles;  ///< of a layer: indices of its tiles among all
  /// Of a chip with rounds: whether its cells are there before the run, and for how long it is; 0:
  /// its tiles are for different times, or all is there all the time.
  bool loaded = true;
  double held_ns = 0;

  bool is_layer() const { return work.whole_layer; }
  hw::Bindings names(const hw::KeyValues& keys) const { return {keys, &allocation, &work}; }
};

/// Numbers by quantity, in the order of the report.
using Quantities = std::vector<std::pair<std::string, double>>;

/// What the report says of a scope: "energy.adc", "power.rated", "conversions", …
Quantities reported_quantities(const Scope& scope, const hw::KeyValues& keys);

/// What a tile allocates, for how long.
struct HeldTile {
  Allocation allocation;
  double ns = 0;
};

/// For how long things leak: what runs all the time, and what is switched off between the windows
/// of its layer, whose wake-up comes on top.
struct LeakageTimes {
  double run_ns, layer_ns;
  std::vector<HeldTile> held{};  ///< where it is no one time: tile by tile
};

/// Fills `e` when `rest`, what follows the scope's name in a quantity, is "energy[.component
/// [.event]]", "power.rated[.component]" or "area[.component]" and the scope has it. False
/// otherwise.
bool explain_amount(Explanation& e, const Scope& scope, std::string rest,
                    const Constants& constants, const LeakageTimes& times);

/// The same for "crossbars", "pes" and the counters.
bool explain_count(Explanation& e, const Scope& scope, const std::string& rest,
                   const Constants& constants);

}  // namespace kirchhoff::sim
