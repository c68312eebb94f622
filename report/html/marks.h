#pragma once

#include <string>

#include "report/html/gnuplot.h"
#include "report/html/plot.h"

namespace kirchhoff::report::html {

/// Attributes of a drawing for the page's script, empty for a panel without marks: `data-marks` has
/// "X,Y,ROW" for each, in whole pixels of the drawing and by row of the plot's CSV, the row left
/// out where it follows the one before; `data-area` the left, top, right and bottom of the axes.
/// Marks outside of them are left out.
std::string marks_attributes(const Plot& plot, std::size_t panel, const DrawnAxes& axes);

}  // namespace kirchhoff::report::html
