#pragma once

#include <string>
#include <vector>

#include "report/html/plot.h"

namespace kirchhoff::report::html {

/// RunError that says what to install when gnuplot is not there.
void require_gnuplot();

/// What gnuplot's SVG terminal makes of each plot, in their order, and of each of its panels where
/// it has some: one run of it for all. RunError with its message when it fails.
std::vector<std::vector<std::string>> draw(const std::vector<Plot>& plots);

}  // namespace kirchhoff::report::html
