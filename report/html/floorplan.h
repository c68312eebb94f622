#pragma once

#include <vector>

#include "report/html/chip_report.h"
#include "report/html/plot.h"

namespace kirchhoff::report::html {

/// The mesh as it lies: which layer each tile has, and how much power, how full its crossbars are.
std::vector<Plot> floorplans(const ChipReport& chip, const std::string& id);
/// Load of every link between routers.
Plot link_map(const ChipReport& chip, const std::string& id);

}  // namespace kirchhoff::report::html
