#pragma once

#include <vector>

#include "sim/report.h"

namespace kirchhoff::sim {

/// What the difference between the simulated and the ideal latency of a layer went into, from the
/// account of the tile that ends last (its counters "…_ps"): the wait for the tile's start after
/// the layer's first, the fill of the pipeline, the part of the products that the ideal does not
/// have, what the PEs waited for, and where a layer comes in several rounds the others. The entries
/// sum to the difference; those that are zero are left out. `layer` has its tiles, latency and
/// ideal.
std::vector<Cause> causes_of(const LayerReport& layer, double tile_period_ns);

}  // namespace kirchhoff::sim
