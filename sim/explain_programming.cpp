#include "sim/explain_programming.h"

#include <cstddef>
#include <optional>

#include <fmt/format.h>

#include "hw/cells/write_effort.h"
#include "hw/config/quantities.h"
#include "sim/programming.h"

namespace kirchhoff::sim {

namespace {

/// Rows of the crossbars of a tile that are written one after another, `at_once` side by side.
double rows_in_turn(const Scope& tile, double arrays, std::size_t at_once) {
  std::vector<double> rows;
  for (const BlockShape& block : tile.work.blocks) {
    const auto copies =
        static_cast<std::size_t>(arrays * tile.allocation.pairs) / tile.work.blocks.size();
    rows.insert(rows.end(), copies, block.rows);
  }
  double sum = 0;
  for (const std::size_t slowest : slowest_of_batches(rows, at_once)) sum += rows[slowest];
  return sum;
}

/// Section [cells] as it was printed.
struct ConstantReader {
  const Constants& constants;

  template <typename Number>
  void operator()(const char* key, Number& member, double, double, const char*, const char*) {
    member = static_cast<Number>(constants.number(key));
  }
  template <typename Enum, std::size_t kCount>
  void operator()(const char* key, Enum& member, const char* const (&names)[kCount], const char*,
                  const char*) {
    for (std::size_t i = 0; i < kCount; ++i)
      if (constants.is(key, names[i])) member = static_cast<Enum>(i);
  }
};

/// Writes of a cell, or of a row, that verification takes; null without it.
std::optional<Constant> verified(const Constants& constants, double hw::WriteEffort::*of,
                                 const char* what) {
  hw::CellsConfig cells;
  ConstantReader reader{constants};
  hw::visit_cells(cells, reader);
  if (!cells.verifies()) return std::nullopt;
  const hw::WriteEffort effort =
      hw::write_effort(cells, static_cast<int>(constants.number("crossbar.cell_bits")),
                       static_cast<int>(constants.number("crossbar.cols")));
  Constant writes;
  writes.name = what;
  writes.value = effort.*of;
  writes.formula = "expected until within cells.verify_tolerance, at most cells.verify_pulses";
  for (const char* key : {"cells.spread", "cells.sigma", "cells.spread_law", "cells.g_max_us",
                          "cells.on_off_ratio", "cells.verify_tolerance", "cells.verify_pulses"})
    writes.inputs.push_back(constants.entry(key));
  return writes;
}

void explain_time(Explanation& e, const Scopes& scopes, const Constants& constants) {
  const Constant pulses = constants.resolve("crossbar.write_pulses"),
                 write = constants.resolve("crossbar.write_ns"),
                 arrays = constants.resolve("tile.write_arrays"),
                 tiles = constants.resolve("chip.write_tiles");
  e.unit = "ns";
  e.formula =
      "rows of a crossbar x pulses x time of a pulse; tile.write_arrays crossbars of a "
      "tile and chip.write_tiles tiles (0 = all) at a time";
  e.constants = {write, pulses, arrays, tiles};
  double row_ns = pulses.value * write.value;
  if (const auto writes = verified(constants, &hw::WriteEffort::of_row, "writes of a row")) {
    const Constant read = constants.resolve("crossbar.read_ns");
    e.formula =
        "rows of a crossbar x writes of a row x (pulses x time of a pulse + time of a read); "
        "tile.write_arrays crossbars of a tile and chip.write_tiles tiles (0 = all) at a time";
    e.constants.insert(e.constants.end(), {*writes, read});
    row_ns = writes->value * (row_ns + read.value);
  }
  std::vector<double> of_tiles;
  const double per_pair = hw::quantity::crossbars_of_pair().value({constants});
  std::vector<std::string> names;
  for (const Scope& tile : scopes.tiles) {
    if (!tile.loaded) continue;
    names.push_back(tile.prefix);
    const double rows = rows_in_turn(tile, per_pair, static_cast<std::size_t>(arrays.value));
    of_tiles.push_back(rows * row_ns);
  }
  const auto at_once = tiles.value == 0 ? of_tiles.size() : static_cast<std::size_t>(tiles.value);
  for (const std::size_t slowest : slowest_of_batches(of_tiles, at_once)) {
    e.parts.push_back({names[slowest], of_tiles[slowest], "the slowest of its batch"});
    e.result += of_tiles[slowest];
  }
}

}  // namespace

bool explain_programming(Explanation& e, const std::string& what, const Scopes& scopes,
                         const Constants& constants) {
  e.meaning = "loading the weights, before the first inference";
  if (what == "time") {
    explain_time(e, scopes, constants);
    return true;
  }
  const Constant pulses = constants.resolve("crossbar.write_pulses");
  const auto writes = verified(constants, &hw::WriteEffort::of_cell, "writes of a cell");
  const double per_cell = (writes ? writes->value : 1.0) * pulses.value;
  double each = 1;
  if (what == "cells") {
    e.formula = "arrays x slices x rows x columns, summed over the blocks";
  } else if (what == "pulses") {
    e.formula = "cells x pulses per cell";
    e.constants = {pulses};
    each = per_cell;
  } else if (what == "energy") {
    const Constant pulse = constants.resolve("crossbar.write_pj");
    e.unit = "pJ";
    e.formula = "cells x pulses per cell x energy of a pulse";
    e.constants = {pulses, pulse};
    each = per_cell * pulse.value;
  } else {
    return false;
  }
  if (writes && each != 1) {
    e.formula += "; a cell is written until it is near enough";
    e.constants.push_back(*writes);
  }
  for (const Scope& layer : scopes.layers) {
    double cells = 0;
    for (const std::size_t t : layer.tiles)
      cells += scopes.tiles[t].loaded ? static_cast<double>(scopes.tiles[t].allocation.cells) : 0;
    e.parts.push_back({layer.title, cells * each, fmt::format("{} cells", cells)});
    e.result += cells * each;
  }
  return true;
}

}  // namespace kirchhoff::sim
