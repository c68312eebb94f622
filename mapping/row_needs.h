#pragma once

#include "hw/config/chip_config.h"
#include "quant/network/network.h"

namespace kirchhoff::mapping {

/// Rows that the buffers in front of a layer must hold so that the chip cannot come to a
/// standstill.
struct RowNeeds {
  int input = 0;     ///< of the map that it reads
  int residual = 0;  ///< of its second operand; 0: there is none
};

/// Of every layer. When layers follow one another: whole maps. When each window runs as soon as it
/// can: the rows under one row of pooling windows, and where paths part and meet again, those by
/// which the shorter path runs ahead. A producer sends a row when all its consumers have room for
/// it, so a buffer that is too small for what the longer path needs first would stop both.
///
/// For a row y of a layer's output: N(y) rows of an operand must have been sent before it is
/// complete, counting what its other operands need of the same map, directly or behind other
/// layers; F(y) of them are free again before it begins. The buffer holds N(y) - F(y) for every y.
IndexedVector<quant::LayerId, RowNeeds> row_needs(const quant::Network& network,
                                                  hw::Schedule schedule);

}  // namespace kirchhoff::mapping
