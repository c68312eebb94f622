#include "report/html/panels.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/html/palette.h"
#include "report/html/text.h"

namespace kirchhoff::report::html {
namespace {

/// Pixels of a panel, and of its margins. Four letters find room on the left.
constexpr int kWidth = 220, kHeight = 150;
constexpr double kLeft = 44, kRight = 14, kTop = 8, kBottom = 24;

/// From the numbers at the axes to the pixels of a panel: the grey is not drawn by gnuplot, since
/// it would have to draw the same in every panel.
class Canvas {
 public:
  explicit Canvas(const SharedAxes& axes) : axes_(axes) {}

  double x(double value) const {
    return kLeft + (value - axes_.x.low) / (axes_.x.high - axes_.x.low) * (kWidth - kLeft - kRight);
  }
  double y(double value) const {
    const double share = (value - axes_.y.low) / (axes_.y.high - axes_.y.low);
    return kTop + (axes_.y_down ? share : 1.0 - share) * (kHeight - kTop - kBottom);
  }
  bool holds(const std::vector<double>& point) const {
    return point[0] >= axes_.x.low && point[0] <= axes_.x.high && point[1] >= axes_.y.low &&
           point[1] <= axes_.y.high;
  }

  /// The part of the way from one point to the other that has y within the axis.
  std::string line(const std::vector<double>& from, const std::vector<double>& to,
                   bool joined) const {
    double begin = 0.0, end = 1.0;
    const double rise = to[1] - from[1];
    for (const auto& [limit, above] : {std::pair(axes_.y.low, false), {axes_.y.high, true}}) {
      const bool out = above ? from[1] > limit : from[1] < limit;
      const bool out_later = above ? to[1] > limit : to[1] < limit;
      if (out && out_later) return "";
      if (out) begin = std::max(begin, (limit - from[1]) / rise);
      if (out_later) end = std::min(end, (limit - from[1]) / rise);
    }
    const auto at = [&](double part) {
      return fmt::format("{:.1f},{:.1f}", x(from[0] + part * (to[0] - from[0])),
                         y(from[1] + part * rise));
    };
    return (joined && begin == 0.0 ? "" : "M" + at(begin)) + "L" + at(end);
  }

 private:
  const SharedAxes& axes_;
};

std::string grey(const SharedAxes& axes, const std::vector<Series>& series) {
  const Canvas canvas(axes);
  std::string path;
  for (const Series& one : series) {
    const std::vector<double>* last = nullptr;
    bool joined = false;
    for (const auto& row : one.rows) {
      if (row.empty()) {
        last = nullptr;
        joined = false;
      } else if (axes.marks == Marks::kLine) {
        if (last != nullptr) {
          const std::string piece = canvas.line(*last, row, joined);
          joined = !piece.empty() && canvas.holds(row);
          path += piece;
        }
        last = &row;
      } else if (canvas.holds(row)) {
        path += axes.marks == Marks::kStems
                    ? fmt::format("M{:.1f},{:.1f}h8", canvas.x(row[0]) - 4, canvas.y(row[1]))
                    : fmt::format("M{:.1f},{:.1f}h0", canvas.x(row[0]), canvas.y(row[1]));
      }
    }
  }
  const char* const kind = axes.marks == Marks::kPoints  ? "dots"
                           : axes.marks == Marks::kStems ? "ticks"
                                                         : "lines";
  return path.empty() ? "" : fmt::format("<path class=\"{}\" d=\"{}\"/>", kind, path);
}

std::string tics(const Axis& axis) {
  std::vector<std::string> named;
  for (const Tic& tic : axis.tics)
    named.push_back(fmt::format("{} {}", quoted(tic.name), number(tic.at)));
  return fmt::format("({})", fmt::join(named, ", "));
}

Panel panel(const SharedAxes& axes, const Series& one) {
  Drawing drawing("", "");
  drawing.command(
      fmt::format("set lmargin at screen {}\nset rmargin at screen {}\nset tmargin at screen "
                  "{}\nset bmargin at screen {}",
                  number(kLeft / kWidth), number(1 - kRight / kWidth), number(1 - kTop / kHeight),
                  number(kBottom / kHeight)));
  drawing.command(fmt::format("set xrange [{}:{}]", number(axes.x.low), number(axes.x.high)));
  const auto [first, second] =
      axes.y_down ? std::pair(axes.y.high, axes.y.low) : std::pair(axes.y.low, axes.y.high);
  drawing.command(fmt::format("set yrange [{}:{}]", number(first), number(second)));
  drawing.command(
      fmt::format("set xtics {} scale 0.5 offset 0,0.3\nset ytics {} scale 0.5 offset 0.4,0",
                  tics(axes.x), tics(axes.y)));
  drawing.command("unset key\nset grid ytics noxtics");
  for (const Guide& guide : axes.guides) {
    const bool level = guide.axis == 'y';
    drawing.command(
        fmt::format("set arrow from {},{} to {},{} nohead lc rgb 'black' dt (4,4) lw 1",
                    level ? "graph 0" : number(guide.at), level ? number(guide.at) : "graph 0",
                    level ? "graph 1" : number(guide.at), level ? number(guide.at) : "graph 1"));
  }
  const Style style(one.style);
  if (!axes.steps.empty()) drawing.add(axes.steps, "using 1:2 with fsteps lc rgb 'black' lw 1");
  if (!one.band.empty()) drawing.add(one.band, "using 1:2:3 with filledcurves " + style.colour());
  if (axes.marks == Marks::kLine) {
    // A lone point would not show as a line.
    drawing.add(one.rows,
                fmt::format("using 1:2 with {} {} lw 2 pt 7 ps 0.5",
                            one.rows.size() < 3 ? "linespoints" : "lines", style.colour()));
  } else if (axes.marks == Marks::kStems) {
    drawing.add(one.rows, fmt::format("using 1:2 with impulses {} lw 4", style.colour()));
  } else {
    drawing.add(one.rows, fmt::format("using 1:2 with points {} ps 0.7", style.marker()));
  }
  return {one.name, one.remark, drawing.script()};
}

}  // namespace

void add_panels(Plot& plot, const SharedAxes& axes, const std::vector<Series>& series) {
  const Canvas canvas(axes);
  std::size_t outside = 0, all = 0;
  for (const Series& one : series) {
    std::size_t place = 0;
    for (const auto& row : one.rows) {
      if (row.empty()) continue;
      ++all;
      if (!canvas.holds(row)) ++outside;
      plot.marks.push_back({plot.panels.size(), row[0], row[1], one.data_rows.at(place++)});
    }
    plot.panels.push_back(panel(axes, one));
  }
  plot.width = kWidth;
  plot.height = kHeight;
  plot.behind = grey(axes, series);
  plot.axes = fmt::format("{} over {}", axes.y.title, axes.x.title);
  plot.spoken_axes = plot.axes;
  if (outside > 0) plot.caption += fmt::format(" {} of {} points lie outside.", outside, all);
}

}  // namespace kirchhoff::report::html
