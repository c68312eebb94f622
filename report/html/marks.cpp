#include "report/html/marks.h"

#include <fmt/format.h>

namespace kirchhoff::report::html {
namespace {

/// 0 at the low end of an axis, 1 at the high one.
double share(double value, double low, double high) { return (value - low) / (high - low); }

bool within(double share) { return share > -1e-6 && share < 1.0 + 1e-6; }

}  // namespace

std::string marks_attributes(const Plot& plot, std::size_t panel, const DrawnAxes& axes) {
  std::string marks;
  std::size_t next = 0;
  for (const Mark& mark : plot.marks) {
    if (mark.panel != panel) continue;
    const double x = share(mark.x, axes.x_low, axes.x_high),
                 y = share(mark.y, axes.y_low, axes.y_high);
    if (!within(x) || !within(y)) continue;
    marks += fmt::format("{}{:.0f},{:.0f}", marks.empty() ? "" : " ",
                         axes.left + x * (axes.right - axes.left),
                         axes.bottom + y * (axes.top - axes.bottom));
    if (mark.row != next) marks += fmt::format(",{}", mark.row);
    next = mark.row + 1;
  }
  if (marks.empty()) return "";
  return fmt::format(" data-area=\"{:.0f},{:.0f},{:.0f},{:.0f}\" data-marks=\"{}\"", axes.left,
                     axes.top, axes.right, axes.bottom, marks);
}

}  // namespace kirchhoff::report::html
