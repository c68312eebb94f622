#pragma once

#include <string>
#include <vector>

#include "report/html/chip_report.h"
#include "report/html/plot.h"

namespace kirchhoff::report::html {

/// Layers in time; with `simulate --windows` also how far each layer is, and single windows of the
/// slowest one in the stages of its tiles. A plot without script has nothing to show.
std::vector<Plot> pipeline_plots(const ChipReport& chip, const std::string& id);

}  // namespace kirchhoff::report::html
