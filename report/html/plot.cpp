#include "report/html/plot.h"

#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/printable.h"
#include "report/html/palette.h"
#include "report/html/text.h"

namespace kirchhoff::report::html {
namespace {

constexpr std::array<const char*, 5> kDashes = {"1", "(9,4)", "(2,3)", "(9,3,2,3)", "(14,5)"};
// Filled shapes first: circle, square, triangles, diamond, pentagon; then the open ones.
constexpr std::array<int, 10> kMarkers = {7, 5, 9, 13, 11, 15, 6, 4, 8, 12};

}  // namespace

Style::Style(std::size_t number) : number_(number) {}

std::string Style::colour() const {
  return fmt::format("lc rgb '{}'", kPalette[number_ % kPalette.size()].drawn);
}

std::string Style::line() const {
  return fmt::format("{} dt {} lw 2", colour(), kDashes[number_ % kDashes.size()]);
}

std::string Style::marker() const {
  return fmt::format("{} pt {}", colour(), kMarkers[number_ % kMarkers.size()]);
}

std::string Style::line_points() const {
  return fmt::format("{} pt {}", line(), kMarkers[number_ % kMarkers.size()]);
}

std::string quoted(const std::string& text) {
  // Nothing is special between single quotes but the quote itself, and a line must stay one.
  std::string result = "'";
  for (const char c : printable(text)) {
    if (c == '\'') result += '\'';
    result += c == '\n' || c == '\t' ? ' ' : c;
  }
  return result + "'";
}

void Plot::take(const Drawing& drawing) {
  script = drawing.script();
  spoken_axes = drawing.axes();
}

Drawing::Drawing(const std::string& x_title, const std::string& y_title)
    : axes_(fmt::format("{} over {}", y_title, x_title)) {
  command("set xlabel " + quoted(x_title));
  command("set ylabel " + quoted(y_title));
}

void Drawing::names(char axis, const std::vector<std::string>& names) {
  std::vector<std::string> tics;
  for (std::size_t i = 0; i < names.size(); ++i) {
    tics.push_back(fmt::format("{} {}", quoted(names[i]), i + 1));
  }
  // Long names or many of them would run into each other when they lie.
  std::size_t letters = 0;
  for (const std::string& name : names) letters += name.size() + 1;
  command(fmt::format("set {}tics ({}) scale 0{}", axis, fmt::join(tics, ", "),
                      axis == 'x' && letters > 44 ? " rotate by 45 right" : ""));
}

void Drawing::grid(char axis) {
  command(fmt::format("unset grid\nset grid {} back lc rgb '{}' dt 1 lw 1", axis, kGridDrawn));
}

void Drawing::lie_down(const std::vector<std::string>& rows) {
  names('y', rows);
  grid('x');
  command(fmt::format("set yrange [{}:0.4]", static_cast<double>(rows.size()) + 0.6));
}

void Drawing::add(const Rows& rows, const std::string& with, const std::string& key) {
  const int block = ++blocks_;
  head_ += fmt::format("$d{} << EOD\n", block);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) head_ += (i > 0 ? " " : "") + number(row[i]);
    head_ += "\n";
  }
  head_ += "EOD\n";
  plots_.push_back(
      fmt::format("$d{} {} {}", block, with, key.empty() ? "notitle" : "title " + quoted(key)));
}

void Drawing::level(double y, const std::string& key) {
  plots_.push_back(
      fmt::format("{} with lines lc rgb 'black' dt (4,4) lw 1 title {}", number(y), quoted(key)));
}

void Drawing::label(double x, double y, const std::string& text, const std::string& how) {
  command(fmt::format("set label {} at {},{} {}", quoted(text), number(x), number(y), how));
}

std::string Drawing::script() const {
  return head_ + fmt::format("plot {}\n", fmt::join(plots_, ", \\\n  "));
}

}  // namespace kirchhoff::report::html
