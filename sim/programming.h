#pragma once

#include <vector>

#include "hw/config/chip_config.h"
#include "mapping/program.h"
#include "sim/report.h"

namespace kirchhoff::sim {

/// Loading all weights of a report's network. A row of a crossbar is written at once, its rows one
/// after another; `tile.write_arrays` crossbars of a tile and `chip.write_tiles` tiles at a time.
/// What is written before the first run: of a network that does not fit the chip, the first round
/// and what beside it stays (CellContents).
ProgrammingCost programming_cost(const hw::ChipConfig& config, const CostReport& report);

/// Time of writing the crossbars of a tile, with so many rows each.
double tile_write_ns(const hw::ChipConfig& config, const std::vector<long long>& arrays);

/// Rows of every crossbar of a tile, in the order in which they are written, where every block has
/// `arrays` of them.
std::vector<long long> rows_of_arrays(const std::vector<BlockShape>& blocks, int arrays);

/// Of jobs that run `at_once` at a time and wait for each other: the slowest of every batch.
std::vector<std::size_t> slowest_of_batches(const std::vector<double>& times, std::size_t at_once);

/// Loading only the cells that differ from what `before` left in them; cells that it did not write
/// are erased (0). Rows without a change are skipped. Both programs are functional ones.
ProgrammingCost reprogramming_cost(const hw::ChipConfig& config, const mapping::Program& before,
                                   const mapping::Program& after);

}  // namespace kirchhoff::sim
