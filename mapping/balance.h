#pragma once

#include "hw/config/chip_config.h"
#include "mapping/mapping.h"

namespace kirchhoff::mapping {

/// Time of a window of one copy of a layer if nothing waits: all bit steps of its slowest block;
/// where the SFUs work, the cycles of their lanes, or multipliers. `copy` as of
/// Partitioner::copy().
double window_ns(const quant::Layer& layer, const quant::LayerBits& bits, const LayerShares& copy,
                 const hw::ChipConfig& config);

/// Grids of as many copies as the numbers of mapping.replicate allow. Layers without weights have
/// one. InputError when there are several numbers and not one for each layer with weights.
CopyGrids given_grids(const quant::Network& network, const hw::Replication& replicate);

/// mapping.replicate = balance. A stage's pace is what its busiest copy takes for the windows of an
/// image, if nothing waits. Of all choices of a grid per stage whose tiles fit the smaller of
/// mapping.replicate_tiles and the mesh, one whose slowest stage is fastest: no choice under that
/// cap has a faster one. Every stage has the fewest tiles with which it is no slower than that; of
/// grids that take equally many, the fastest, then that of the fewest copies, then that of most
/// stripes. One copy of each if even those do not fit.
CopyGrids balanced_grids(const Partitioner& partitioner, const quant::Network& network,
                         const quant::Policy& policy, const hw::ChipConfig& config);

}  // namespace kirchhoff::mapping
