#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/html/axis.h"
#include "report/html/plot.h"

namespace kirchhoff::report::html {

/// How the numbers of a series are drawn.
enum class Marks { kLine, kStems, kPoints };

/// What one panel shows in colour, and all others in grey.
struct Series {
  std::string name;
  std::size_t style = 0;               ///< of Style
  Rows rows;                           ///< x and y; an empty row interrupts a line
  Rows band;                           ///< x, lowest and highest y, likewise
  std::string remark;                  ///< beside the name: "2 of 5 seeds"
  std::vector<std::size_t> data_rows;  ///< of Plot::data, one for each of `rows` that is no gap
};

/// A line over the whole width or height of every panel.
struct Guide {
  char axis = 'y';  ///< the axis that it is perpendicular to
  double at = 0.0;
};

/// Axes that the panels of a plot share.
struct SharedAxes {
  Axis x, y;
  Marks marks = Marks::kLine;
  std::vector<Guide> guides;
  bool y_down = false;  ///< the lowest number on top
  Rows steps;           ///< the same black steps in every panel
};

/// Gives the plot a panel per series with the same axes in all of them, and says in its caption how
/// many points lie outside of these.
void add_panels(Plot& plot, const SharedAxes& axes, const std::vector<Series>& series);

}  // namespace kirchhoff::report::html
