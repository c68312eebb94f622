#pragma once

#include <string>
#include <vector>

namespace kirchhoff::report::html {

/// A mark of an axis and what it is called.
struct Tic {
  double at = 0.0;
  std::string name;
};

/// What an axis shows, in the numbers that are drawn: whoever wants it logarithmic draws logarithms
/// and names the tics by what they are logarithms of.
struct Axis {
  std::string title;  ///< with its unit
  double low = 0.0, high = 1.0;
  std::vector<Tic> tics;
};

/// From `low` to `high` with about `count` round tics.
Axis linear_axis(const std::string& title, double low, double high, int count);
/// Decades between two positive numbers; what is drawn is the logarithm to base 10.
Axis decades(const std::string& title, double low, double high);
/// Names at 1, 2, …; numbers in their place where they would not fit into a panel.
Axis named_axis(const std::string& title, const std::vector<std::string>& names);

/// What nearly all numbers lie between: a hundredth of them may lie below and above, so that a few
/// do not press all others together.
std::pair<double, double> core_of(std::vector<double> numbers);

}  // namespace kirchhoff::report::html
