#include "sim/explain_programming.h"

#include <fmt/format.h>

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
  std::vector<double> of_tiles;
  const double per_pair = hw::quantity::crossbars_of_pair().value({constants});
  std::vector<std::string> names;
  for (const Scope& tile : scopes.tiles) {
    if (!tile.loaded) continue;
    names.push_back(tile.prefix);
    const double rows = rows_in_turn(tile, per_pair, static_cast<std::size_t>(arrays.value));
    of_tiles.push_back(rows * pulses.value * write.value);
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
  double each = 1;
  if (what == "cells") {
    e.formula = "arrays x slices x rows x columns, summed over the blocks";
  } else if (what == "pulses") {
    e.formula = "cells x pulses per cell";
    e.constants = {pulses};
    each = pulses.value;
  } else if (what == "energy") {
    const Constant pulse = constants.resolve("crossbar.write_pj");
    e.unit = "pJ";
    e.formula = "cells x pulses per cell x energy of a pulse";
    e.constants = {pulses, pulse};
    each = pulses.value * pulse.value;
  } else {
    return false;
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
