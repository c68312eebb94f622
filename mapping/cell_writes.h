#pragma once

#include <vector>

#include <Eigen/Core>

#include "hw/config/pe_config.h"
#include "mapping/mapping.h"
#include "mapping/program.h"

namespace kirchhoff::mapping {

/// A block of weights on its way to the crossbars of a PE.
struct BlockCells {
  const hw::PeConfig& pe;
  hw::TileId tile{};
  const Block& block;
  const Eigen::MatrixXi& weights;  ///< rows x columns of the block
  int weight_bits = 8;
  int slices = 1;  ///< of a weight, a lane each
};

/// Appends what writes the block's cells and, with the offset encoding, the flags of its columns
/// (docs/arithmetic.md). The arrays are erased.
void append_cell_writes(const BlockCells& cells, std::vector<Write>& writes);

}  // namespace kirchhoff::mapping
