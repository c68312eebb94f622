#include "base/range.h"

#include <cmath>

#include <fmt/format.h>

namespace kirchhoff {

std::string Range::describe() const {
  const bool has_min = std::isfinite(min), has_max = std::isfinite(max);
  if (has_min && has_max)
    return fmt::format("a number in {}{}, {}]", min_allowed ? '[' : '(', min, max);
  if (has_min)
    return fmt::format("a number {} {}", min_allowed ? "of at least" : "greater than", min);
  if (has_max) return fmt::format("a number of at most {}", max);
  return "a number";
}

}  // namespace kirchhoff
