#pragma once

#include <optional>
#include <vector>

#include "quant/network/free_bits.h"
#include "quant/network/policy.h"
#include "sim/cost_table.h"

namespace kirchhoff::sim {

/// What one unit of each total counts in a cost: its weight, over the reference's total.
struct UnitCosts {
  double latency = 0, energy = 0, power = 0;

  double of(const CostTotals& totals) const {
    return latency * totals.latency_ns + energy * totals.energy_pj + power * totals.power_rated_mw;
  }
};

/// Widths that may be chosen, of every layer; the others stay.
using FreeWidths = IndexedVector<quant::LayerId, quant::FreeBits>;

/// The policy of least cost by the table among those that equal `base` but for its free widths,
/// each of which may be lowest to highest; of equally cheap ones mostly that with fewer bits. No
/// total of the table may be negative (CostTable::refuse_negative_totals).
///
/// Exact. Costs are sums over the layers, and with the energy in its parts a product of two sums
/// besides, so partial policies that are worse in every sum are dropped, and those that no rest can
/// bring below a policy that is known. Empty when more than 20,000 are left of a layer, which
/// tables made of noise can bring about.
std::optional<quant::Policy> cheapest_policy(const CostTable& table, const quant::Policy& base,
                                             const FreeWidths& free, int lowest, int highest,
                                             const UnitCosts& costs);

/// Whether one bit more, of weights or of a map, nowhere lowers a cost. What is not free has
/// `highest` bits.
bool more_bits_never_cost_less(const CostTable& table, const FreeWidths& free, int lowest,
                               int highest, const UnitCosts& costs);

}  // namespace kirchhoff::sim
