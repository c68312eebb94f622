#pragma once

#include <string>
#include <vector>

#include "cli/report/html/chip_report.h"
#include "cli/report/html/plot.h"

namespace kirchhoff::cli::html {

/// Layers in time; with `simulate --windows` also how far each layer is, and single windows of the
/// slowest one in the stages of its tiles. A plot without script has nothing to show.
std::vector<Plot> pipeline_plots(const ChipReport& chip, const std::string& id);

}  // namespace kirchhoff::cli::html
