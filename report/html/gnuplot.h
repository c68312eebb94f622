#pragma once

#include <string>
#include <vector>

#include "report/html/plot.h"

namespace kirchhoff::report::html {

/// RunError that says what to install when gnuplot is not there.
void require_gnuplot();

/// Where a drawing has its axes: numbers at the ends of each, and pixels from the top left. The
/// numbers of a y axis may grow downwards.
struct DrawnAxes {
  double x_low = 0.0, x_high = 1.0, y_low = 0.0, y_high = 1.0;
  double left = 0.0, right = 0.0, bottom = 0.0, top = 0.0;
};

struct Drawn {
  std::string svg;
  DrawnAxes axes;
};

/// What gnuplot's SVG terminal makes of each plot, in their order, and of each of its panels where
/// it has some: one run of it for all. RunError with its message when it fails.
std::vector<std::vector<Drawn>> draw(const std::vector<Plot>& plots);

}  // namespace kirchhoff::report::html
