#pragma once

#include <string>
#include <utility>
#include <vector>

#include "report/csv.h"

namespace kirchhoff::report::html {

/// How the lines and marks of one method (or layer, or component) look. The same number is the same
/// look on the whole page. Neighbours differ in colour, dash and marker, so that no one needs the
/// colour.
struct Style {
  explicit Style(std::size_t number);
  // What gnuplot takes behind `with …`.
  std::string line() const;         ///< colour, dash and width
  std::string marker() const;       ///< colour and shape
  std::string line_points() const;  ///< all of them
  std::string colour() const;

 private:
  std::size_t number_;
};

/// One of the small drawings of a plot that has several.
struct Panel {
  std::string title, remark;
  std::string script;  ///< as Plot::script
};

class Drawing;

/// Where a row of a plot's numbers is drawn: what a pointer there reads out.
struct Mark {
  std::size_t panel = 0;
  double x = 0.0, y = 0.0;  ///< in the numbers of the axes
  std::size_t row = 0;      ///< of Plot::data
};

/// One chart: what gnuplot is told, and what the page says about it.
struct Plot {
  std::string name;               ///< of its CSV file: "fig6-th0.72"; no two on a page share one
  std::string title;              ///< what is plotted
  std::string caption;            ///< what there is to see
  Csv data;                       ///< the numbers in it
  std::string script;             ///< gnuplot commands after `set output`; empty when it has panels
  int width = 480, height = 320;  ///< of the drawing, or of each panel

  std::vector<Panel> panels;  ///< beside each other, in this order
  std::string behind;         ///< shapes of SVG that lie behind every panel
  std::string axes;           ///< what the panels show over what
  std::string spoken_axes;    ///< the same of any plot, for people who cannot see it
  std::vector<Mark> marks;

  bool empty() const { return script.empty() && panels.empty(); }
  /// The script and the axes of a plot without panels.
  void take(const Drawing& drawing);
  /// The last row of `data` is drawn there.
  void mark(double x, double y) { marks.push_back({0, x, y, data.size() - 1}); }
};

/// Rows of numbers. A row of none is a gap.
using Rows = std::vector<std::vector<double>>;

/// Writes the script of a plot.
class Drawing {
 public:
  /// Titles with units.
  Drawing(const std::string& x_title, const std::string& y_title);
  /// A line of gnuplot. Text that comes from outside must go through quoted().
  void command(const std::string& line) { head_ += line + "\n"; }
  /// Names instead of numbers at 1, 2, … of axis 'x' or 'y'.
  void names(char axis, const std::vector<std::string>& names);
  /// Lines behind the marks at the tics of one axis only.
  void grid(char axis);
  /// Names from top to bottom, for bars that lie on an axis of amounts.
  void lie_down(const std::vector<std::string>& names);
  /// Something to plot: rows, what to do with them ("using 1:2 with lines …"), and its line in the
  /// key, empty for none.
  void add(const Rows& rows, const std::string& with, const std::string& key = "");
  /// A horizontal line over the whole width.
  void level(double y, const std::string& key);
  void label(double x, double y, const std::string& text, const std::string& how);
  bool empty() const { return plots_.empty(); }
  std::string script() const;
  /// "cost, % over episode".
  const std::string& axes() const { return axes_; }

 private:
  std::string axes_;
  std::string head_;
  std::vector<std::string> plots_;
  int blocks_ = 0;
};

/// A string of gnuplot, whatever is in the text.
std::string quoted(const std::string& text);

}  // namespace kirchhoff::report::html
