#pragma once

#include <cstddef>
#include <functional>

#include "quant/network/network.h"
#include "quant/network/policy.h"
#include "sim/cost_table.h"
#include "sim/report.h"

namespace kirchhoff::sim {

/// Costs of a policy, as the simulator gives them.
using Measure = std::function<CostReport(const quant::Policy&)>;

/// Makes the table of `network` for all pairs in [lowest, highest] and 8/8: one measurement per
/// layer with weights and pair. `progress` hears how many of how many are done.
///
/// Layer l at (w, a) has its share of W8A8 plus what the whole chip's costs change when this layer
/// alone goes from W8A8 to (w, a). So the effect on its neighbours is in the entry (the layer
/// before writes narrower outputs, a faster layer lets all others leak for less time), sums are
/// exact as long as one layer differs from W8A8, and what several changes do to each other is what
/// a table cannot hold.
///
/// A map has one width for all that read it, so they go to `a` together. Those without weights and
/// those behind the first with weights then have what their own share becomes; the first one has
/// all the rest of what the chip's costs change. Behind that, what other weight bits change is
/// measured with the map at `a`. Sums are exact where a map and the weights of one of its readers
/// differ from W8A8.
CostTable measure_cost_table(const quant::Network& network, int lowest, int highest,
                             const Measure& measure,
                             const std::function<void(std::size_t, std::size_t)>& progress = {});

}  // namespace kirchhoff::sim
