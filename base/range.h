#pragma once

#include <limits>
#include <string>

namespace kirchhoff {

/// What a number may be, and how an error message says so.
struct Range {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  bool min_allowed = true;  ///< false: the number must be greater than `min`

  static Range closed(double min, double max) { return {min, max, true}; }
  static Range at_least(double min) { return {min, std::numeric_limits<double>::infinity(), true}; }
  static Range positive() { return {0.0, std::numeric_limits<double>::infinity(), false}; }

  bool contains(double value) const {
    return (min_allowed ? value >= min : value > min) && value <= max;
  }
  /// "a number in [0, 1]", "a number greater than 0", …
  std::string describe() const;
};

}  // namespace kirchhoff
