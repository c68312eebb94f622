#pragma once

#include <vector>

#include "hw/config/chip_config.h"
#include "mapping/program.h"
#include "sim/report.h"

namespace kirchhoff::sim {

/// Loading all weights of a report's network. A row of a crossbar is written at once, its rows one
/// after another; `tile.write_arrays` crossbars of a tile and `chip.write_tiles` tiles at a time.
ProgrammingCost programming_cost(const hw::ChipConfig& config, const CostReport& report);

/// Of jobs that run `at_once` at a time and wait for each other: the slowest of every batch.
std::vector<std::size_t> slowest_of_batches(const std::vector<double>& times, std::size_t at_once);

/// Loading only the cells that differ from what `before` left in them; cells that it did not write
/// are erased (0). Rows without a change are skipped. Both programs are functional ones.
ProgrammingCost reprogramming_cost(const hw::ChipConfig& config, const mapping::Program& before,
                                   const mapping::Program& after);

}  // namespace kirchhoff::sim
