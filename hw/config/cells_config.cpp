#include "hw/config/cells_config.h"

#include <fmt/core.h>

#include "base/error.h"
#include "hw/config/changed_keys.h"

namespace kirchhoff::hw {
std::string CellsConfig::text() const {
  if (ideal()) return "";
  const CellsConfig usual;
  ChangedKeys changed;
  visit_cells(*this, changed);
  changed.compare();
  visit_cells(usual, changed);
  return changed.text();
}

double CellsConfig::fitted_us() const {
  switch (spread) {
    case CellSpread::kNeurram:
    case CellSpread::kNeurramDay:
    case CellSpread::kNeurramTwoDays:
    case CellSpread::kWan:
      return 40.0;
    case CellSpread::kMilo:
      return 225.0;
    default:
      return 0.0;
  }
}

void CellsConfig::validate() const {
  if (on_off_ratio != 0 && on_off_ratio < 1.5) {
    throw InputError(
        fmt::format("cells.on_off_ratio = {}: must be 0, or at least 1.5", on_off_ratio));
  }
  if (fitted_us() > 0 && g_max_us > fitted_us()) {
    throw InputError(fmt::format(
        "cells.g_max_us = {}: cells.spread = {} was measured up to {} uS, so it must be in "
        "[0.001, {}]",
        g_max_us, kCellSpreadNames[static_cast<int>(spread)], fitted_us(), fitted_us()));
  }
  if (has_sigma() && spread_law == SpreadLaw::kInverse && on_off_ratio == 0) {
    throw InputError(
        "cells.spread_law = inverse: needs cells.on_off_ratio, or level 0 would spread without "
        "bounds");
  }
  if (verify_tolerance > 0 && !has_sigma() && spread != CellSpread::kNone) {
    throw InputError(
        fmt::format("cells.verify_tolerance = {}: must be 0 with cells.spread = {}, which is of "
                    "cells that were "
                    "verified",
                    verify_tolerance, kCellSpreadNames[static_cast<int>(spread)]));
  }
  if (stuck_low + stuck_high > 1) {
    throw InputError(fmt::format("cells.stuck_low + cells.stuck_high = {}: must be at most 1",
                                 stuck_low + stuck_high));
  }
}

}  // namespace kirchhoff::hw
