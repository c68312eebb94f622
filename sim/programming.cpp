#include "sim/programming.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "hw/cells/write_effort.h"
#include "hw/config/register_map.h"

namespace kirchhoff::sim {

namespace {

double batched(const std::vector<double>& times, std::size_t at_once) {
  double sum = 0;
  for (const std::size_t slowest : slowest_of_batches(times, at_once)) sum += times[slowest];
  return sum;
}

/// Rows written per crossbar, tile by tile, in the order in which they are written.
using Tiles = std::vector<std::vector<long long>>;

ProgrammingCost cost_of(const hw::ChipConfig& config, const Tiles& tiles, long long cells) {
  const hw::CrossbarConfig& crossbar = config.tile.pe.crossbar;
  const hw::CellsConfig& real = config.tile.pe.cells;
  const double pulses =
      hw::write_effort(real, crossbar.cell_bits, crossbar.cols).of_cell * crossbar.write_pulses;
  ProgrammingCost cost;
  std::vector<double> times;
  for (const std::vector<long long>& arrays : tiles) {
    for (const long long rows : arrays) cost.rows += rows;
    cost.arrays += static_cast<long long>(arrays.size());
    times.push_back(tile_write_ns(config, arrays));
  }
  const auto at_once = static_cast<std::size_t>(config.write_tiles);
  cost.time_ns = batched(times, at_once == 0 ? std::max<std::size_t>(times.size(), 1) : at_once);
  cost.cells = cells;
  cost.pulses = static_cast<double>(cells) * pulses;
  cost.energy_pj = cost.pulses * crossbar.write_pulse.picojoules();
  cost.writes_per_cell = cells > 0 ? pulses : 0;
  cost.reloads = crossbar.endurance / pulses;
  return cost;
}

using ArrayId = std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>;  // node, PE, array
using Cells = std::map<ArrayId, std::map<std::uint64_t, std::vector<std::uint8_t>>>;  // by row

Cells cells_of(const hw::ChipConfig& config, const mapping::Program& program) {
  namespace reg = hw::reg;
  const hw::CrossbarConfig& crossbar = config.tile.pe.crossbar;
  const auto row_bytes = static_cast<std::uint64_t>((crossbar.cols * crossbar.cell_bits + 7) / 8);
  Cells cells;
  for (const mapping::Write& write : program.writes) {
    const std::uint64_t local = write.address % reg::kTileStride;
    if (local < reg::kCellBase) continue;
    const std::uint64_t offset = local - reg::kCellBase;
    if (offset % reg::kCellArrayStride >= reg::kFlipOffset) continue;  // flags are registers
    auto& rows = cells[{write.address / reg::kTileStride, offset / reg::kCellPeStride,
                        offset % reg::kCellPeStride / reg::kCellArrayStride}];
    const std::uint64_t first = offset % reg::kCellArrayStride / row_bytes;
    for (std::uint64_t r = 0; r * row_bytes < write.bytes.size(); ++r) {
      const auto begin = write.bytes.begin() + static_cast<std::ptrdiff_t>(r * row_bytes);
      rows[first + r].assign(begin, begin + static_cast<std::ptrdiff_t>(row_bytes));
    }
  }
  return cells;
}

/// Cells of `cell_bits` bits in a byte that are not 0.
long long cells_set(unsigned byte, int cell_bits) {
  long long count = 0;
  for (; byte != 0; byte >>= cell_bits) count += (byte & ((1u << cell_bits) - 1)) != 0;
  return count;
}

}  // namespace

std::vector<std::size_t> slowest_of_batches(const std::vector<double>& times, std::size_t at_once) {
  std::vector<std::size_t> slowest;
  for (std::size_t begin = 0; begin < times.size(); begin += at_once) {
    const std::size_t end = std::min(times.size(), begin + at_once);
    const auto longest = std::max_element(times.begin() + static_cast<std::ptrdiff_t>(begin),
                                          times.begin() + static_cast<std::ptrdiff_t>(end));
    slowest.push_back(static_cast<std::size_t>(longest - times.begin()));
  }
  return slowest;
}

double tile_write_ns(const hw::ChipConfig& config, const std::vector<long long>& arrays) {
  const hw::CrossbarConfig& crossbar = config.tile.pe.crossbar;
  const hw::CellsConfig& real = config.tile.pe.cells;
  const double row_ns = hw::write_effort(real, crossbar.cell_bits, crossbar.cols).of_row *
                        (crossbar.write_pulses * crossbar.write.nanoseconds() +
                         (real.verifies() ? crossbar.read.nanoseconds() : 0.0));
  std::vector<double> of_arrays;
  for (const long long rows : arrays) of_arrays.push_back(static_cast<double>(rows) * row_ns);
  return batched(of_arrays, static_cast<std::size_t>(config.tile.write_arrays));
}

std::vector<long long> rows_of_arrays(const std::vector<BlockShape>& blocks, int arrays) {
  std::vector<long long> rows;
  for (const BlockShape& block : blocks)
    rows.insert(rows.end(), static_cast<std::size_t>(arrays), block.rows);
  return rows;
}

ProgrammingCost programming_cost(const hw::ChipConfig& config, const CostReport& report) {
  Tiles tiles;
  long long cells = 0;
  const int per_pair = hw::arrays_per_lane(config.tile.pe.encoding);
  for (const LayerReport& layer : report.layers) {
    for (const TileReport& tile : layer.tile_reports) {
      if (!tile.loaded) continue;
      cells += tile.allocation.cells;
      const int blocks = std::max<int>(1, static_cast<int>(tile.blocks.size()));
      tiles.push_back(rows_of_arrays(tile.blocks, per_pair * tile.allocation.pairs / blocks));
    }
  }
  return cost_of(config, tiles, cells);
}

ProgrammingCost reprogramming_cost(const hw::ChipConfig& config, const mapping::Program& before,
                                   const mapping::Program& after) {
  const Cells old_cells = cells_of(config, before);
  const int cell_bits = config.tile.pe.crossbar.cell_bits;
  std::map<std::uint64_t, std::vector<long long>> tiles;
  long long cells = 0;
  for (const auto& [id, rows] : cells_of(config, after)) {
    const auto old_array = old_cells.find(id);
    long long changed_rows = 0;
    for (const auto& [row, bytes] : rows) {
      std::vector<std::uint8_t> old_bytes(bytes.size(), 0);
      if (old_array != old_cells.end()) {
        const auto found = old_array->second.find(row);
        if (found != old_array->second.end()) old_bytes = found->second;
      }
      long long changed = 0;
      for (std::size_t i = 0; i < bytes.size(); ++i)
        changed += cells_set(static_cast<unsigned>(bytes[i] ^ old_bytes[i]), cell_bits);
      changed_rows += changed > 0;
      cells += changed;
    }
    if (changed_rows > 0) tiles[std::get<0>(id)].push_back(changed_rows);
  }
  Tiles jobs;
  for (auto& [node, arrays] : tiles) jobs.push_back(std::move(arrays));
  return cost_of(config, jobs, cells);
}

}  // namespace kirchhoff::sim
