#include "hw/config/cells_config.h"

#include <cstddef>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "base/error.h"

namespace kirchhoff::hw {
namespace {

/// Key and value of every member.
struct Listed {
  std::vector<std::pair<std::string, std::string>> keys;

  template <typename Number>
  void operator()(const char* key, const Number& member, double, double, const char*, const char*) {
    keys.emplace_back(key, fmt::format("{}", member));
  }
  template <typename Enum, std::size_t kCount>
  void operator()(const char* key, const Enum& member, const char* const (&names)[kCount],
                  const char*, const char*) {
    keys.emplace_back(key, names[static_cast<std::size_t>(member)]);
  }
};

}  // namespace

std::string CellsConfig::text() const {
  if (ideal()) return "";
  const CellsConfig defaults;
  Listed mine, usual;
  visit_cells(*this, mine);
  visit_cells(defaults, usual);
  std::string text;
  for (std::size_t i = 0; i < mine.keys.size(); ++i) {
    if (mine.keys[i] == usual.keys[i]) continue;
    text +=
        fmt::format("{}{} = {}", text.empty() ? "" : ", ", mine.keys[i].first, mine.keys[i].second);
  }
  return text;
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
